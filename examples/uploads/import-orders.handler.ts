import { defineHandler } from "millrace/runtime";
import { FileUnreadable, importOrders, orderImported } from "./contracts";
import { readObject } from "./objects";
import { parseOrders } from "./parse-orders";

export default defineHandler(importOrders, async ({ bucket, name, generation }, ctx) => {
  const text = await readObject(bucket, name, generation, ctx.signal);
  // Gone or overwritten since: its successor has an event of its own.
  if (text === undefined) return "superseded";
  const orders = parseOrders(text);
  if (!orders.ok) throw new FileUnreadable(`${name}, line ${orders.line}: ${orders.problem}`);
  await ctx.commit((tx) => {
    for (const { orderId, cents } of orders.orders) {
      tx.set(`orders/${orderId}`, { cents, file: name });
      tx.publish(orderImported, { orderId, cents, file: name });
    }
    return orders.orders.length;
  });
});
