import { visitRoutine } from "../../../language/workflows/check/visit";
import type { Action, Workflow } from "../../../language/workflows/model";

/** A way that a step can go: a case of a switch, none of them, an error that is caught. */
export interface BranchEvent {
  readonly action: Action;
  readonly way: number | "else" | "except";
}

/** How much of a definition the executions have taken. */
export interface Covered {
  readonly taken: number;
  readonly all: number;
  /** Those that no execution has taken, in the order of the source: `main/decide: case 2`. */
  readonly missed: readonly string[];
}

/** Gathers what executions of one definition take. */
export interface Coverage {
  /** The definition, as executions must be given it. */
  readonly workflow: Workflow;
  readonly onStep: (event: { readonly routine: string; readonly step: string }) => void;
  readonly onBranch: (event: BranchEvent) => void;
  steps(): Covered;
  branches(): Covered;
}

export function coverageOf(workflow: Workflow): Coverage {
  const { routines } = workflow;
  const steps = new Map<string, boolean>();
  const branches: { readonly action: Action; readonly way: BranchEvent["way"]; readonly name: string }[] = [];
  for (const routine of routines.values())
    visitRoutine(routine, {
      action(action, path) {
        steps.set(path, false);
        if (action.kind === "switch") {
          action.cases.forEach((_, way) => branches.push({ action, way, name: `${path}: case ${way + 1}` }));
          const always = action.cases.some(
            ({ condition }) => condition.kind === "constant" && condition.value === true,
          );
          if (!always) branches.push({ action, way: "else", name: `${path}: no case` });
        }
        if (action.kind === "try" && action.except) branches.push({ action, way: "except", name: `${path}: except` });
      },
    });
  const gone = new Map<Action, Set<BranchEvent["way"]>>();
  const covered = (all: readonly string[], taken: (name: string, index: number) => boolean): Covered => {
    const missed = all.filter((name, index) => !taken(name, index));
    return { taken: all.length - missed.length, all: all.length, missed };
  };
  return {
    workflow,
    onStep: ({ routine, step }) => void (steps.has(`${routine}/${step}`) && steps.set(`${routine}/${step}`, true)),
    onBranch({ action, way }) {
      const ways = gone.get(action) ?? new Set();
      gone.set(action, ways.add(way));
    },
    steps: () => covered([...steps.keys()], (name) => steps.get(name) === true),
    branches: () =>
      covered(
        branches.map(({ name }) => name),
        (_, index) => gone.get(branches[index]!.action)?.has(branches[index]!.way) ?? false,
      ),
  };
}
