import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { createEvents } from "../../../local/engine/events";
import { noJournal } from "../../../local/engine/journal";
import { createPubSub, type PubSub, type SubscriptionConfig } from "../../../local/engine/pubsub";
import { seededRandom } from "../../../local/engine/random";

const TOPIC = "projects/p/topics/orders";
const SUBSCRIPTION = "projects/p/subscriptions/charge";
const config = (endpoint: string): SubscriptionConfig => ({
  name: SUBSCRIPTION,
  topic: TOPIC,
  ackDeadlineMs: 10_000,
  retentionMs: 86_400_000,
  retainAcked: false,
  ordering: false,
  exactlyOnce: false,
  push: { endpoint },
});
const OK: PushResult = { kind: "status", status: 204 };
const FAILED: PushResult = { kind: "status", status: 500 };

let clock: VirtualClock;
let broker: PubSub;
let pushes: { readonly to: string; readonly atMs: number; answer(result: PushResult): void }[];
/** What an endpoint answers at once; undefined leaves it to `answer`. */
let reply: (request: PushRequest) => PushResult | undefined;

beforeEach(() => {
  clock = virtualClock(0);
  pushes = [];
  reply = () => undefined;
  broker = createPubSub({
    clock,
    random: seededRandom(1),
    events: createEvents(() => clock.now()),
    journal: noJournal,
    push: (request) =>
      new Promise((answer) => {
        pushes.push({ to: request.endpoint, atMs: clock.now(), answer });
        const now = reply(request);
        if (now) answer(now);
      }),
  });
  broker.createTopic({ name: TOPIC });
  broker.createSubscription(config("http://first"));
  broker.start();
});
afterEach(() => broker.stop());

const publish = () => broker.publish(TOPIC, [{ data: Buffer.from("x"), attributes: {} }]);

describe("a push under way while its subscription changes", () => {
  beforeEach(() => {
    publish();
    broker.updateSubscription(config("http://second"));
  });

  it("acks when it is acknowledged", async () => {
    pushes[0]!.answer(OK);
    await clock.advance(60_000);
    expect(pushes.map(({ to }) => to)).toEqual(["http://first"]);
    expect(broker.stats(SUBSCRIPTION).unacked).toBe(0);
  });

  it("goes to the new endpoint when it fails", async () => {
    pushes[0]!.answer(FAILED);
    await clock.advance(1);
    expect(pushes.map(({ to }) => to)).toEqual(["http://first", "http://second"]);
  });

  it("concerns nobody once the subscription is deleted", async () => {
    broker.deleteSubscription(SUBSCRIPTION);
    pushes[0]!.answer(FAILED);
    await clock.advance(60_000);
    expect(pushes).toHaveLength(1);
  });
});

describe("pushes that fail without a retry policy", () => {
  const gaps = () => pushes.slice(1).map(({ atMs }, i) => atMs - pushes[i]!.atMs);

  it("rest from 100 ms, doubling up to a minute", async () => {
    reply = () => FAILED;
    publish();
    await clock.advance(300_000);
    expect(gaps().slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(gaps().slice(-2)).toEqual([60_000, 60_000]);
  });

  it("rest no longer after a success", async () => {
    const results = [FAILED, FAILED, OK, FAILED, OK];
    reply = () => results.shift();
    publish();
    await clock.advance(1_000);
    publish();
    await clock.advance(1_000);
    expect(gaps()).toEqual([100, 200, 700, 100]);
  });
});
