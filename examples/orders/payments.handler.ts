import { defineHandler } from "millrace/runtime";
import { Declined, payments } from "./contracts";

/** What the bank of this example takes from one card. */
const LIMIT = 1_000;

export default defineHandler(payments, async ({ action, order, amount }, ctx) => {
  if (action === "charge" && amount > LIMIT) throw new Declined(`${amount} euros are more than the card's ${LIMIT}`);
  await ctx.commit((tx) => {
    tx.set(`payments/${order}`, { amount, state: action === "charge" ? "charged" : "refunded" });
    tx.create(`payments/${order}/moves/${action}`, { token: ctx.token });
  });
});
