import type { Expression } from "./expression";
import type { Position } from "./fault";
import type { Value } from "./value";

/** A definition: `main` and the sub-workflows, by name, in the order of the source. */
export interface Workflow {
  readonly routines: ReadonlyMap<string, Routine>;
}

export interface Routine {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly steps: readonly Step[];
  readonly at: Position;
}

export interface Parameter {
  readonly name: string;
  readonly default?: Template;
}

/** A value as it is written: data whose leaves, and whose keys, may be expressions. */
export type Template =
  | { readonly kind: "constant"; readonly value: Value; readonly at: Position }
  | { readonly kind: "expression"; readonly expression: Expression; readonly at: Position }
  | { readonly kind: "list"; readonly items: readonly Template[]; readonly at: Position }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Template, Template])[]; readonly at: Position };

/** What a step, a case of a switch or the body of a try does, and where it goes afterwards. */
export interface Body {
  readonly action: Action;
  /** A step, or `end`, `break`, `continue`; else the next in the source. */
  readonly next?: Jump;
  readonly at: Position;
}

export interface Step extends Body {
  readonly name: string;
}

export interface Jump {
  readonly target: string;
  readonly at: Position;
}

/** A variable, or a place within one: what stands left of an assignment. */
export interface Target {
  readonly name: string;
  readonly path: readonly Expression[];
  readonly at: Position;
}

export interface Assignment {
  readonly target: Target;
  readonly value: Template;
}

export interface Call {
  readonly kind: "call";
  readonly function: string;
  /** Named arguments in the order of the source, or positional ones. */
  readonly args:
    { readonly named: readonly (readonly [string, Template])[] } | { readonly positional: readonly Template[] };
  readonly result?: Target;
  readonly at: Position;
}

export interface Case extends Body {
  readonly condition: Template;
}

export interface For {
  readonly value: string;
  readonly index?: string;
  /** A range includes both ends. */
  readonly over: { readonly kind: "in" | "range"; readonly value: Template };
  readonly steps: readonly Step[];
}

export interface Branch {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly at: Position;
}

export interface Parallel {
  readonly kind: "parallel";
  readonly work: { readonly branches: readonly Branch[] } | { readonly loop: For };
  readonly shared: readonly string[];
  readonly concurrencyLimit?: Template;
  readonly at: Position;
}

/** A policy by name, `http.default_retry`, or in its parts. */
export type Retry =
  | { readonly policy: Template }
  | {
      /** Name of a predicate or sub-workflow; left out, every error is retried. */
      readonly predicate?: string;
      readonly maxRetries?: Template;
      readonly backoff?: Template | Backoff;
      readonly at: Position;
    };

/** Seconds, and the factor from one delay to the next. */
export interface Backoff {
  readonly initialDelay?: Template;
  readonly maxDelay?: Template;
  readonly multiplier?: Template;
}

export interface Try {
  readonly kind: "try";
  readonly body: Body;
  readonly retry?: Retry;
  readonly except?: { readonly as?: string; readonly steps: readonly Step[] };
}

export type Action =
  | { readonly kind: "assign"; readonly assignments: readonly Assignment[] }
  | Call
  | { readonly kind: "switch"; readonly cases: readonly Case[] }
  | { readonly kind: "for"; readonly loop: For }
  | Parallel
  | Try
  | { readonly kind: "raise"; readonly value: Template }
  | { readonly kind: "return"; readonly value: Template }
  | { readonly kind: "steps"; readonly steps: readonly Step[] }
  /** Nothing but the jump. */
  | { readonly kind: "next" };
