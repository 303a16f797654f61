import { defineHandler } from "millrace/runtime";
import { effect, mail, send } from "./contracts";

export default defineHandler(mail, async (input, ctx) => {
  effect("mail", input);
  send(ctx.idempotencyKey, input);
});
