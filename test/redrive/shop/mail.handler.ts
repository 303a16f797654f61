import { defineHandler } from "millrace/runtime";
import { effect, mail } from "./contracts";

export default defineHandler(mail, async (input) => effect("mail", input));
