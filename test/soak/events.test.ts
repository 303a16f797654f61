import { soak } from "./events";

/** `npm run soak` has twenty times as many. */
const EVENTS = 2_500;

describe("a soak on the local engine", () => {
  it.each(["transactional", "at-least-once"] as const)(
    "loses nothing and repeats nothing while processes die, calls fail and events come twice, %s",
    async (effects) => {
      const report = await soak({ events: EVENTS, effects });
      expect(report.wrong).toEqual([]);
      expect(report.once + report.parked).toBe(EVENTS);
      // So that it is noticed when nothing goes wrong any more.
      expect(report.kills).toBeGreaterThan(3);
      expect(report.drains).toBeGreaterThan(1);
      expect(report.messages).toBeGreaterThan(1.1 * EVENTS);
      expect(report.pushes).toBeGreaterThan(report.messages);
      expect(report.outcomes["replayed"]).toBeGreaterThan(0.1 * EVENTS);
    },
  );

  it("goes the same way again from the same seed, so that no run has luck of its own", async () => {
    const small = { events: 200, effects: "transactional", seed: 7 } as const;
    const first = await soak(small);
    expect(first.kills + first.drains).toBeGreaterThan(0);
    expect(await soak(small)).toEqual(first);
    expect(await soak({ ...small, seed: 8 })).not.toEqual(first);
  });

  it("notices a store that does not fence", async () => {
    const { wrong } = await soak({ events: 300, effects: "transactional", unfenced: true });
    expect(wrong.join("\n")).toMatch(/the effect of \d+ happened \d+ times/);
  });
});
