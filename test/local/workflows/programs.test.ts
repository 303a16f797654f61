import * as fc from "fast-check";
import { checkSource } from "../../../language/workflows/check";
import { printWorkflowJson, printWorkflowYaml } from "../../../language/workflows/print";
import { virtualClock } from "../../../local/engine/clock";
import { seededRandom } from "../../../local/engine/random";
import { runToEnd, startExecution } from "../../../local/engine/workflows/execution";
import { plain, result } from "./run";

/** Arithmetic as text, with the number that JavaScript's own bigint gives for it: an evaluator that shares no code. */
type Sum = { readonly text: string; readonly value: bigint | undefined; readonly level: number };

const floored = (a: bigint, b: bigint) => {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};
const COMPUTE: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "//": (a, b) => (b === 0n ? undefined : floored(a, b)),
  "%": (a, b) => (b === 0n ? undefined : a - b * floored(a, b)),
};
const fits = (value: bigint | undefined) =>
  value !== undefined && BigInt.asIntN(64, value) === value ? value : undefined;
const wrap = ({ text, level }: Sum, least: number) => (level < least ? `(${text})` : text);

const { sum } = fc.letrec<{ sum: Sum }>((tie) => ({
  sum: fc.oneof(
    { depthSize: "small" },
    fc.nat(1_000).map((value): Sum => ({ text: String(value), value: BigInt(value), level: 9 })),
    tie("sum").map((one): Sum => ({
      text: `-${wrap(one, 3)}`,
      value: one.value === undefined ? undefined : fits(-one.value),
      level: 3,
    })),
    fc.tuple(tie("sum"), fc.constantFrom("+", "-", "*", "//", "%"), tie("sum")).map(([a, operator, b]): Sum => {
      const level = "+-".includes(operator) ? 1 : 2;
      const value =
        a.value === undefined || b.value === undefined ? undefined : fits(COMPUTE[operator]!(a.value, b.value));
      return { text: `${wrap(a, level)} ${operator} ${wrap(b, level + 1)}`, value, level };
    }),
  ),
}));

describe("random expressions", () => {
  it("give what an evaluator that shares nothing with this one gives", async () => {
    await fc.assert(
      fc.asyncProperty(sum, async ({ text, value }) => {
        fc.pre(text.length <= 400);
        const ran = result(`- a: {return: '\${${text}}'}`);
        if (value === undefined) await expect(ran).rejects.toThrow("failed");
        else expect(await ran).toBe(Number(value));
      }),
      { numRuns: 150 },
    );
  });
});

/** Steps s0 … s9 of random kinds that jump to each other. */
const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
const target = fc.constantFrom(...names, "end");
const action = fc.oneof(
  fc.constant({ assign: [{ n: "${n + 1}" }] }),
  target.map((next) => ({ switch: [{ condition: "${n % 3 == 0}", next }] })),
  target.map((next) => ({ assign: [{ n: "${n + 1}" }], next })),
  fc.nat(3).map((count) => ({ for: { value: "v", range: [0, count], steps: [] as unknown[] } })),
  fc.constant({ try: { call: "sys.sleep", args: { seconds: "${n - 2}" } }, except: { steps: [] as unknown[] } }),
  fc.constant({ return: "${n}" }),
  fc.constant({ raise: "enough" }),
);

describe("random programs", () => {
  it("end, or are stopped at the limit of steps; the same program twice ends in the same way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 10 }), async (actions) => {
        const steps = actions.map((one, index) => {
          const inner = [{ [`inner${index}`]: { assign: [{ n: "${n + 2}" }] } }];
          if ("for" in one) return { [names[index]!]: { for: { ...one.for, steps: inner } } };
          if ("except" in one) return { [names[index]!]: { ...one, except: { steps: inner } } };
          return { [names[index]!]: one };
        });
        const { workflow, faults } = checkSource(JSON.stringify([{ begin: { assign: [{ n: 0 }] } }, ...steps]));
        expect(faults.filter(({ severity }) => severity === "error")).toEqual([]);
        const once = async (one = workflow!) => {
          const clock = virtualClock(0);
          const outcome = await runToEnd(startExecution(one, { clock, random: seededRandom(1) }), clock);
          return {
            outcome: JSON.stringify(plain(outcome.state === "FAILED" ? outcome.error.payload : outcome.result)),
            steps: outcome.steps,
            now: clock.now(),
          };
        };
        const first = await once();
        expect(first.steps).toBeLessThanOrEqual(100_001);
        if (first.steps > 100_000) expect(first.outcome).toContain("ResourceLimitError");
        expect(await once()).toEqual(first);
        // What is printed means the same, as YAML and as JSON.
        for (const text of [printWorkflowYaml(workflow!), printWorkflowJson(workflow!)])
          expect(await once(checkSource(text).workflow)).toEqual(first);
      }),
      { numRuns: 12 },
    );
  });
});
