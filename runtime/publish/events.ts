import { randomUUID } from "node:crypto";
import { type Clock, realClock, sleep } from "../clock";
import type { Publisher } from "../google/publisher";
import { type Publish, type PublishArguments, toRow } from "../outgoing";
import { patiently } from "../record/transition";
import type { OutboxRow } from "../store/store";

/** An earlier message of the same ordering key was not published, so later ones must not be either. */
export class OrderingPaused extends Error {
  override readonly name = "OrderingPaused";
}

export interface EventPublisherOptions {
  readonly publisher: Publisher;
  /** Addresses by the names of topics. @default MILLRACE_TOPICS */
  readonly topics?: string | undefined;
  /** How long messages are gathered for one request, milliseconds; 0 sends at once. @default 5 */
  readonly gatherMs?: number;
  /** How long Pub/Sub is asked again for one request, milliseconds. @default 60000 */
  readonly patienceMs?: number;
  /** The trace that the messages belong to, asked for with each one. @default none */
  readonly traceparent?: () => string | undefined;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** Unique text. @default randomUUID */
  readonly newId?: () => string;
}

/** Publishes events from outside a handler. */
export interface EventPublisher {
  /**
   * Resolves when Pub/Sub has the message. Messages of one ordering key are sent in the order in which they were given.
   * @throws OrderingPaused after an earlier message of its key failed, until `resume`; Unavailable when Pub/Sub does
   * not answer, although the message may have been published; TypeError for an event that does not fit its schema
   */
  readonly publish: Publish<Promise<void>>;
  /** Lets messages of the key be sent again, after whoever failed has been dealt with. */
  readonly resume: (topic: PublishArguments[0], orderingKey: string) => void;
  /** Resolves once nothing is under way any more. Before the process ends. */
  readonly flush: () => Promise<void>;
}

interface Waiting {
  readonly row: OutboxRow;
  readonly settle: (error?: unknown) => void;
}

/** Messages of one topic, and of one ordering key if they have one. */
interface Lane {
  readonly ordered: boolean;
  readonly waiting: Waiting[];
  /** What is being gathered or sent; unordered messages do not wait for it. */
  busy: boolean;
  paused?: unknown;
}

/** Pub/Sub takes 1000 messages and 10 MB a request; the publisher splits what is larger. */
const MOST_AT_ONCE = 1_000;

export function createEventPublisher(options: EventPublisherOptions): EventPublisher {
  const { publisher, gatherMs = 5, patienceMs = 60_000, clock = realClock() } = options;
  const { random = Math.random, newId = randomUUID } = options;
  const lanes = new Map<string, Lane>();
  const underWay = new Set<Promise<unknown>>();
  const nameOf = (topic: string, orderingKey = "") => `${topic}\n${orderingKey}`;

  const send = async (batch: readonly Waiting[]): Promise<unknown> => {
    const patience = { clock, random, untilMs: clock.now() + patienceMs };
    try {
      await patiently(patience, () => publisher.publish(batch.map(({ row }) => row)));
      for (const { settle } of batch) settle();
      return undefined;
    } catch (error) {
      for (const { settle } of batch) settle(error);
      return error;
    }
  };

  const drain = async (name: string, lane: Lane) => {
    if (gatherMs > 0) await sleep(clock, gatherMs);
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, MOST_AT_ONCE);
      if (!lane.ordered) {
        track(send(batch));
        continue;
      }
      const failure = await send(batch);
      if (failure === undefined) continue;
      lane.paused = failure;
      for (const { settle } of lane.waiting.splice(0)) settle(paused(failure));
    }
    lane.busy = false;
    if (lane.paused === undefined) lanes.delete(name);
  };
  const track = (work: Promise<unknown>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  const enqueue = (row: OutboxRow): Promise<void> => {
    const name = nameOf(row.topic, row.orderingKey);
    const lane = lanes.get(name) ?? { ordered: row.orderingKey !== undefined, waiting: [], busy: false };
    lanes.set(name, lane);
    if (lane.paused !== undefined) return Promise.reject(paused(lane.paused));
    const published = new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error));
      lane.waiting.push({ row, settle });
    });
    if (!lane.busy) {
      lane.busy = true;
      track(drain(name, lane));
    }
    return published;
  };

  return {
    publish: async (...outgoing: PublishArguments) => {
      const topics = options.topics ?? process.env["MILLRACE_TOPICS"];
      // Rows outside a store do not expire.
      const sender = { topics, traceparent: options.traceparent?.(), expireAtMs: Number.MAX_SAFE_INTEGER };
      await enqueue(toRow(newId(), sender, ...outgoing));
    },
    resume(topic, orderingKey) {
      const address = typeof topic === "string" ? topic : topic.address(options.topics);
      const lane = lanes.get(nameOf(address, orderingKey));
      if (lane) delete lane.paused;
    },
    async flush() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const paused = (cause: unknown) =>
  new OrderingPaused("an earlier message of this ordering key was not published; resume it first", { cause });
