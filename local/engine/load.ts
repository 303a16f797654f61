import { type Issue, IssuesError } from "../../contract/issue";
import { makePlan, type Plan } from "../plan/plan";
import { readStacks } from "../plan/read";
import { completeByAdapter } from "./adapters";
import { type System, systemOf } from "./system";

/** A stack as the engine would run it. */
export interface Loaded {
  readonly plan: Plan;
  readonly system: System;
}

/**
 * Reads a stack, and those whose outputs it uses. Warnings are in `issues`.
 * @param outDir cdktf's output folder, `cdktf.out`
 * @throws IssuesError with every error of the plan
 */
export function loadPlan(outDir: string, stack: string): Plan {
  const plan = makePlan(readStacks(outDir, stack), completeByAdapter);
  refuse(plan.issues);
  return plan;
}

/**
 * Reads a stack, and those whose outputs it uses, and derives what runs. Warnings are in `plan.issues` and
 * `system.issues`.
 * @throws IssuesError with every error of the plan, or of the system made from it
 */
export function loadSystem(outDir: string, stack: string): Loaded {
  const plan = loadPlan(outDir, stack);
  const system = systemOf(plan.resources, plan.projectNumber);
  refuse(system.issues);
  return { plan, system };
}

/** @throws IssuesError with the errors among the issues, if there are any */
export function refuse(issues: readonly Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new IssuesError(errors);
}
