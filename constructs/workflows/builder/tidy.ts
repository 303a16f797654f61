import { walk } from "../../../language/workflows/expression";
import type { Action, Body, For, Routine, Step } from "../../../language/workflows/model";
import { expressionsOf } from "../../../language/workflows/reader";
import { visitRoutine } from "../../../language/workflows/check/visit";

/** A routine without the results and indexes that nobody reads: they would take memory and the reader's time. */
export function tidied(routine: Routine): Routine {
  const used = new Set<string>();
  visitRoutine(routine, {
    template(template) {
      for (const { expression } of expressionsOf(template))
        for (const node of walk(expression)) if (node.kind === "variable") used.add(node.name);
    },
    target({ name, path }) {
      // A member that is set belongs to a variable that must be there.
      if (path.length > 0) used.add(name);
      for (const key of path) for (const node of walk(key)) if (node.kind === "variable") used.add(node.name);
    },
    action(action) {
      if (action.kind === "parallel") for (const name of action.shared) used.add(name);
    },
  });
  const steps = (all: readonly Step[]): readonly Step[] => all.map((step) => ({ ...step, ...body(step) }));
  const body = <B extends Body>(one: B): B => ({ ...one, action: tidy(one.action) });
  const loop = (one: For): For => {
    const { index, ...rest } = one;
    return { ...rest, ...(index !== undefined && used.has(index) && { index }), steps: steps(one.steps) };
  };
  const tidy = (action: Action): Action => {
    switch (action.kind) {
      case "call": {
        const { result, ...rest } = action;
        return result && used.has(result.name) ? action : rest;
      }
      case "switch":
        return { ...action, cases: action.cases.map(body) };
      case "for":
        return { ...action, loop: loop(action.loop) };
      case "parallel": {
        const { work } = action;
        if ("loop" in work) return { ...action, work: { loop: loop(work.loop) } };
        return {
          ...action,
          work: { branches: work.branches.map((branch) => ({ ...branch, steps: steps(branch.steps) })) },
        };
      }
      case "try":
        return {
          ...action,
          body: body(action.body),
          ...(action.except && { except: { ...action.except, steps: steps(action.except.steps) } }),
        };
      case "steps":
        return { ...action, steps: steps(action.steps) };
      default:
        return action;
    }
  };
  return { ...routine, steps: steps(routine.steps) };
}
