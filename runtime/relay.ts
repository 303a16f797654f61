import { type Duration, milliseconds } from "../contract/duration";
import { type Clock, realClock } from "./clock";
import { Unavailable } from "./errors";
import type { Publisher } from "./google/publisher";
import { createLog, type Log } from "./log";
import { relay } from "./outbox";
import { pubsubPublisher } from "./publish";
import { recordKeyOfRow } from "./store/key";
import type { MemoryStore } from "./store/memory";
import type { OutboxRow, Store } from "./store/store";

export { type Publisher, pubsubPublisher, type PubsubPublisherOptions } from "./publish";

export interface RelayOutboxOptions {
  /** The store of the handlers whose messages are to be published. */
  readonly store: Store;
  /** @default pubsubPublisher() */
  readonly publisher?: Publisher;
  /** Rows to look at, from 1. @default 1000 */
  readonly limit?: number;
  /**
   * Rows whose record was written more recently are left to the delivery that is still at it: a handler may run on
   * after its commit, for as long as its time limit. @default "15m"
   */
  readonly minAge?: Duration;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** @default stdout */
  readonly log?: Log;
}

/** What a sweep did, in numbers of events unless it says otherwise. */
export interface RelaySummary {
  /** Outbox rows seen. */
  readonly rows: number;
  /** Their messages are published and their rows removed. */
  readonly relayed: number;
  /** Left to their deliveries. */
  readonly young: number;
  /** Their messages were refused, or Pub/Sub did not answer; they stay. */
  readonly failed: number;
  /** Rows remain behind the limit, or behind an outage. */
  readonly more: boolean;
}

const PAGE = 200;
/** How long Pub/Sub and the store are asked for one event. */
const PATIENCE_MS = 5_000;

/**
 * Publishes what was committed and never published, because publishing failed on the transport's last delivery or the
 * process died and nothing came again. For a scheduled function; two sweeps at a time do no harm.
 *
 * Each message is published at least once, every copy with the same `millrace-dedupe-id`.
 * @throws StoreUnavailable when the store does not answer; TypeError when it cannot list its rows
 */
export async function relayOutbox(options: RelayOutboxOptions): Promise<RelaySummary> {
  const { store, limit = 1_000, clock = realClock() } = options;
  if (!(Number.isInteger(limit) && limit >= 1)) throw new RangeError(`limit ${limit} is not a whole number from 1`);
  const publisher = options.publisher ?? pubsubPublisher();
  const log = options.log ?? createLog((line) => void process.stdout.write(line));
  const minAgeMs = milliseconds(options.minAge ?? "15m");
  const pending = pendingOf(store);
  const summary = { rows: 0, relayed: 0, young: 0, failed: 0, more: false };

  let after: string | undefined;
  let previous: string | undefined;
  while (summary.rows < limit) {
    const ids = await pending(Math.min(PAGE, limit - summary.rows), after);
    if (ids.length === 0) return summary;
    after = ids.at(-1);
    summary.rows += ids.length;
    for (const id of ids) {
      const key = recordKeyOfRow(id);
      // The rows of one record are neighbours, and are published together, in their order.
      if (key === previous) continue;
      previous = key;
      const { stored, readMs } = await store.read(key);
      // Without a record that names it a row is about to be collected.
      if (!stored?.record.outbox.includes(id)) continue;
      if (readMs - stored.updatedMs < minAgeMs) {
        summary.young++;
        continue;
      }
      try {
        const patience = { clock, random: Math.random, untilMs: clock.now() + PATIENCE_MS };
        const held = { key, record: stored.record, version: stored.version };
        const publish = (rows: readonly OutboxRow[]) => publisher.publish(rows);
        await relay(held, undefined, { store, publish, patience, log: () => log, published: async () => {} });
        summary.relayed++;
      } catch (error) {
        summary.failed++;
        log.error("committed messages could not be published", { error, record: key, handler: stored.record.handler });
        if (error instanceof Unavailable) return { ...summary, more: true };
      }
    }
  }
  return { ...summary, more: (await pending(1, after)).length > 0 };
}

function pendingOf(store: Store): NonNullable<Store["pending"]> {
  if (store.pending) return store.pending.bind(store);
  if (!("outbox" in store)) throw new TypeError("the store cannot list its outbox");
  const { outbox } = store as MemoryStore;
  return async (limit, after = "") =>
    [...outbox.keys()]
      .sort()
      .filter((id) => id > after)
      .slice(0, limit);
}
