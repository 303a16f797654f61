import { defineHandler } from "millrace/runtime";
import { defineJob } from "millrace/runtime/job";
import { prices } from "./contracts";
import { PRODUCTS } from "./products";

const handler = defineHandler(prices, async ({ product }, ctx) => {
  // Somebody has to be asked for the price, and takes a while.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await ctx.commit((tx) => tx.set(`prices/${product}`, { cents: product.length * 100 }));
});

/** Of the tasks of an execution each has every n-th product; a later attempt passes over what is settled. */
export default defineJob(handler, { items: () => PRODUCTS.map((product) => ({ product })) });
