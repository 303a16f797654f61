import { defineHandler } from "millrace/runtime";
import { mail } from "./contracts";

export default defineHandler(mail, async ({ id, to, template }, ctx) => {
  if (template === "missing") throw new Error(`there is no template for ${id}`);
  // In earnest the commit would hold an outgoing message, or the mailer be given ctx.idempotencyKey.
  await ctx.commit((tx) => tx.set(`mails/${id}`, { to, template }));
});
