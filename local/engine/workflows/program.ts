import { childrenOf, type Expression } from "../../../language/workflows/expression";
import type { Action, Body, Routine, Step, Template, Workflow } from "../../../language/workflows/model";

/** What is worked out once for a definition, whatever its executions do. */
export interface Program {
  readonly routines: Workflow["routines"];
  /** Whether a function that may stand in an expression is a sub-workflow, or leaves the workflow. */
  reaches(name: string): boolean;
  /** Whether an expression calls such a function, and so may have to wait. */
  waits(expression: Expression): boolean;
  /** Whether a template holds such an expression. */
  waitsIn(template: Template): boolean;
  /** Index of the step that is, or holds, the one of that name; -1 for none. Loops and branches are not entered. */
  indexOf(steps: readonly Step[], name: string): number;
  /** Whether a body holds the step of that name. */
  holds(body: Body, name: string): boolean;
}

export function programOf({ routines }: Workflow): Program {
  const reaches = (name: string) => routines.has(name) || name === "events.create_callback_endpoint";
  const waits = cached((node: Expression): boolean =>
    node.kind === "call" && reaches(node.name) ? true : childrenOf(node).some((child) => waits(child)),
  );
  const waitsIn = cached((template: Template): boolean => {
    if (template.kind === "constant") return false;
    if (template.kind === "expression") return waits(template.expression);
    if (template.kind === "list") return template.items.some((item) => waitsIn(item));
    return template.entries.some(([key, value]) => waitsIn(key) || waitsIn(value));
  });
  const names = cached(
    (body: Body): ReadonlySet<string> => new Set(blocksOf(body.action).flatMap((steps) => [...namesIn(steps)])),
  );
  const namesIn = function* (steps: readonly Step[]): Generator<string> {
    for (const step of steps) {
      yield step.name;
      yield* names(step);
    }
  };
  return {
    routines,
    reaches,
    waits,
    waitsIn,
    indexOf: (steps, name) => steps.findIndex((step) => step.name === name || names(step).has(name)),
    holds: (body, name) => names(body).has(name),
  };
}

/** Steps that a jump may enter from around the action. */
function blocksOf(action: Action): readonly (readonly Step[])[] {
  switch (action.kind) {
    case "steps":
      return [action.steps];
    case "switch":
      return action.cases.flatMap((one) => blocksOf(one.action));
    case "try":
      return [...blocksOf(action.body.action), ...(action.except ? [action.except.steps] : [])];
    default:
      return [];
  }
}

function cached<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}

/** Parameters of a routine as those of a function. */
export const paramsOf = (routine: Routine) =>
  routine.params.map((one) => ({ name: one.name, optional: one.default !== undefined }));
