import { defineHandler } from "millrace/runtime";
import { stock } from "./contracts";

const STATES = { reserve: "reserved", release: "released", ship: "shipped" } as const;

export default defineHandler(stock, async ({ action, order, sku }, ctx) => {
  await ctx.commit((tx) => {
    tx.set(`stock/${order}`, { sku, state: STATES[action] });
    // A document that must not be there yet: a second effect of the same step would be refused.
    tx.create(`stock/${order}/moves/${action}`, { token: ctx.token });
  });
});
