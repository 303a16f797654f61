import { defineHandler } from "millrace/runtime";
import { writeReceipt } from "./contracts";

export default defineHandler(writeReceipt, async ({ value }, ctx) => {
  const order = ctx.event.attributes["document"]?.split("/").at(-1) ?? "unknown";
  const cents = value.fields["cents"];
  await ctx.commit((tx) => {
    tx.set(`receipts/${order}`, {
      cents: cents && "integerValue" in cents ? Number(cents.integerValue) : 0,
      change: ctx.event.id,
    });
  });
});
