export { createFrontDoor, type FrontDoor, type FrontDoorOptions, type InFlight } from "./front-door";
export type { Door } from "./routing";
