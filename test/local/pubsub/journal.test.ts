import { DEAD, LETTERS, startBroker, SUBSCRIPTION, textOf, TOPIC } from "./broker";

describe.each([
  ["from what was written", false],
  ["from what was compacted", true],
])("a broker that is started again %s", (_how, compacted) => {
  it("delivers what nobody acked, attempts included, and nothing else", async () => {
    const before = startBroker({ subscription: { deadLetter: { topic: DEAD, maxAttempts: 5 } } });
    for (const text of ["acked", "nacked", "out", "waiting"]) before.publish(text);
    const [acked, nacked] = before.take(3);
    before.ack(acked);
    before.nack(nacked);
    before.nack(before.take(2).find((one) => textOf(one) === "nacked"));
    const after = before.restart({ compacted });
    const found = Object.fromEntries(after.take().map((one) => [textOf(one), one.attempt]));
    expect(found).toEqual({ nacked: 3, out: 1, waiting: 1 });
  });

  it("never gives a message id twice, not even when everything has been acked", () => {
    let bench = startBroker();
    const ids: string[] = [];
    for (let run = 0; run < 3; run++) {
      ids.push(bench.publish("a"), bench.publish("b"));
      bench.ack(...bench.take());
      bench = bench.restart({ compacted });
    }
    expect(new Set(ids).size).toBe(6);
    expect(ids.map(Number)).toEqual(ids.map(Number).sort((a, b) => a - b));
  });

  it("keeps dead letters, and does not bring back what they came from", () => {
    const before = startBroker({ subscription: { deadLetter: { topic: DEAD, maxAttempts: 5 } } });
    before.publish("poison");
    for (let turn = 0; turn < 5; turn++) before.nack(before.take()[0]);
    const after = before.restart({ compacted });
    expect(after.texts()).toEqual([]);
    expect(after.texts(10, LETTERS)).toEqual(["poison"]);
  });

  it("keeps the order of a key, and counts early acks behind it for nothing", () => {
    const before = startBroker({ subscription: { ordering: true } });
    for (const text of ["a", "b", "c"]) before.publish(text, "k");
    before.ack(before.take(2)[1]);
    expect(before.restart({ compacted }).texts()).toEqual(["a", "b", "c"]);
  });

  it("pushes what was on its way when it died", async () => {
    const bodies: string[] = [];
    const before = startBroker({
      subscription: { push: { endpoint: "http://127.0.0.1/push" } },
      push: ({ body }) => {
        const { message } = JSON.parse(body.toString()) as { message: { data: string } };
        bodies.push(Buffer.from(message.data, "base64").toString());
        return bodies.length === 1 ? new Promise(() => {}) : Promise.resolve({ kind: "status", status: 204 });
      },
    });
    before.publish("a");
    const after = before.restart({ compacted });
    await after.clock.advance(1);
    expect(bodies).toEqual(["a", "a"]);
    expect(after.pubsub.stats(SUBSCRIPTION).unacked).toBe(0);
  });

  it("has the topics and subscriptions it had, and none that were deleted", () => {
    const before = startBroker({ subscription: { filter: 'attributes.lang = "en"', labels: { a: "b" } } });
    before.pubsub.updateSubscription({ ...before.pubsub.subscription(SUBSCRIPTION).config, ackDeadlineMs: 77_000 });
    before.pubsub.deleteSubscription(LETTERS);
    before.pubsub.deleteTopic(DEAD);
    const after = before.restart({ compacted });
    expect(after.pubsub.topics()).toEqual(before.pubsub.topics());
    expect(after.pubsub.subscriptions()).toEqual(before.pubsub.subscriptions());
    expect(after.pubsub.subscription(SUBSCRIPTION).config.ackDeadlineMs).toBe(77_000);
    after.pubsub.publish(TOPIC, [{ data: Buffer.from("de"), attributes: { lang: "de" } }]);
    expect(after.texts()).toEqual([]);
  });
});

describe("what is compacted", () => {
  it("is as little as today's state needs", () => {
    const bench = startBroker();
    for (let i = 0; i < 50; i++) {
      bench.publish(String(i));
      if (i > 0) bench.ack(...bench.take());
    }
    bench.publish("left");
    const ops = [...bench.pubsub.compact()].map((entry) => (entry as { op: string }).op);
    expect(ops.sort()).toEqual(["lastId", "pending", "subscription", "subscription", "topic", "topic"]);
  });
});
