import { array, assert, constantFrom, nat, property, record } from "fast-check";
import { seededRandom } from "../../local/engine/random";
import { drawSchedule, plainest, printStep, simpler, type Step } from "../../testing/schedule";

const draw = (seed: number, most = 8) => drawSchedule(seededRandom(seed), "transactional", 2, most);

describe("a drawn schedule", () => {
  it("is of the length asked for, and names events that exist", () => {
    assert(
      property(nat(), nat({ max: 20 }), constantFrom("transactional", "at-least-once"), (seed, extra, effects) => {
        const steps = drawSchedule(seededRandom(seed), effects, 2, extra + 1);
        expect(steps.length).toBeGreaterThan(0);
        expect(steps.length).toBeLessThanOrEqual(extra + 1);
        for (const step of steps) {
          if (step.do === "wait") continue;
          expect([0, 1]).toContain(step.event);
          expect([step.crashAt, step.pauseAt]).not.toContain(effects === "transactional" ? "C4" : "C3");
        }
      }),
    );
  });

  it("is the same for the same seed", () => {
    expect(draw(5)).toEqual(draw(5));
    expect(Array.from({ length: 20 }, (_, seed) => draw(seed))).toContainEqual(
      expect.arrayContaining([expect.objectContaining({ crashAt: expect.any(String) })]),
    );
  });
});

describe("simplification", () => {
  it("never makes a schedule longer, and ends", () => {
    const weight = (steps: readonly Step[]) => JSON.stringify(steps).length;
    assert(
      property(nat(), array(nat({ max: 1_000 }), { maxLength: 50 }), (seed, picks) => {
        let steps: readonly Step[] = draw(seed);
        for (const pick of picks) {
          const candidates = [...simpler(steps)];
          for (const candidate of candidates) expect(weight(candidate)).toBeLessThan(weight(steps));
          steps = candidates[pick % candidates.length] ?? steps;
        }
      }),
    );
  });

  it("tries no trouble and every single crash first", () => {
    expect(plainest("at-least-once", 1)).toEqual([
      [],
      ...["C0", "C2", "C4", "C6"].map((crashAt) => [{ do: "deliver", event: 0, crashAt }]),
    ]);
  });
});

describe("a printed step", () => {
  it("is the step, as a line of a program", () => {
    expect(printStep({ do: "deliver", event: 0, crashAt: "C4" })).toBe('{ do: "deliver", event: 0, crashAt: "C4" },');
    assert(
      property(record({ seed: nat() }), ({ seed }) => {
        const text = `[${draw(seed).map(printStep).join("\n")}]`;
        // oxlint-disable-next-line typescript/no-implied-eval -- that it is a program is what is to be shown
        expect(new Function(`return ${text}`)()).toEqual(draw(seed));
      }),
    );
  });
});
