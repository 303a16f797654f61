import { StatusError } from "../../../local/wire/rest";
import type { TransformConfig } from "../../../local/engine/pubsub";
import { createUdfs, type UdfResult } from "../../../local/engine/pubsub/udf";
import { DEAD, LETTERS, startBroker, SUBSCRIPTION, textOf, TOPIC } from "./broker";

const udf = (body: string, functionName = "f"): TransformConfig => ({
  functionName,
  code: `function ${functionName}(message, metadata) { ${body} }`,
});

const MESSAGE = { data: "seven", attributes: { size: "7" } };
const METADATA = { message_id: "1", publish_time: "2026-01-01T00:00:00Z", ordering_key: "k" };

const google = createUdfs();
/** For what never ends: a test has not the time that Google gives. */
const hasty = createUdfs(200);
afterAll(() => [google, hasty].forEach((udfs) => udfs.stop()));

const outcome = (body: string, udfs = google): UdfResult => udfs.run(udf(body), MESSAGE, METADATA);

describe("a function that transforms messages", () => {
  it.each([
    ["changes data and attributes", 'message.data += "!"; message.attributes.big = "yes"; return message;', "seven!"],
    ["reads its metadata", "return { data: Object.values(metadata).join() };", "1,2026-01-01T00:00:00Z,k"],
    ["has the built-in objects of ECMAScript", "return { data: JSON.stringify([...new Set([1n, 1n])].length) };", "1"],
  ])("%s", (_what, body, data) => {
    expect(outcome(body)).toMatchObject({ data });
  });

  it("drops a message by null", () => {
    expect(outcome("return null;")).toBeNull();
  });

  it("leaves no attributes where it returns none", () => {
    expect(outcome('return { data: "x", attributes: {} };')).toEqual({ data: "x", attributes: {} });
    expect(outcome('return { data: "x" };')).toEqual({ data: "x", attributes: {} });
  });

  it.each([
    ["throws", 'throw new TypeError("no card");', "f threw TypeError: no card"],
    [
      "throws what cannot be shown",
      "throw { toString: null, valueOf: null };",
      "f threw something that cannot be shown",
    ],
    ["returns nothing", "", "f returned no message"],
    ["returns a promise", "return Promise.resolve(message);", "f returned no message"],
    ["returns data that are no text", "return { data: { id: 1 } };", "f returned no message"],
    ["returns an attribute that is no text", 'return { data: "x", attributes: { n: 1 } };', "f returned no message"],
    ["calls itself without end", "return f(message);", "f threw RangeError: Maximum call stack size exceeded"],
    ["never ends", "for (;;);", "f took longer than 200 ms"],
    ["catches everything and never ends", "for (;;) { try { for (;;); } catch {} }", "f took longer than 200 ms"],
  ])("fails when it %s", (_what, body, fault) => {
    expect(outcome(body, fault.includes("200 ms") ? hasty : google)).toEqual({ fault });
  });

  it("goes on with the next message after one has taken too long", () => {
    const patient = udf('if (message.data === "slow") for (;;); return message;');
    expect(hasty.run(patient, { data: "slow", attributes: {} }, METADATA)).toHaveProperty("fault");
    expect(hasty.run(patient, MESSAGE, METADATA)).toEqual(MESSAGE);
  });

  it("is done when it returns: what it left to promises is never run", () => {
    expect(outcome("(async () => { for (;;) await 0; })(); return message;")).toEqual(MESSAGE);
    const later = "const data = String(globalThis.late); Promise.resolve().then(() => { late = 1; }); return { data };";
    for (let call = 1; call <= 2; call++) expect(outcome(later)).toMatchObject({ data: "undefined" });
  });

  it.each(["process", "require", "console", "setTimeout", "fetch", "Buffer", "URL"])("has no %s", (name) => {
    expect(outcome(`return { data: typeof ${name} };`)).toMatchObject({ data: "undefined" });
  });

  it("compiles no WebAssembly", () => {
    const smallest = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";
    expect(outcome(`new WebAssembly.Module(${smallest}); return message;`)).toHaveProperty("fault");
  });

  it.each([
    ["this", "this"],
    ["its arguments", "message"],
    ["its own function", "f"],
    ["what an error was made by", "(() => { try { null.x } catch (error) { return error; } })()"],
  ])("does not reach this process by the constructor of %s", (_what, from) => {
    const reach = `${from}.constructor.constructor("return typeof process")()`;
    expect(outcome(`return { data: ${reach} };`)).toMatchObject({ data: "undefined" });
  });

  it.each([
    ["does not parse", { functionName: "f", code: "function f( {" }, /does not run: /],
    ["is not defined by its code", { functionName: "f", code: "function g() {}" }, /it defines no function f$/],
    ["has a name that is none", { functionName: "f(); g", code: "function f() {}" }, /is no name of a function$/],
    ["throws when it is read", { functionName: "f", code: 'throw new Error("early")' }, /does not run: early$/],
    ["does not end when it is read", { functionName: "f", code: "for (;;);" }, /took longer than 200 ms$/],
  ])("is refused when it %s", (_what, config, fault) => {
    expect(hasty.fault(config)).toMatch(fault);
  });
});

describe("a topic with transforms", () => {
  const transforms = (...list: readonly TransformConfig[]) => startBroker({ topic: { transforms: list } });

  it("lets each change what the one before it made, and leaves out what is disabled", () => {
    const bench = transforms(
      udf('message.data += "a"; return message;', "a"),
      { ...udf("return null;", "b"), disabled: true },
      udf('message.data += "c"; return message;', "c"),
    );
    bench.publish("-", "key");
    const [delivery] = bench.take();
    expect(delivery!.message).toMatchObject({ orderingKey: "key", attributes: {} });
    expect(delivery!.message.data.toString()).toBe("-ac");
  });

  it("gives the publisher of a dropped message an id, and keeps nothing", () => {
    const bench = transforms(udf("return null;"));
    const id = bench.publish("x");
    expect(bench.pubsub.stats(SUBSCRIPTION).unacked).toBe(0);
    expect(bench.events).toMatchObject([{ type: "dropped", by: TOPIC, messageId: id, functionName: "f" }]);
    expect(bench.restart().texts()).toEqual([]);
  });

  it("publishes nothing of a request when one of its messages fails", () => {
    const bench = transforms(udf("JSON.parse(message.data); return message;"));
    const message = (text: string) => ({ data: Buffer.from(text), attributes: {} });
    expect(() => bench.pubsub.publish(TOPIC, [message("{}"), message("{")])).toThrow(StatusError);
    expect(() => bench.pubsub.publish(TOPIC, [message("{")])).toThrow(/f threw SyntaxError/);
    expect(bench.texts()).toEqual([]);
  });

  it("does not carry what Pub/Sub would not", () => {
    const bench = transforms(udf('return { data: "", attributes: {} };'));
    expect(() => bench.publish("x")).toThrow("f returned a message needs data or at least one attribute");
  });

  it("stores what the transforms made: a restart does not run them again", () => {
    const bench = transforms(udf('message.data += "!"; return message;'));
    bench.publish("x");
    expect(bench.restart().texts()).toEqual(["x!"]);
  });

  it("leaves bytes that are no text as they are, unless they are changed", () => {
    const bench = transforms(udf('message.attributes.seen = "yes"; return message;'));
    const data = Buffer.from([0xff, 0x00, 0xfe]);
    bench.pubsub.publish(TOPIC, [{ data, attributes: {} }]);
    expect(bench.take()[0]!.message).toMatchObject({ data, attributes: { seen: "yes" } });
  });

  it("is refused with two functions of one name, or one that does not parse", () => {
    const bench = startBroker();
    const with_ = (...list: readonly TransformConfig[]) =>
      bench.pubsub.createTopic({ name: "projects/p/topics/other", transforms: list });
    expect(() => with_(udf(""), udf(""))).toThrow("two message transforms are called f");
    expect(() => with_({ functionName: "f", code: "{" })).toThrow(/does not run/);
  });
});

describe("a subscription with transforms", () => {
  const PARSE = udf("JSON.parse(message.data); return message;");

  it("runs them on what its filter lets pass, for itself alone", () => {
    const bench = startBroker({
      subscription: { filter: "attributes:paid", transforms: [udf("delete message.attributes.paid; return message;")] },
    });
    bench.pubsub.createSubscription({
      ...bench.pubsub.subscription(LETTERS).config,
      name: `${LETTERS}-2`,
      topic: TOPIC,
    });
    bench.pubsub.publish(TOPIC, [{ data: Buffer.from("x"), attributes: { paid: "yes" } }]);
    expect(bench.take()[0]!.message.attributes).toEqual({});
    expect(bench.take(1, `${LETTERS}-2`)[0]!.message.attributes).toEqual({ paid: "yes" });
  });

  it("acknowledges what they drop, however much of it comes before the rest", () => {
    const bench = startBroker({ subscription: { transforms: [udf('return message.data === "x" ? null : message;')] } });
    for (let i = 0; i < 500; i++) bench.publish("x");
    const id = bench.publish("y");
    expect(bench.take(1).map(({ message }) => message.id)).toEqual([id]);
    expect(bench.pubsub.stats(SUBSCRIPTION)).toMatchObject({ unacked: 1, outstanding: 1 });
    expect(bench.restart().texts()).toEqual(["y"]);
  });

  it("counts a failure as a failed delivery, paced without a retry policy, until the dead letter", async () => {
    const deadLetter = { topic: DEAD, maxAttempts: 5 };
    const bench = startBroker({ subscription: { transforms: [PARSE], deadLetter } });
    bench.publish("{");
    expect(bench.take()).toEqual([]);
    expect(bench.take()).toEqual([]);
    expect(bench.events.filter(({ type }) => type === "nacked")).toMatchObject([
      { attempt: 1, reason: expect.stringMatching(/^f threw SyntaxError/) as string },
    ]);
    for (let attempt = 2; attempt <= 5; attempt++) {
      await bench.clock.advance(60_000);
      expect(bench.take()).toEqual([]);
    }
    const [letter] = bench.take(1, LETTERS);
    // As it was published.
    expect(letter!.message.data.toString()).toBe("{");
    expect(letter!.message.attributes).toMatchObject({ CloudPubSubDeadLetterSourceDeliveryCount: "5" });
  });

  it("holds up what comes behind it on its key, and nothing else", () => {
    const bench = startBroker({ subscription: { transforms: [PARSE], ordering: true } });
    bench.publish("{", "a");
    bench.publish("1", "a");
    bench.publish("2", "b");
    expect(bench.texts()).toEqual(["2"]);
  });

  it("drops from a key in order", () => {
    const odd = udf("return Number(message.data) % 2 ? message : null;");
    const bench = startBroker({ subscription: { transforms: [odd], ordering: true } });
    for (const text of ["1", "2", "3", "4", "5"]) bench.publish(text, "a");
    const first = bench.take(2);
    expect(first.map(textOf)).toEqual(["1"]);
    bench.ack(...first);
    expect(bench.texts()).toEqual(["3", "5"]);
  });

  it("pushes what they made", async () => {
    const bodies: string[] = [];
    const bench = startBroker({
      subscription: {
        push: { endpoint: "http://charge.test/", unwrapped: { writeMetadata: false } },
        transforms: [udf("message.data = message.data.toUpperCase(); return message;")],
      },
      push: async ({ body }) => {
        bodies.push(body.toString());
        return { kind: "status", status: 204 };
      },
    });
    bench.publish("paid");
    await Promise.resolve();
    expect(bodies).toEqual(["PAID"]);
  });

  it("takes a message that fails for good as a failure, not as an endless loop of its own", () => {
    const bench = startBroker({ transformLimitMs: 200, subscription: { transforms: [udf("for (;;);")] } });
    bench.publish("x");
    expect(bench.take()).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({ type: "nacked", reason: "f took longer than 200 ms" });
  });
});

it("a dead letter that the topic's transform refuses stays where it is, and is said once", () => {
  const bench = startBroker({ subscription: { deadLetter: { topic: DEAD, maxAttempts: 5 } } });
  bench.pubsub.ensureTopic({ name: DEAD, transforms: [udf('throw "no";')] });
  bench.publish("x");
  for (let attempt = 1; attempt <= 5; attempt++) bench.nack(...bench.take());
  expect(bench.events.filter(({ type }) => type === "notDeadLettered")).toMatchObject([
    { reason: expect.stringContaining("f threw no") as string },
  ]);
  expect(bench.texts()).toEqual(["x"]);
});
