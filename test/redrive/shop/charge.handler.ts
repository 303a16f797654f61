import { defineHandler } from "millrace/runtime";
import { effect, charge } from "./contracts";

export default defineHandler(charge, async (input) => effect("charge", input));
