import * as z from "zod";
import { defineContract } from "millrace/contract";

export const orders = defineContract({
  name: "orders",
  input: z.object({ id: z.string(), cents: z.number() }),
  key: (order) => order.id,
  effects: "at-least-once",
  store: "memory",
});
