import { defineContract } from "millrace/contract";
import { z } from "zod";

export const orders = defineContract({
  name: "orders",
  input: z.object({ id: z.string() }),
  key: (order) => order.id,
  effects: "transactional",
  writes: ["orders"],
});
