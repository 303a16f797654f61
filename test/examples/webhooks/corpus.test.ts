import { CONSUMERS } from "../../../examples/webhooks/consumers";
import { corpus } from "../../../examples/webhooks/corpus";
import { schedule } from "../../../examples/webhooks/schedule";

describe("the corpus of webhooks", () => {
  it("holds the 329 published payloads of 58 event types, and five poison events", async () => {
    const events = await corpus(1);
    const real = events.filter(({ poison }) => !poison);
    expect(real).toHaveLength(329);
    expect(new Set(real.map(({ event }) => event)).size).toBe(58);
    expect(events.map(({ poison }) => poison).filter(Boolean)).toEqual([
      ...Array<string>(3).fill("unparsable"),
      ...Array<string>(2).fill("fatal"),
    ]);
  });

  it("gives every event an identity of its own, though several payloads are equal in content", async () => {
    const events = await corpus(1);
    expect(new Set(events.map(({ delivery }) => delivery)).size).toBe(events.length);
    const contents = (await import("@octokit/webhooks-examples")) as unknown as {
      default: { examples: unknown[] }[];
    };
    const texts = contents.default.flatMap(({ examples }) => examples.map((example) => JSON.stringify(example)));
    expect(new Set(texts).size).toBeLessThan(texts.length);
  });

  it("orders by the repository that the payload names, else by organization or installation", async () => {
    for (const { body, orderingKey, poison } of await corpus(1)) {
      if (poison) continue;
      const payload = JSON.parse(body.toString()) as Record<string, { full_name?: string; id?: number } | undefined>;
      const id = payload["organization"]?.id ?? payload["installation"]?.id;
      expect(orderingKey).toBe(payload["repository"]?.full_name ?? id?.toString());
    }
  });

  it("has a poison body that no JSON parser takes", async () => {
    const broken = (await corpus(1)).filter(({ poison }) => poison === "unparsable");
    for (const { body } of broken) expect(() => JSON.parse(body.toString())).toThrow(SyntaxError);
  });
});

describe("the chaos schedule", () => {
  it("repeats itself for the same seed and differs for another", async () => {
    const plan = async (seed: number) => {
      const { publications, kills } = schedule(await corpus(seed), CONSUMERS, seed);
      return JSON.stringify([publications.map(({ delivery }) => delivery), kills]);
    };
    expect(await plan(3)).toBe(await plan(3));
    expect(await plan(3)).not.toBe(await plan(4));
  });

  it("publishes one event in five twice, and poison once", async () => {
    const events = await corpus(5);
    const { publications, duplicates } = schedule(events, CONSUMERS, 5);
    expect(duplicates).toBe(66);
    expect(publications).toHaveLength(334 + 66);
    for (const event of events.filter(({ poison }) => poison))
      expect(publications.filter((other) => other === event)).toHaveLength(1);
  });

  it("kills at most once per event and consumer, and only where the consumer receives the event", async () => {
    const events = await corpus(5);
    const { kills } = schedule(events, CONSUMERS, 5);
    expect(new Set(kills.map(({ handler, delivery }) => `${handler}/${delivery}`)).size).toBe(kills.length);
    for (const { handler, delivery } of kills) {
      const event = events.find((candidate) => candidate.delivery === delivery)!;
      expect(CONSUMERS.find((consumer) => consumer.handler === handler)!.receives(event)).toBe(true);
    }
  });
});
