import type { HandlerKit } from "./kit";
import type { PlanCounts } from "./plan/changes";
import type { PlannedGrant } from "./plan/grants";
import { collect, differences, type ExpectedProps } from "./plan/match";
import { planMatchers, type Verdict } from "./plan/matchers";
import type { PlanSnapshotOptions } from "./plan/plan-snapshot";
import type { SynthesizedStack } from "./plan/synthesized";

/** A grant as a test names it; what is left out may be anything. */
export type ExpectedGrant = Partial<Pick<PlannedGrant, "principal" | "role" | "resource" | "on" | "condition">>;

const counted = (count: number, what: string) => `${count === 0 ? "no" : count} ${what}`;

/**
 * Matchers for jest, and for what has its `expect.extend`: `expect.extend(matchers)` in the test or in a setup file.
 * The types follow the import of this module.
 */
export const matchers = {
  ...planMatchers,

  /** A resource of the type has these properties. */
  toHaveResource(stack: SynthesizedStack, type: string, props: ExpectedProps = {}): Verdict {
    const missing = stack.missing(type, props);
    const found = stack.resources(type, props);
    for (const { attributes } of found) collect(attributes, props);
    const lines = found.map(({ address }) => `  ${address}`);
    return {
      pass: missing === undefined,
      message: () => missing ?? [`${stack.id} has what it should not have:`, ...lines].join("\n"),
    };
  },

  /** There are resources of the type, and all of them have these properties. */
  toHaveAllResources(stack: SynthesizedStack, type: string, props: ExpectedProps): Verdict {
    const count = stack.resourceCount(type);
    const wrong = stack.without(type, props);
    if (count > 0 && wrong.length === 0) for (const { attributes } of stack.resources(type)) collect(attributes, props);
    return {
      pass: count > 0 && wrong.length === 0,
      message: () => {
        if (count === 0) return stack.missing(type)!;
        if (wrong.length === 0) return `all ${count} of ${type} in ${stack.id} have these properties`;
        return [`of ${count} ${type} in ${stack.id}, ${wrong.length} differ:`, ...wrong].join("\n");
      },
    };
  },

  /** So many resources of the type have these properties. */
  toHaveResourceCount(stack: SynthesizedStack, type: string, count: number, props: ExpectedProps = {}): Verdict {
    const found = stack.resources(type, props);
    const lines = found.map(({ address }) => `  ${address}`);
    return {
      pass: found.length === count,
      message: () => [`${stack.id} has ${counted(found.length, type)}; asked about ${count}`, ...lines].join("\n"),
    };
  },

  /** The stack grants this. */
  toGrant(stack: SynthesizedStack, expected: ExpectedGrant): Verdict {
    const grants = stack.grants();
    const found = grants.filter((grant) => differences({ ...grant }, { ...expected }).length === 0);
    const shown = (found.length > 0 ? found : grants).map(
      ({ principal, role, resource }) => `  ${role} on ${resource} to ${principal}`,
    );
    return {
      pass: found.length > 0,
      message: () =>
        [`${stack.id} grants ${found.length > 0 ? "it" : `no ${JSON.stringify(expected)}`}; there are:`, ...shown].join(
          "\n",
        ),
    };
  },

  /** The document, or the documents of the collection, were written exactly once over the whole test. */
  toHaveWrittenOnce(kit: HandlerKit<never>, path: string): Verdict {
    const writes = kit.writesTo(path);
    const lines = writes.map(({ delivery, op, data }) => `  delivery ${delivery}: ${op} ${JSON.stringify(data) ?? ""}`);
    return {
      pass: writes.length === 1,
      message: () => [`${counted(writes.length, "writes")} of ${path}`, ...lines].join("\n"),
    };
  },
};

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- @types/jest is extended in no other way
  namespace jest {
    // oxlint-disable-next-line no-unused-vars -- the parameters must be those of @types/jest
    interface Matchers<R, T = {}> {
      toHaveResource(type: string, props?: ExpectedProps): R;
      toHaveAllResources(type: string, props: ExpectedProps): R;
      toHaveResourceCount(type: string, count: number, props?: ExpectedProps): R;
      toGrant(grant: ExpectedGrant): R;
      toHaveWrittenOnce(path: string): R;
      toPlanChanges(expected: Partial<PlanCounts>): R;
      toBeStable(): Promise<R>;
      toHavePlanned(address: string, props?: ExpectedProps): R;
      toMatchPlanSnapshot(options?: PlanSnapshotOptions): R;
    }
  }
}
