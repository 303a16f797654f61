import type { Json } from "../../../contract/json";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import {
  createPubSub,
  type Delivery,
  type PubSub,
  type PubSubOptions,
  type SubscriptionConfig,
  type TopicConfig,
} from "../../../local/engine/pubsub";
import { seededRandom } from "../../../local/engine/random";

export const TOPIC = "projects/p/topics/orders";
export const SUBSCRIPTION = "projects/p/subscriptions/charge";
export const DEAD = "projects/p/topics/dead";
export const LETTERS = "projects/p/subscriptions/letters";

export const config = (more: Partial<SubscriptionConfig> = {}): SubscriptionConfig => ({
  name: SUBSCRIPTION,
  topic: TOPIC,
  ackDeadlineMs: 10_000,
  retentionMs: 7 * 86_400_000,
  retainAcked: false,
  ordering: false,
  exactlyOnce: false,
  ...more,
});

/** A broker on a virtual clock, with what it did and what it wrote down. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly pubsub: PubSub;
  readonly events: readonly EngineEvent[];
  readonly entries: readonly Json[];
  readonly publish: (text: string, orderingKey?: string) => string;
  readonly take: (max?: number, name?: string) => Delivery[];
  readonly texts: (max?: number, name?: string) => string[];
  readonly ack: (...deliveries: readonly (Delivery | undefined)[]) => readonly string[];
  readonly nack: (...deliveries: readonly (Delivery | undefined)[]) => void;
  /** Ends this broker and starts another from the journal; `compacted` lets it be compacted before. */
  readonly restart: (options?: { readonly compacted?: boolean }) => Bench;
}

export interface BenchOptions extends Partial<Pick<PubSubOptions, "canDeadLetter" | "transformLimitMs">> {
  readonly subscription?: Partial<SubscriptionConfig>;
  readonly topic?: Partial<TopicConfig>;
  readonly push?: (request: PushRequest) => Promise<PushResult>;
  readonly seed?: string;
}

export const textOf = ({ message }: Pick<Delivery, "message">) => message.data.toString();

/** With a topic and a subscription, unless it is read back from entries. */
export function startBroker(options: BenchOptions = {}): Bench {
  return run(options, virtualClock(Date.parse("2026-01-01T00:00:00Z")), undefined);
}

/** A broker that runs transforms has a thread for them. */
const started: PubSub[] = [];
afterAll(() => started.forEach((pubsub) => pubsub.stop()));

function run(options: BenchOptions, clock: VirtualClock, read: readonly Json[] | undefined): Bench {
  const events = createEvents(() => clock.now());
  const seen: EngineEvent[] = [];
  const entries: Json[] = [...(read ?? [])];
  const pubsub = createPubSub({
    clock,
    random: seededRandom(options.seed ?? "test"),
    events,
    // As the disk would give it back.
    journal: {
      append: (_, entry) => void entries.push(JSON.parse(JSON.stringify(entry)) as Json),
      flush: async () => {},
    },
    push: options.push ?? (async () => ({ kind: "status", status: 204 })),
    ...(options.canDeadLetter && { canDeadLetter: options.canDeadLetter }),
    ...(options.transformLimitMs && { transformLimitMs: options.transformLimitMs }),
  });
  started.push(pubsub);
  if (read) for (const entry of read) pubsub.replay(entry);
  else {
    for (const name of [TOPIC, DEAD]) pubsub.createTopic({ name, ...(name === TOPIC && options.topic) });
    pubsub.createSubscription(config(options.subscription));
    pubsub.createSubscription(config({ name: LETTERS, topic: DEAD }));
  }
  events.on((event) => void seen.push(event));
  pubsub.start();
  const of = (name: string) => pubsub.subscription(name);
  const bench: Bench = {
    clock,
    pubsub,
    events: seen,
    entries,
    publish(text, orderingKey) {
      const publication = { data: Buffer.from(text), attributes: {}, ...(orderingKey && { orderingKey }) };
      return pubsub.publish(TOPIC, [publication])[0]!;
    },
    take: (max = 100, name = SUBSCRIPTION) => of(name).take(max),
    texts: (max, name) => bench.take(max, name).map(textOf),
    ack: (...deliveries) => of(SUBSCRIPTION).acknowledge(deliveries.map((one) => one!.ackId)),
    nack(...deliveries) {
      for (const one of deliveries) of(SUBSCRIPTION).modifyAckDeadline([one!.ackId], 0);
    },
    restart({ compacted = false } = {}) {
      const kept = compacted
        ? ([...pubsub.compact()].map((entry) => JSON.parse(JSON.stringify(entry))) as Json[])
        : entries;
      pubsub.stop();
      return run(options, clock, kept);
    },
  };
  return bench;
}
