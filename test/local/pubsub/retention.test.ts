import type { Json } from "../../../contract/json";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { createEvents } from "../../../local/engine/events";
import { createPubSub, type PubSub, type SubscriptionConfig } from "../../../local/engine/pubsub";
import { seededRandom } from "../../../local/engine/random";

const TOPIC = "projects/p/topics/orders";
const SUBSCRIPTION = "projects/p/subscriptions/charge";
const LATER = "projects/p/subscriptions/audit";
const SNAPSHOT = "projects/p/snapshots/before";
const START = Date.parse("2026-01-01T00:00:00Z");
const MINUTES = 60_000;

const config = (name: string, more: Partial<SubscriptionConfig> = {}): SubscriptionConfig => ({
  name,
  topic: TOPIC,
  ackDeadlineMs: 60_000,
  retentionMs: 7 * 86_400_000,
  retainAcked: false,
  ordering: false,
  exactlyOnce: false,
  ...more,
});

let clock: VirtualClock;
/** What the journal holds. */
let entries: Json[];
let broker: PubSub;

/** A broker that has read these entries. */
function brokerOf(read: readonly Json[]): PubSub {
  const pubsub = createPubSub({
    clock,
    random: seededRandom(1),
    events: createEvents(() => clock.now()),
    journal: { append: (_, entry) => void entries.push(entry), flush: async () => {} },
    push: async () => ({ kind: "status", status: 204 }),
  });
  for (const entry of read) pubsub.replay(JSON.parse(JSON.stringify(entry)) as Json);
  pubsub.start();
  return pubsub;
}

beforeEach(() => {
  clock = virtualClock(START);
  entries = [];
  broker = brokerOf([]);
});
afterEach(() => broker.stop());

const publish = (text: string) => broker.publish(TOPIC, [{ data: Buffer.from(text), attributes: {} }]);
const take = (name: string) => broker.subscription(name).take(10);
const texts = (name: string) => take(name).map(({ message }) => message.data.toString());
const ackAll = (name: string) => broker.subscription(name).acknowledge(take(name).map(({ ackId }) => ackId));

/** The journal as it was written, and as it is after it was compacted. */
const RESTARTS: readonly (readonly [how: string, read: () => readonly Json[]])[] = [
  ["from what was written", () => entries],
  ["from what was compacted", () => [...broker.compact()]],
];

describe.each(RESTARTS)("after a restart %s", (_, read) => {
  const restart = () => {
    const kept = [...read()];
    broker.stop();
    broker = brokerOf(kept);
  };

  it("a new subscription can seek to what its topic retains", () => {
    broker.createTopic({ name: TOPIC, retentionMs: 10 * MINUTES });
    publish("a");
    restart();
    broker.createSubscription(config(LATER));
    expect(texts(LATER)).toEqual([]);
    broker.seek(LATER, { timeMs: START });
    expect(texts(LATER)).toEqual(["a"]);
  });

  it("a snapshot still brings back what was acked since", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION));
    publish("a");
    broker.createSnapshot(SNAPSHOT, SUBSCRIPTION);
    publish("b");
    ackAll(SUBSCRIPTION);
    restart();
    expect(texts(SUBSCRIPTION)).toEqual([]);
    broker.seek(SUBSCRIPTION, { snapshot: SNAPSHOT });
    expect(texts(SUBSCRIPTION)).toEqual(["a", "b"]);
  });

  it("what a seek brought back is there to be delivered", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION, { retainAcked: true }));
    publish("a");
    ackAll(SUBSCRIPTION);
    broker.seek(SUBSCRIPTION, { timeMs: START });
    restart();
    expect(texts(SUBSCRIPTION)).toEqual(["a"]);
  });

  it("a detached subscription stays detached", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION, { detached: true }));
    restart();
    publish("a");
    expect(broker.subscription(SUBSCRIPTION).config.detached).toBe(true);
    expect(texts(SUBSCRIPTION)).toEqual([]);
  });
});

describe("retention", () => {
  it("ends: a topic's after its own, an acked message's after the subscription's", async () => {
    broker.createTopic({ name: TOPIC, retentionMs: 10 * MINUTES });
    broker.createSubscription(config(SUBSCRIPTION));
    publish("a");
    ackAll(SUBSCRIPTION);
    await clock.advance(11 * MINUTES);
    broker.seek(SUBSCRIPTION, { timeMs: START });
    expect(texts(SUBSCRIPTION)).toEqual([]);
  });

  it("for a snapshot alone serves no seek to a time", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION));
    broker.createSnapshot(SNAPSHOT, SUBSCRIPTION);
    publish("a");
    ackAll(SUBSCRIPTION);
    broker.seek(SUBSCRIPTION, { timeMs: START });
    expect(texts(SUBSCRIPTION)).toEqual([]);
  });

  it("for a snapshot ends with the snapshot", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION));
    broker.createSnapshot(SNAPSHOT, SUBSCRIPTION);
    publish("a");
    broker.deleteSnapshot(SNAPSHOT);
    ackAll(SUBSCRIPTION);
    expect([...broker.compact()].filter((entry) => (entry as { op: string }).op === "retained")).toEqual([]);
  });

  it("brings back in order what was acked behind an unacked message of its key", () => {
    broker.createTopic({ name: TOPIC });
    broker.createSubscription(config(SUBSCRIPTION, { ordering: true, retainAcked: true }));
    const ordered = (text: string) =>
      broker.publish(TOPIC, [{ data: Buffer.from(text), attributes: {}, orderingKey: "k" }]);
    ordered("a");
    ordered("b");
    const [a, b] = take(SUBSCRIPTION);
    broker.subscription(SUBSCRIPTION).acknowledge([b!.ackId]);
    broker.seek(SUBSCRIPTION, { timeMs: START });
    broker.subscription(SUBSCRIPTION).nack(a!.ackId, "test");
    expect(texts(SUBSCRIPTION)).toEqual(["a", "b"]);
  });
});
