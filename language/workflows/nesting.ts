import { DEFAULT_RETRIES } from "./limits";
import type { Action, Body, Retry, Routine, Step, Workflow } from "./model";

/** A call that leaves the workflow or a routine, and how often errors alone can repeat it. */
export interface RepeatedCall {
  /** Routine and step. */
  readonly path: string;
  readonly function: string;
  /** Product of the attempts of every try around it, in the routines that call its own too. */
  readonly attempts: number;
}

/** Attempts that a policy allows, the first one included; a number that is not written out counts as the default. */
function attemptsOf(retry: Retry | undefined): number {
  if (!retry) return 1;
  const most = "policy" in retry ? undefined : retry.maxRetries;
  const written = most?.kind === "constant" && (typeof most.value === "bigint" || typeof most.value === "number");
  return 1 + Math.max(0, written ? Number(most.value) : DEFAULT_RETRIES);
}

/** What a step holds in itself: blocks of steps, and bodies without a block. */
function partsOf(action: Action): { readonly blocks: readonly (readonly Step[])[]; readonly bodies: readonly Body[] } {
  switch (action.kind) {
    case "switch":
      return { blocks: [], bodies: action.cases };
    case "for":
      return { blocks: [action.loop.steps], bodies: [] };
    case "parallel":
      return {
        blocks: "loop" in action.work ? [action.work.loop.steps] : action.work.branches.map(({ steps }) => steps),
        bodies: [],
      };
    case "try":
      return { blocks: action.except ? [action.except.steps] : [], bodies: [action.body] };
    case "steps":
      return { blocks: [action.steps], bodies: [] };
    default:
      return { blocks: [], bodies: [] };
  }
}

/** Steps within steps: 1 for a routine whose steps hold no others. */
export function depthOf({ steps }: Routine): number {
  const ofBody = ({ action }: Body): number => {
    const { blocks, bodies } = partsOf(action);
    return Math.max(0, ...blocks.map(ofSteps), ...bodies.map(ofBody));
  };
  const ofSteps = (inner: readonly Step[]): number => 1 + Math.max(0, ...inner.map(ofBody));
  return ofSteps(steps);
}

/** Every call, from `main` on, with what the tries around it make of one error that stays. */
export function repeatedCalls({ routines }: Workflow): readonly RepeatedCall[] {
  const found = new Map<string, RepeatedCall>();
  const inSteps = (steps: readonly Step[], routine: string, attempts: number, within: readonly string[]) => {
    for (const step of steps) inBody(step, `${routine}/${step.name}`, attempts, within);
  };
  const inBody = ({ action }: Body, path: string, attempts: number, within: readonly string[]): void => {
    if (action.kind === "call") {
      const { function: name } = action;
      const called = routines.get(name);
      if (!called) {
        const before = found.get(path);
        if (!before || before.attempts < attempts) found.set(path, { path, function: name, attempts });
      } else if (!within.includes(name)) inSteps(called.steps, name, attempts, [...within, name]);
      return;
    }
    const routine = path.split("/")[0]!;
    const { blocks, bodies } = partsOf(action);
    for (const body of bodies)
      inBody(body, path, action.kind === "try" ? attempts * attemptsOf(action.retry) : attempts, within);
    for (const block of blocks) inSteps(block, routine, attempts, within);
  };
  const main = routines.get("main");
  if (main) inSteps(main.steps, "main", 1, ["main"]);
  return [...found.values()];
}
