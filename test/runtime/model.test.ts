import { array, assert, asyncProperty, check, constant, nat, record, uniqueArray } from "fast-check";
import { explore, type Interleaving } from "./support/interleaving";

/** Schedules of three deliveries, crashes, lapses, lost and late writes; the same seed draws the same ones. */
const SEED = 20_261_124;
const RUNS = 300;

const interleavings = (effects: Interleaving["effects"], { steps = false, unfenced = false } = {}) =>
  record({
    steps: constant(steps),
    effects: constant(effects),
    choices: array(nat({ max: 10_000 }), { maxLength: 60, size: "max" }),
    failures: uniqueArray(nat({ max: 4 }), { maxLength: 2 }),
    unfenced: constant(unfenced),
  });

const holds = (effects: Interleaving["effects"], more: { steps?: boolean; unfenced?: boolean } = {}) =>
  asyncProperty(interleavings(effects, more), async (interleaving) => {
    expect(await explore(interleaving)).toEqual([]);
  });

describe("the record protocol, in any order of events", () => {
  it("has a transactional effect exactly once, and never undoes an end", async () => {
    await assert(holds("transactional"), { seed: SEED, numRuns: RUNS });
  });

  it("never starts a handler again once its event is done, in lease mode either", async () => {
    await assert(holds("at-least-once"), { seed: SEED, numRuns: RUNS });
  });

  it.each(["transactional", "at-least-once"] as const)(
    "never repeats a recorded step, and returns the same to every attempt, %s",
    async (effects) => {
      await assert(holds(effects, { steps: true }), { seed: SEED, numRuns: RUNS });
    },
  );

  it("would be caught by this test if a store did not fence", async () => {
    const found = await check(holds("transactional", { unfenced: true }), { seed: SEED, numRuns: RUNS });
    expect(found.failed).toBe(true);
  });
});
