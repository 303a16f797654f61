import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { pushRequest } from "../../../local/engine/pubsub/push";
import { config, DEAD, LETTERS, startBroker, SUBSCRIPTION, textOf, TOPIC } from "./broker";

/* What the vectors cannot see from outside, or must not bring about on Google's emulator. */

const DEAD_LETTER = { topic: DEAD, maxAttempts: 5 };

describe("an ack id", () => {
  it("speaks for its own delivery alone where acks are exact", () => {
    const { publish, take, nack, ack } = startBroker({ subscription: { exactlyOnce: true } });
    publish("a");
    const [first] = take();
    nack(first);
    const [second] = take();
    expect(ack(first)).toEqual(["invalid"]);
    expect(ack(second)).toEqual(["ok"]);
    expect(ack(second)).toEqual(["invalid"]);
  });

  it("comes too late when the lease has ended, where acks are exact", async () => {
    const { publish, take, ack, clock } = startBroker({ subscription: { exactlyOnce: true } });
    publish("a");
    const [first] = take();
    await clock.advance(10_000);
    expect(ack(first)).toEqual(["invalid"]);
  });

  it("may still count when it comes late, elsewhere", async () => {
    const { publish, take, ack, texts, clock } = startBroker();
    publish("a");
    const [first] = take();
    await clock.advance(10_000);
    expect(ack(first)).toEqual(["ok"]);
    expect(texts()).toEqual([]);
  });

  it("cannot answer for a message of its key whose order has been decided anew", async () => {
    const { publish, take, ack, texts, clock } = startBroker({ subscription: { ordering: true } });
    publish("a", "k");
    publish("b", "k");
    const [, b] = take();
    await clock.advance(10_000);
    ack(b);
    expect(texts()).toEqual(["a", "b"]);
  });

  it("of an earlier run of the broker says nothing to this one", async () => {
    const before = startBroker({ subscription: { exactlyOnce: true } });
    before.publish("a");
    const [first] = before.take();
    await before.clock.advance(1);
    const after = before.restart();
    const [again] = after.take();
    expect(after.ack(first)).toEqual(["invalid"]);
    expect(after.ack(again)).toEqual(["ok"]);
  });
});

describe("messages of one key", () => {
  it("stay acked behind a redelivery where acks are exact", () => {
    const { publish, take, ack, nack, texts } = startBroker({ subscription: { ordering: true, exactlyOnce: true } });
    for (const text of ["a", "b", "c"]) publish(text, "k");
    const [a, b] = take(2);
    ack(b);
    nack(a);
    expect(texts()).toEqual(["a", "c"]);
  });

  it("wait for each one's own back-off, in order", async () => {
    const retry = { minMs: 10_000, maxMs: 10_000 };
    const { publish, take, ack, nack, texts, pubsub, clock } = startBroker({
      subscription: { ordering: true, retainAcked: true, retry },
    });
    publish("a", "k");
    publish("b", "k");
    const [a, b] = take();
    ack(a);
    nack(b);
    pubsub.seek(SUBSCRIPTION, { timeMs: clock.now() - 1 });
    const [again] = take();
    expect(textOf(again!)).toBe("a");
    ack(again);
    expect(texts()).toEqual([]);
    await clock.advance(10_000);
    expect(texts()).toEqual(["b"]);
  });

  it("come in their order when a seek brings an earlier one back", () => {
    const { publish, take, ack, texts, pubsub, clock } = startBroker({
      subscription: { ordering: true, retainAcked: true },
    });
    publish("a", "k");
    publish("b", "k");
    ack(take(1)[0]);
    pubsub.seek(SUBSCRIPTION, { timeMs: clock.now() - 1 });
    expect(texts()).toEqual(["a", "b"]);
  });

  it("do not hold up messages without a key, however many they are", () => {
    const { publish, take, texts } = startBroker({ subscription: { ordering: true } });
    for (let i = 0; i < 5; i++) publish(`k${i}`, "k");
    for (let i = 0; i < 5; i++) publish(`free${i}`);
    expect(take(5).map(textOf)).toEqual(["k0", "k1", "k2", "k3", "k4"]);
    expect(texts(2)).toEqual(["free0", "free1"]);
  });

  it("take their turn although others without a key keep coming", () => {
    const { publish, take, texts, nack } = startBroker({ subscription: { ordering: true } });
    for (let i = 0; i < 3; i++) publish(`free${i}`);
    publish("a", "k");
    nack(...take(3));
    expect(texts(1)).toEqual(["a"]);
  });

  it("go on past one that is dead-lettered, which keeps its key", () => {
    const { publish, take, nack, ack, texts, pubsub } = startBroker({
      subscription: { ordering: true, deadLetter: DEAD_LETTER },
    });
    for (const text of ["a", "b", "c"]) publish(text, "k");
    for (let turn = 0; turn < 4; turn++) nack(take()[0]);
    const [a, b, c] = take();
    nack(a);
    // Nothing that comes before them comes again, so what is out stays out.
    expect(texts()).toEqual([]);
    ack(b, c);
    expect(pubsub.stats(SUBSCRIPTION).unacked).toBe(0);
    const [letter] = pubsub.subscription(LETTERS).take(10);
    expect(letter!.message).toMatchObject({ orderingKey: "k" });
    expect(textOf(letter!)).toBe("a");
  });
});

describe("a message whose last attempt has failed", () => {
  const fail = (bench: ReturnType<typeof startBroker>, times: number) => {
    for (let turn = 0; turn < times; turn++) bench.nack(bench.take()[0]);
  };

  it("stays, and is said to stay once, while the service agent lacks a grant", () => {
    let granted = false;
    const bench = startBroker({ subscription: { deadLetter: DEAD_LETTER }, canDeadLetter: () => granted });
    bench.publish("poison");
    fail(bench, 7);
    const told = () => bench.events.filter(({ type }) => type === "notDeadLettered");
    expect(told()).toEqual([
      expect.objectContaining({
        subscription: SUBSCRIPTION,
        topic: DEAD,
        attempt: 5,
        reason: expect.any(String) as string,
      }),
    ]);
    expect(bench.take().map(({ attempt }) => attempt)).toEqual([8]);
    bench.pubsub.stop();
  });

  it("leaves as soon as the grant is there", () => {
    let granted = false;
    const bench = startBroker({ subscription: { deadLetter: DEAD_LETTER }, canDeadLetter: () => granted });
    bench.publish("poison");
    fail(bench, 6);
    granted = true;
    fail(bench, 1);
    expect(bench.pubsub.stats(SUBSCRIPTION).unacked).toBe(0);
    const [letter] = bench.pubsub.subscription(LETTERS).take(10);
    expect(letter!.message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"]).toBe("7");
  });

  it("stays when the dead-letter topic has been deleted", () => {
    const bench = startBroker({ subscription: { deadLetter: DEAD_LETTER } });
    bench.pubsub.deleteTopic(DEAD);
    bench.publish("poison");
    fail(bench, 5);
    expect(bench.events.find(({ type }) => type === "notDeadLettered")).toMatchObject({
      reason: expect.stringContaining("does not exist") as string,
    });
    expect(bench.take()).toHaveLength(1);
  });
});

describe("a consumer", () => {
  it("is told when a lease of its own is over, whichever way", async () => {
    const { publish, pubsub, ack, nack, clock } = startBroker();
    for (const text of ["acked", "nacked", "expired", "discarded"]) publish(text);
    const over: string[] = [];
    const taken = pubsub.subscription(SUBSCRIPTION).take(4, { onEnd: (ackId) => over.push(ackId) });
    const [acked, nacked, expired, discarded] = taken;
    ack(acked);
    nack(nacked);
    pubsub.subscription(SUBSCRIPTION).discard(discarded!.message.id);
    expect(over).toEqual([acked, nacked, discarded].map((one) => one!.ackId));
    await clock.advance(10_000);
    expect(over.at(-1)).toBe(expired!.ackId);
    ack(acked, nacked, expired, discarded);
    expect(over).toHaveLength(4);
  });

  it("shares what comes with the others", () => {
    const { publish, pubsub } = startBroker();
    const subscription = pubsub.subscription(SUBSCRIPTION);
    const shares = [0, 0, 0];
    for (const i of shares.keys()) subscription.onReady(() => (shares[i]! += subscription.take(10).length));
    for (let i = 0; i < 30; i++) publish(String(i));
    expect(shares).toEqual([10, 10, 10]);
  });

  it("has its deadlines counted by its own clock", async () => {
    const { publish, pubsub, clock, events } = startBroker();
    publish("a");
    const subscription = pubsub.subscription(SUBSCRIPTION);
    const [one] = subscription.take(1, { leaseMs: 10_000, pace: 20 });
    await clock.advance(190_000);
    subscription.modifyAckDeadline([one!.ackId], 10_000);
    await clock.advance(199_000);
    expect(events.filter(({ type }) => type === "nacked")).toEqual([]);
    await clock.advance(1_000);
    expect(events.at(-1)).toMatchObject({ type: "nacked", reason: "lease of 10s expired" });
  });
});

describe("a push subscription", () => {
  const endpoint = "http://127.0.0.1/push";
  const scripted = () => {
    const requests: PushRequest[] = [];
    const answers: ((result: PushResult) => void)[] = [];
    const push = (request: PushRequest) =>
      new Promise<PushResult>((resolve) => {
        requests.push(request);
        answers.push(resolve);
      });
    return { requests, answers, push };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it("starts with a few requests and grows with success, by twice for each round", async () => {
    const { push, requests, answers } = scripted();
    const { publish } = startBroker({ push, subscription: { push: { endpoint } } });
    for (let i = 0; i < 100; i++) publish(String(i));
    const rounds: number[] = [];
    for (let round = 0; round < 4; round++) {
      rounds.push(answers.length);
      for (const answer of answers.splice(0)) answer({ kind: "status", status: 204 });
      await settle();
    }
    expect(rounds).toEqual([3, 6, 12, 24]);
    expect(new Set(requests.map(({ messageId }) => messageId)).size).toBe(requests.length);
  });

  it("slows down when pushes fail", async () => {
    const { push, answers } = scripted();
    const retry = { minMs: 600_000, maxMs: 600_000 };
    const { publish } = startBroker({ push, subscription: { push: { endpoint }, retry } });
    for (let i = 0; i < 100; i++) publish(String(i));
    for (let round = 0; round < 2; round++) {
      for (const answer of answers.splice(0)) answer({ kind: "status", status: 204 });
      await settle();
    }
    expect(answers).toHaveLength(12);
    for (const answer of answers.splice(0)) answer({ kind: "status", status: 500 });
    await settle();
    expect(answers).toHaveLength(3);
  });

  it("takes a transport that never answers for a timeout at the ack deadline", async () => {
    const { push, requests, answers } = scripted();
    const { publish, clock, events, pubsub } = startBroker({
      push,
      subscription: { push: { endpoint }, retry: { minMs: 1_000, maxMs: 1_000 } },
    });
    publish("a");
    await clock.advance(10_000);
    expect(events.at(-1)).toMatchObject({ type: "nacked", reason: "timeout after 10s" });
    await clock.advance(1_000);
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2]);
    // The answer to the first push has come too late to count for the second.
    answers[0]!({ kind: "status", status: 204 });
    await settle();
    expect(pubsub.stats(SUBSCRIPTION)).toMatchObject({ unacked: 1, outstanding: 1 });
    answers[1]!({ kind: "status", status: 204 });
    await settle();
    expect(pubsub.stats(SUBSCRIPTION)).toMatchObject({ unacked: 0, outstanding: 0 });
  });

  it("says nothing of a transport that throws but that it could not be reached", async () => {
    const { publish, clock, events } = startBroker({
      push: async () => Promise.reject(new Error("no route")),
      subscription: { push: { endpoint } },
    });
    publish("a");
    await clock.advance(1);
    expect(events.at(-1)).toMatchObject({ type: "nacked", reason: expect.stringContaining("no route") as string });
  });

  it("is idle when it has delivered everything; what is pulled is not its business", async () => {
    const { push, answers } = scripted();
    const { publish, pubsub } = startBroker({ push, subscription: { push: { endpoint } } });
    pubsub.createSubscription(config({ name: "projects/p/subscriptions/pulled" }));
    publish("a");
    expect(pubsub.idle()).toBe(false);
    answers[0]!({ kind: "status", status: 200 });
    await settle();
    expect(pubsub.idle()).toBe(true);
  });
});

describe("a seed", () => {
  const pauses = async (seed: string) => {
    const retry = { minMs: 10_000, maxMs: 600_000 };
    const { publish, clock, take, nack, events } = startBroker({ seed, subscription: { retry } });
    publish("a");
    for (let turn = 0; turn < 6; turn++) {
      nack(take()[0]);
      await clock.advance(600_000);
    }
    const at = events.filter(({ type }) => type === "delivered" || type === "nacked").map(({ atMs }) => atMs);
    return { at, first: clock.next() };
  };

  it("decides every random choice: equal seeds, equal times", async () => {
    expect(await pauses("one")).toEqual(await pauses("one"));
  });

  it("changes the jitter of the back-off and nothing of its bounds", async () => {
    const waits = async (seed: string) => {
      const retry = { minMs: 10_000, maxMs: 600_000 };
      const { publish, clock, take, nack } = startBroker({ seed, subscription: { retry } });
      publish("a");
      const found: number[] = [];
      for (let turn = 0; turn < 9; turn++) {
        const [one] = take();
        nack(one);
        found.push(clock.next()! - clock.now());
        await clock.advance(600_000);
      }
      return found;
    };
    const [one, other] = [await waits("one"), await waits("other")];
    expect(one).not.toEqual(other);
    for (const [i, wait] of one.entries()) {
      const full = Math.min(600_000, 10_000 * 2 ** i);
      expect(wait).toBeGreaterThanOrEqual(Math.max(10_000, full * 0.9));
      expect(wait).toBeLessThanOrEqual(full);
    }
  });
});

describe("a long backlog", () => {
  it("makes nothing slower", () => {
    const { pubsub } = startBroker();
    const spend = (count: number) => {
      const begin = process.cpuUsage();
      const publication = { data: Buffer.from("x"), attributes: {} };
      for (let i = 0; i < count; i++) pubsub.publish(TOPIC, [publication]);
      for (let i = 0; i < count; i += 100) {
        const subscription = pubsub.subscription(SUBSCRIPTION);
        subscription.acknowledge(subscription.take(100).map(({ ackId }) => ackId));
      }
      return process.cpuUsage(begin).user / 1_000;
    };
    spend(2_000);
    // Looking through the backlog at every publish would be 450 million looks, seconds of them.
    expect(spend(30_000)).toBeLessThan(3_000);
    expect(pubsub.stats(SUBSCRIPTION).unacked).toBe(0);
  });
});

describe("an unwrapped push with metadata", () => {
  it("carries attributes as headers, but none that frames the request or says who calls", () => {
    const attributes = {
      Event: "push",
      Host: "elsewhere.example",
      "Transfer-Encoding": "chunked",
      Authorization: "Bearer forged",
      "X-Serverless-Authorization": "Bearer forged",
      "bad name": "x",
      split: "a\r\nx-forged: 1",
    };
    const message = { id: "1", data: Buffer.from("{}"), attributes, orderingKey: "", publishedMs: 0 };
    const push = { endpoint: "http://127.0.0.1/", unwrapped: { writeMetadata: true } };
    const subscription = { name: SUBSCRIPTION, topic: TOPIC, ackDeadlineMs: 10_000, countsAttempts: false };
    const { headers } = pushRequest({ ackId: "a", message, attempt: 1 }, push, subscription);
    expect(Object.keys(headers).sort()).toEqual([
      "event",
      "user-agent",
      "x-goog-pubsub-message-id",
      "x-goog-pubsub-publish-time",
      "x-goog-pubsub-subscription-name",
    ]);
  });
});
