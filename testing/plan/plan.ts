import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { Json } from "../../contract/json";
import { changeOf, type PlanCounts, type PlannedChange, withUnknown } from "./changes";
import { type Lab, type LabOptions, openLab, type PlanJson } from "./lab";
import { planSnapshotOf, type PlanSnapshotOptions } from "./plan-snapshot";
import { stacksOf } from "./synthesized";
import { sayThatSkipped, terraformMissing, terraformRequired } from "./terraform";

export interface PlanOptions extends LabOptions {
  /** Id of the stack. @default the stack that is given, or the only one of the app */
  readonly stack?: string;
  /** Apps that are applied first, in this order: what is planned is the way from the last of them. @default none */
  readonly after?: IConstruct | readonly IConstruct[];
}

/** What Terraform is going to do to a stack. */
export interface PlannedStack {
  readonly stack: string;
  /** There is no Terraform here, so nothing was planned: matchers pass and say so, everything else throws. */
  readonly skipped: boolean;
  /** Every resource and data source, what stays as it is included; sorted by address. */
  readonly changes: readonly PlannedChange[];
  readonly counts: PlanCounts;
  /** What each output is going to be, with `knownAfterApply` for what is not known yet. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** What happens to one resource. @throws Error that names what there is */
  change(address: string): PlannedChange;
  /** The plan as sorted, redacted text. */
  snapshot(options?: PlanSnapshotOptions): string;
  /**
   * Applies the plan in an imagined project and plans again: what would happen a second time, which should be nothing.
   * @throws PlanRefused
   */
  again(): Promise<PlannedStack>;
}

/**
 * The plan of a stack, made by the real Terraform with the local provider: no network, no credentials, no state of
 * yours. Stacks that it reads from are applied first.
 *
 * Without a `terraform` on the PATH the plan is `skipped`, and a line on stderr says so; with `terraform` in
 * `MILLRACE_REQUIRE` that is an error.
 * @param app an app, or a construct of the stack that is meant
 * @throws IssuesError with every error of the app; PlanRefused with Terraform's words
 */
export async function plan(app: IConstruct, options: PlanOptions = {}): Promise<PlannedStack> {
  const { stack = stackOf(app), after = [] } = options;
  const missing = terraformMissing();
  if (missing !== undefined) {
    if (terraformRequired()) throw new Error(`${missing}, and MILLRACE_REQUIRE demands it`);
    sayThatSkipped(`the plan of ${stack}`);
    return skippedPlan(stack, missing);
  }
  const before = Array.isArray(after) ? (after as readonly IConstruct[]) : [after as IConstruct];
  return inLab(stack, options, async (lab) => {
    for (const one of before) await lab.apply(one);
    return plannedStack(stack, await lab.plan(app), () =>
      inLab(stack, options, async (other) => {
        for (const one of [...before, app]) await other.apply(one);
        return plannedStack(stack, await other.plan(app), () => plan(app, { ...options, after: [...before, app] }));
      }),
    );
  });
}

async function inLab<T>(stack: string, options: LabOptions, run: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = openLab(stack, options);
  try {
    return await run(lab);
  } finally {
    lab.close();
  }
}

/** The stack that is meant when none is named. */
function stackOf(construct: IConstruct): string {
  const around = construct.node.scopes.find((scope) => TerraformStack.isStack(scope));
  if (around) return around.node.id;
  const ids = stacksOf(construct)
    .map(({ node }) => node.id)
    .sort();
  if (ids.length === 1) return ids[0]!;
  throw new Error(
    ids.length === 0
      ? "the app has no stack, so there is nothing to plan"
      : `the app has several stacks, ${ids.join(", ")}: name one, as in plan(app, { stack: "${ids[0]}" })`,
  );
}

function plannedStack(stack: string, json: PlanJson, again: () => Promise<PlannedStack>): PlannedStack {
  const changes = (json.resource_changes ?? []).map(changeOf).sort((a, b) => (a.address < b.address ? -1 : 1));
  const outputs = Object.entries(json.output_changes ?? {}).map(
    ([name, { after, after_unknown }]) => [name, withUnknown(after, after_unknown)] as const,
  );
  const of = (action: PlannedChange["action"]) => changes.filter((change) => change.action === action).length;
  const planned: PlannedStack = {
    stack,
    skipped: false,
    changes,
    counts: { add: of("add"), change: of("change"), replace: of("replace"), destroy: of("destroy") },
    outputs: Object.fromEntries(outputs),
    change(address) {
      const found = changes.find((change) => change.address === address);
      if (found) return found;
      const type = address.split(".")[address.startsWith("data.") ? 1 : 0];
      const near = changes.filter((change) => change.type === type).map((change) => change.address);
      throw new Error(`the plan of ${stack} has no ${address}; of this type it has: ${near.join(", ") || "nothing"}`);
    },
    snapshot: (options) => planSnapshotOf(planned, options),
    again,
  };
  return planned;
}

function skippedPlan(stack: string, missing: string): PlannedStack {
  const fail = (): never => {
    throw new Error(`${missing}, so ${stack} was not planned; put such tests into describeWithTerraform`);
  };
  return {
    stack,
    skipped: true,
    get changes() {
      return fail();
    },
    get counts() {
      return fail();
    },
    get outputs() {
      return fail();
    },
    change: fail,
    snapshot: fail,
    again: async () => skippedPlan(stack, missing),
  };
}
