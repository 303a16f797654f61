import { check } from "./support/checker";

/** The deeper bounds of `npm run soak` are in soak/protocol.ts. */
const BOUNDS = { deliveries: 3, crashes: 1, failures: 1, lapses: 1 } as const;

describe("the record protocol, in every order of events", () => {
  it.each(["transactional", "at-least-once"] as const)(
    "keeps its promises with three deliveries, a crash, a failure and a lapsed lease, %s",
    async (effects) => {
      const { states, ends, violations } = await check({ ...BOUNDS, effects });
      expect([...violations]).toEqual([]);
      // So that it is noticed when it stops to explore.
      expect(states).toBeGreaterThan(15_000);
      expect(ends).toBeGreaterThan(2_000);
    },
    120_000,
  );

  it("keeps them when messages are published with the commit", async () => {
    const { states, violations } = await check({
      ...BOUNDS,
      effects: "transactional",
      deliveries: 2,
      publishes: true,
      lostReplies: 1,
    });
    expect([...violations]).toEqual([]);
    expect(states).toBeGreaterThan(2_000);
  }, 120_000);

  it("is found out when a store does not fence: a zombie turns an end back, and the effect happens again", async () => {
    const { violations } = await check({ ...BOUNDS, effects: "transactional", deliveries: 2, unfenced: true }, 3_000);
    expect([...violations.keys()]).toEqual(
      expect.arrayContaining([
        "an earlier owner wrote over a later one",
        "DONE became CLAIMED",
        "DONE became RELEASED",
        "the effect was committed 2 times",
      ]),
    );
  }, 120_000);

  it("is found out too when effects are outside the store: the handler runs after an acknowledgement", async () => {
    const { violations } = await check({ ...BOUNDS, effects: "at-least-once", deliveries: 2, unfenced: true }, 3_000);
    expect([...violations.keys()]).toEqual(
      expect.arrayContaining(["the handler ran after the event was acknowledged", "DONE became RELEASED"]),
    );
  }, 120_000);
});
