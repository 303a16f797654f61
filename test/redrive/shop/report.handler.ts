import { defineHandler } from "millrace/runtime";
import { effect, report } from "./contracts";

export default defineHandler(report, async (input) => effect("report", input));
