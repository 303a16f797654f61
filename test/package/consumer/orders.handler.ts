import { defineHandler } from "millrace/runtime";
import { orders } from "./orders.contract.js";

export default defineHandler(orders, async (order, ctx) => {
  await ctx.commit((tx) => tx.set(`orders/${order.id}`, { id: order.id }));
});
