import { defineContract } from "../../../contract";
import { defineHandler, type Handler, type TransactionalContext } from "../../../runtime/handler";
import type { World } from "./simulation";
import { WithId } from "./schema";

/** A failure that the contracts below call fatal. */
export class Declined extends Error {
  override readonly name = "Declined";
}

export const common = {
  name: "orders",
  input: WithId,
  key: (order: { id: string }) => order.id,
  timeLimit: "60s",
  retry: { attempts: 3, fatal: [Declined] },
  store: "memory",
} as const;
export const transactional = defineContract({ ...common, effects: "transactional", writes: ["orders"] });
export const atLeastOnce = defineContract({ ...common, effects: "at-least-once" });

/** The plainest effect: the order as a document. */
export const save = async (order: { id: string; n?: number }, ctx: TransactionalContext) =>
  ctx.commit((tx) => tx.set(`orders/${order.id}`, { n: order.n }));
export const saving: Handler = defineHandler(transactional, save);

export const sleepFor = (world: World, ms: number) => new Promise<void>((resolve) => world.clock.after(ms, resolve));
export const onlyRecord = (world: World) => [...world.store.records.values()][0]!.record;
