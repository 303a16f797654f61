import type { IConstruct } from "constructs";
import { type PlanCounts, withoutNulls } from "./changes";
import { collect, differences, type ExpectedProps } from "./match";
import type { PlannedStack } from "./plan";
import type { PlanSnapshotOptions } from "./plan-snapshot";
import { sayThatSkipped } from "./terraform";

export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** What jest gives its matchers of itself. */
export interface Context {
  readonly isNot?: boolean;
}

/** Passes, with or without `.not`, and says aloud that it means nothing. */
function skipped({ isNot = false }: Context, { stack }: PlannedStack, matcher: string): Verdict {
  sayThatSkipped(`${matcher} of ${stack}`);
  return { pass: !isNot, message: () => `${stack} was not planned` };
}

/** Matchers for plans that the real Terraform has made. */
export const planMatchers = {
  /** The plan adds, changes, replaces and destroys so many resources; what is left out is none. */
  toPlanChanges(this: Context, planned: PlannedStack, expected: Partial<PlanCounts>): Verdict {
    if (planned.skipped) return skipped(this, planned, "toPlanChanges");
    const wanted: PlanCounts = { add: 0, change: 0, replace: 0, destroy: 0, ...expected };
    const kinds = Object.keys(wanted) as (keyof PlanCounts)[];
    const sum = (counts: PlanCounts) => kinds.map((kind) => `${counts[kind]} to ${kind}`).join(", ");
    return {
      pass: kinds.every((kind) => planned.counts[kind] === wanted[kind]),
      message: () =>
        `expected the plan of ${planned.stack} ${this.isNot ? "not " : ""}to have ${sum(wanted)}; it has ${sum(planned.counts)}:\n${actionsOf(planned)}`,
    };
  },

  /** Once applied, a second plan has nothing to do. Takes a plan, or the app or stack itself. */
  async toBeStable(this: Context, given: PlannedStack | IConstruct): Promise<Verdict> {
    // Whoever tests handlers alone has no cdktf, which making a plan needs.
    const { plan } = require("./plan") as typeof import("./plan");
    const first = "skipped" in given ? given : await plan(given);
    if (first.skipped) return skipped(this, first, "toBeStable");
    const again = await first.again();
    const left = again.changes.filter(({ action }) => action !== "none" && action !== "read");
    return {
      pass: left.length === 0,
      message: () =>
        left.length === 0
          ? `a second plan of ${first.stack} has nothing to do`
          : `once ${first.stack} is applied, a second plan is not empty:\n${again.snapshot()}`,
    };
  },

  /** The plan has a resource at the address with these properties, and does not destroy it. */
  toHavePlanned(this: Context, planned: PlannedStack, address: string, props: ExpectedProps = {}): Verdict {
    if (planned.skipped) return skipped(this, planned, "toHavePlanned");
    const found = planned.changes.find((change) => change.address === address);
    if (!found?.after) {
      const message = found
        ? `the plan of ${planned.stack} destroys ${address}`
        : `the plan of ${planned.stack} has no ${address}; it has:\n${actionsOf(planned)}`;
      return { pass: false, message: () => message };
    }
    // What a configuration leaves out stands as null in a plan.
    const wrong = differences(withoutNulls(found.after), props);
    if (wrong.length === 0) collect(found.after, props);
    return {
      pass: wrong.length === 0,
      message: () =>
        wrong.length === 0
          ? `the plan of ${planned.stack} has ${address} with these properties`
          : [`${address} is planned otherwise:`, ...wrong.map((line) => `  ${line}`)].join("\n"),
    };
  },

  /** The plan as text is the one that the test's snapshot holds. */
  toMatchPlanSnapshot(this: Context, planned: PlannedStack, options?: PlanSnapshotOptions): Verdict {
    if (planned.skipped) return skipped(this, planned, "toMatchPlanSnapshot");
    if (this.isNot) throw new Error("toMatchPlanSnapshot cannot be negated: there is one snapshot, and it is this");
    // jest keeps snapshots by the test that runs, and only its own matcher knows which that is.
    const { expect } = globalThis as { expect?: (value: unknown) => { toMatchSnapshot(): void } };
    if (!expect)
      throw new Error("toMatchPlanSnapshot needs jest's global expect; without it, snapshot plan.snapshot()");
    expect(planned.snapshot(options)).toMatchSnapshot();
    return { pass: true, message: () => "" };
  },
};

const actionsOf = ({ changes }: PlannedStack): string =>
  changes
    .filter(({ action }) => action !== "none")
    .map(({ action, address, replacedBy }) => {
      return `  ${action} ${address}${replacedBy.length > 0 ? ` because of ${replacedBy.join(", ")}` : ""}`;
    })
    .join("\n") || "  nothing";
