import { type Bounds, check } from "./support/checker";

/** The deeper bounds of `npm run soak` are in soak/main.ts. */
const BOUNDS = { deliveries: 3, crashes: 1, failures: 1, lapses: 1 } as const;
const LOSING: Bounds = { ...BOUNDS, effects: "transactional", deliveries: 2, publishes: true, lostReplies: 1 };
const EFFECTS = ["transactional", "at-least-once"] as const;

describe("the record protocol, in every order of events", () => {
  it.each(EFFECTS)(
    "keeps its promises with three deliveries, a crash, a failure and a lapsed lease, %s",
    async (effects) => {
      const { states, ends, violations } = await check({ ...BOUNDS, effects });
      expect([...violations]).toEqual([]);
      // So that it is noticed when it stops to explore.
      expect(states).toBeGreaterThan(3_000);
      expect(ends.size).toBeGreaterThan(600);
    },
  );

  it("keeps them when messages are published with the commit, and a reply is lost", async () => {
    const { states, ends, violations } = await check(LOSING);
    expect([...violations]).toEqual([]);
    expect(states).toBeGreaterThan(6_500);
    expect(ends.size).toBeGreaterThan(1_800);
  });

  it("is found out when a store does not fence: a zombie turns an end back, and the effect happens again", async () => {
    const { violations } = await check({ ...BOUNDS, effects: "transactional", deliveries: 2, unfenced: true });
    expect([...violations.keys()]).toEqual(
      expect.arrayContaining([
        "an earlier owner wrote over a later one",
        "DONE became CLAIMED",
        "DONE became RELEASED",
        "the effect was committed 2 times",
      ]),
    );
  });

  it("is found out too when effects are outside the store: the handler runs after an acknowledgement", async () => {
    const { violations } = await check({ ...BOUNDS, effects: "at-least-once", deliveries: 2, unfenced: true });
    expect([...violations.keys()]).toEqual(
      expect.arrayContaining(["the handler ran after the event was acknowledged", "DONE became RELEASED"]),
    );
  });
});

describe("what the check leaves out, since it would show nothing new,", () => {
  const small = { ...BOUNDS, deliveries: 2 } as const;
  const cases: readonly Bounds[] = [
    ...EFFECTS.map((effects) => ({ ...small, effects })),
    ...EFFECTS.map((effects) => ({ ...small, effects, unfenced: true })),
    { ...LOSING, crashes: 0, failures: 0 },
    { ...BOUNDS, effects: "transactional", crashes: 0, failures: 0 },
  ];
  it.each(cases)("is no end and no violation: %j", async (bounds) => {
    const [reduced, whole] = [await check(bounds), await check({ ...bounds, unreduced: true })];
    expect(reduced.states).toBeLessThan(whole.states * 0.6);
    expect(reduced.ends).toEqual(whole.ends);
    expect([...reduced.violations.keys()].sort()).toEqual([...whole.violations.keys()].sort());
  });
});
