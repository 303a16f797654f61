import { CONSUMERS } from "../../../examples/webhooks/consumers";
import { corpus } from "../../../examples/webhooks/corpus";
import { schedule } from "../../../examples/webhooks/schedule";

/** What spreading over synthetic repositories changes is left out. */
function withoutRepository(body: Buffer): object {
  const { repository: _repository, ...rest } = JSON.parse(body.toString()) as Record<string, unknown>;
  return rest;
}

describe("the corpus of webhooks", () => {
  it("holds the 329 published payloads of 58 event types, and five poison events", () => {
    const events = corpus(1);
    const real = events.filter(({ poison }) => !poison);
    expect(real).toHaveLength(329);
    expect(new Set(real.map(({ event }) => event)).size).toBe(58);
    expect(events.map(({ poison }) => poison).filter(Boolean)).toEqual([
      ...Array<string>(3).fill("unparsable"),
      ...Array<string>(2).fill("fatal"),
    ]);
  });

  it("gives every event an identity of its own, though several payloads are equal in content", () => {
    const events = corpus(1);
    expect(new Set(events.map(({ delivery }) => delivery)).size).toBe(events.length);
    const texts = events.filter(({ poison }) => !poison).map(({ body }) => JSON.stringify(withoutRepository(body)));
    expect(new Set(texts).size).toBeLessThan(texts.length);
  });

  it("orders by the repository that the payload names, else by organization or installation", () => {
    for (const { body, orderingKey, poison } of corpus(1)) {
      if (poison) continue;
      const payload = JSON.parse(body.toString()) as Record<string, { full_name?: string; id?: number } | undefined>;
      const id = payload["organization"]?.id ?? payload["installation"]?.id;
      expect(orderingKey).toBe(payload["repository"]?.full_name ?? id?.toString());
    }
  });

  it("has a poison body that no JSON parser takes", () => {
    const broken = corpus(1).filter(({ poison }) => poison === "unparsable");
    for (const { body } of broken) expect(() => JSON.parse(body.toString())).toThrow(SyntaxError);
  });
});

describe("the chaos schedule", () => {
  it("repeats itself for the same seed and differs for another", () => {
    const plan = (seed: number) => {
      const { publications, kills } = schedule(corpus(seed), CONSUMERS, seed);
      return JSON.stringify([publications.map(({ delivery }) => delivery), kills]);
    };
    expect(plan(3)).toBe(plan(3));
    expect(plan(3)).not.toBe(plan(4));
  });

  it("publishes one event in five twice, and poison once", () => {
    const events = corpus(5);
    const { publications, duplicates } = schedule(events, CONSUMERS, 5);
    expect(duplicates).toBe(66);
    expect(publications).toHaveLength(334 + 66);
    for (const event of events.filter(({ poison }) => poison))
      expect(publications.filter((other) => other === event)).toHaveLength(1);
  });

  it("kills at most once per event and consumer, and only where the consumer receives the event", () => {
    const events = corpus(5);
    const { kills } = schedule(events, CONSUMERS, 5);
    expect(new Set(kills.map(({ handler, delivery }) => `${handler}/${delivery}`)).size).toBe(kills.length);
    for (const { handler, delivery } of kills) {
      const event = events.find((candidate) => candidate.delivery === delivery)!;
      expect(CONSUMERS.find((consumer) => consumer.handler === handler)!.receives(event)).toBe(true);
    }
  });
});
