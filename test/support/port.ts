/** Free now, and none that the system gives to another test meanwhile. */
export { freePort } from "../../local/engine/processes/port";
