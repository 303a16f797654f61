import { defineContract } from "millrace/contract";
import * as z from "zod";

/** What a customer orders. */
export interface Order {
  readonly id: string;
  readonly sku: string;
  /** Euros. */
  readonly amount: number;
}

/** A card that the bank refuses: the workflow undoes what it has done, and nobody tries again. */
export class Declined extends Error {
  override readonly name = "Declined";
}

const retry = { attempts: 6, minBackoff: "1s", maxBackoff: "10s" } as const;

/** Sets pieces aside for an order, gives them back, or sends them. */
export const stock = defineContract({
  name: "stock",
  input: z.object({ action: z.enum(["reserve", "release", "ship"]), order: z.string(), sku: z.string() }),
  key: ({ order, action }) => `${order}/${action}`,
  effects: "transactional",
  writes: ["stock"],
  timeLimit: "30s",
  retry,
});

/** Takes money for an order, or gives it back. */
export const payments = defineContract({
  name: "payments",
  input: z.object({ action: z.enum(["charge", "refund"]), order: z.string(), amount: z.number().positive() }),
  key: ({ order, action }) => `${order}/${action}`,
  effects: "transactional",
  writes: ["payments"],
  timeLimit: "30s",
  retry,
});
