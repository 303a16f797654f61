import { nodeOf } from "./data";
import { type Data, type Dynamic, expr, type Expr, type Input } from "./expression";
import type { Steps } from "./steps";

/** A parameter of a sub-workflow, with the value it has when nobody gives one. */
export interface Param<T, Optional extends boolean = boolean> {
  readonly default?: Data;
  /** Exists for the compiler alone. */
  readonly type?: T;
  readonly optional: Optional;
}

/** A parameter that must be given. */
export function param<T = Dynamic>(): Param<T, false>;
/** A parameter that may be left out. */
export function param<T>(otherwise: T): Param<T, true>;
export function param(...given: readonly unknown[]): Param<unknown> {
  return given.length === 0 ? { optional: false } : { optional: true, default: given[0] as Data };
}

export type Params = { readonly [name: string]: unknown };
type Declared = Readonly<Record<string, Param<unknown>>>;
type Required_<D extends Declared> = {
  readonly [K in keyof D as D[K] extends Param<unknown, false> ? K : never]: D[K] extends Param<infer T> ? T : never;
};
type Optional_<D extends Declared> = {
  readonly [K in keyof D as D[K] extends Param<unknown, true> ? K : never]?: D[K] extends Param<infer T> ? T : never;
};

/** Arguments by name; none for a sub-workflow without parameters. */
export type Arguments<P extends Params> = [keyof P] extends [never]
  ? []
  : [args: { readonly [Name in keyof P]: Input<Exclude<P[Name], undefined>> }];

type Body<P, R> = (w: Steps, params: P) => Input<R> | void;

/** A routine that workflows call by name. */
export class Subworkflow<P extends Params, R> {
  /** Exists for the compiler alone. */
  declare protected readonly types?: (params: P) => R;

  constructor(
    readonly name: string,
    readonly params: Declared,
    readonly body: (w: Steps, params: Readonly<Record<string, Expr<unknown>>>) => unknown,
  ) {}
}

/**
 * A sub-workflow. Its body may give back the value that it ends with.
 * @param params each with `param()`
 */
export function subworkflow<D extends Declared, R = null>(
  name: string,
  params: D,
  body: Body<{ readonly [K in keyof D]: D[K] extends Param<infer T> ? Expr<T> : never }, R>,
): Subworkflow<Required_<D> & Optional_<D>, R> {
  return new Subworkflow(name, params, body as never);
}

/** A sub-workflow, whatever its parameters. */
export type AnySubworkflow = Pick<Subworkflow<Params, unknown>, "name" | "params" | "body">;

/** A sub-workflow that is part of the definition. */
export interface Included<R> {
  readonly name: string;
  readonly result?: R;
}

/**
 * Calls a sub-workflow within an expression, its arguments in the order of its parameters: `w.include(sub)` gives
 * what is called here.
 */
export const invoke = <R>(sub: Included<R>, ...args: readonly Data[]): Expr<R> =>
  expr({ kind: "call", name: sub.name, args: args.map(nodeOf), offset: 0 });
