import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Contract, Effects } from "../../contract/contract";
import type { Handler } from "../handler";
import type { JobTask } from "./task";

/** Items in an order that is the same whenever they are listed. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** A task that asks for its items. */
export interface Shard extends JobTask {
  /** With `cursor`: that of the last item before which all are settled; only those after it are asked for. */
  readonly after?: string;
}

/** Where the items of a job come from: one of `items` and `itemsOf`. */
export interface ItemSource<Item> {
  /** The items of the whole job; of `count` tasks each takes every `count`-th. */
  items?(): Items<Item> | Promise<Items<Item>>;
  /** The items of one task; together the tasks have all of them. */
  itemsOf?(shard: Shard): Items<Item> | Promise<Items<Item>>;
  /**
   * Where a later attempt goes on, for a source that can be asked for what comes after an item. Only with `itemsOf`.
   * @default a later attempt counts: as many items as are settled are passed over
   */
  cursor?(item: Item): string;
}

/** A handler and the items it is given: the default export of a job's entry module. */
export interface Job<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  E extends Effects = Effects,
> extends ItemSource<StandardSchemaV1.InferInput<Schema>> {
  readonly contract: Contract<Schema, E>;
  readonly handler: Handler<Schema, E>;
}

/**
 * Ties a handler to the items of a Cloud Run job. Pure: nothing starts until `runJob` is given the job.
 * @throws TypeError when not exactly one of `items` and `itemsOf` is given, or `cursor` without `itemsOf`
 */
export function defineJob<Schema extends StandardSchemaV1, E extends Effects>(
  handler: Handler<Schema, E>,
  source: ItemSource<StandardSchemaV1.InferInput<Schema>>,
): Job<Schema, E> {
  if (!source.items === !source.itemsOf) throw new TypeError("a job has either items or itemsOf");
  if (source.cursor && !source.itemsOf) throw new TypeError("cursor is for itemsOf, which is told where to go on");
  return { ...source, contract: handler.contract, handler };
}

/** A handler by itself is a job whose every task has one item, the task: `{ execution, index, count }`. */
export function toJob(given: Job | Handler): Job {
  if ("handler" in given) return given;
  return {
    contract: given.contract,
    handler: given,
    itemsOf: ({ execution, index, count }) => [{ execution, index, count }],
  };
}
