import { defineHandler } from "millrace/runtime";
import { effect, notify } from "./contracts";

export default defineHandler(notify, async (input) => effect("notify", input));
