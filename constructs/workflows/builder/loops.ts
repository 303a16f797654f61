import type { For, Parallel, Step, Template } from "../../../language/workflows/model";
import { NOWHERE } from "./data";
import { type Data, type Expr, type Input, isExpression, nodeIn, type Typed } from "./expression";
import { type Names, refuse, variable } from "./recorder";

const RANGE = Symbol("range");

/** Numbers from one to another, both included. */
export interface Range {
  readonly [RANGE]: readonly [Data, Data];
}

/** The numbers from `first` to `last`, both included. */
export const range = (first: Input<number>, last: Input<number>): Range => ({ [RANGE]: [first, last] });

export interface LoopOptions {
  /** Name of the variable that holds the item. @default the step's name and `_item` */
  readonly as?: string;
}

export interface ParallelOptions {
  /** Variables from outside that the branches may set, each of them in one piece. @default none */
  readonly shared?: readonly Typed<unknown>[];
  /** Branches or iterations at a time. @default as many as Google runs, 20 */
  readonly concurrency?: Input<number>;
}

const isRange = (over: Data | Range): over is Range => typeof over === "object" && over !== null && RANGE in over;

export function loopOf(
  id: string,
  over: Data | Range,
  { as }: LoopOptions,
  names: Names,
  template: (data: Data) => Template,
  steps: (item: Expr<unknown>, index: Expr<number>) => readonly Step[],
): For {
  const value = as === undefined ? names.fresh(`${id}_item`) : names.variable(as, `${names.routine}/${id}`);
  const index = names.fresh(`${value}_index`);
  const ranged = isRange(over);
  return {
    value,
    index,
    over: ranged
      ? { kind: "range", value: rangeTemplate(over[RANGE], template) }
      : { kind: "in", value: template(over) },
    steps: steps(variable(value), variable(index)),
  };
}

/** Two numbers, or one expression for both: `[${a}, ${b}]` is refused. */
function rangeTemplate(ends: readonly [Data, Data], template: (data: Data) => Template): Template {
  const [first, last] = ends.map(template) as [Template, Template];
  if (first.kind === "constant" && last.kind === "constant") return { kind: "list", items: [first, last], at: NOWHERE };
  const items = [first, last].map((one) =>
    one.kind === "expression"
      ? one.expression
      : ({ kind: "literal", value: one.kind === "constant" ? one.value : null, offset: 0 } as const),
  );
  return { kind: "expression", expression: { kind: "list", items, offset: 0 }, at: NOWHERE };
}

export function parallelOf(
  { shared = [], concurrency }: ParallelOptions,
  work: Parallel["work"],
  template: (data: Data) => Template,
  path: string,
): Parallel {
  return {
    kind: "parallel",
    work,
    shared: shared.map((one) => {
      const node = isExpression(one) ? nodeIn(one) : undefined;
      if (node?.kind === "variable") return node.name;
      return refuse(path, "what is shared is no variable", "give what assign has returned");
    }),
    ...(concurrency !== undefined && { concurrencyLimit: template(concurrency) }),
    at: NOWHERE,
  };
}
