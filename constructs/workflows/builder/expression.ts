import type { Expression } from "../../../language/workflows/expression";

const NODE = Symbol.for("millrace/workflows/expression");
declare const TYPE: unique symbol;

/** Data whose shape nobody has said: every member may be there. Say the shape where you know it: `w.call<Receipt>(…)`. */
export interface Dynamic {
  readonly [key: string]: Dynamic;
}

/** What an expression is made of, whatever its type. */
export interface Typed<T> {
  readonly [NODE]: Expression;
  /** Exists for the compiler alone. */
  readonly [TYPE]?: T;
}

type Primitive = string | number | bigint | boolean | null | undefined | Uint8Array;

type Members<T> = T extends Primitive
  ? unknown
  : T extends readonly (infer Item)[]
    ? { readonly [index: number]: Expr<Item> }
    : { readonly [Key in keyof T]-?: Expr<Exclude<T[Key], undefined>> };

/**
 * A value that exists when the workflow runs. Its members are expressions too: `order.customer.id`, `order.lines[0]`.
 * Operators are functions (`eq`, `add`), since JavaScript lends no others.
 */
export type Expr<T> = Typed<T> & Members<NonNullable<T>>;

/** Where a value of a type is expected: the value itself, an expression, or data that holds expressions. */
export type Input<T> = Typed<T> | Typed<Dynamic> | Plain<T>;

type Plain<T> = unknown extends T
  ? Data
  : T extends Primitive
    ? T extends number
      ? T | bigint
      : T
    : T extends readonly (infer Item)[]
      ? readonly Input<Item>[]
      : T extends Dynamic
        ? Data
        : { readonly [Key in keyof T]: Input<T[Key]> };

/** Any data, with expressions in it. Keys whose value is undefined are left out. */
export type Data = Typed<unknown> | Primitive | readonly Data[] | { readonly [key: string]: Data };

/** The type that data has when its expressions have values. */
export type ValueOf<D> =
  D extends Typed<infer T>
    ? T
    : D extends bigint | number
      ? number
      : D extends string
        ? string
        : D extends boolean
          ? boolean
          : D extends null | Uint8Array
            ? D
            : D extends readonly (infer Item)[]
              ? readonly ValueOf<Item>[]
              : { readonly [Key in keyof D]: ValueOf<D[Key]> };

export const isExpression = (data: unknown): data is Typed<unknown> =>
  typeof data === "object" && data !== null && NODE in data;

export const nodeIn = (expression: Typed<unknown>): Expression => expression[NODE];

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const isName = (text: string): boolean => NAME.test(text);

/** An expression of a node; reading its properties gives expressions of its members. */
export function expr<T>(node: Expression): Expr<T> {
  return new Proxy({ [NODE]: node }, HANDLER) as Expr<T>;
}

const HANDLER: ProxyHandler<object> = {
  get(target, key) {
    if (key === NODE) return (target as Typed<unknown>)[NODE];
    // What a program does by mistake: `${order.id}` in a plain template, `order.id + 1`, `if (order.paid)` does not tell.
    if (key === Symbol.toPrimitive) return refuse;
    // Symbols are JavaScript's own questions, such as how to iterate or inspect.
    return typeof key === "symbol" ? undefined : expr(memberOf((target as Typed<unknown>)[NODE], key));
  },
  has: (_, key) => key === NODE,
};

function refuse(): never {
  throw new TypeError(
    "an expression has no value before the workflow runs; join text with text`…${value}…`, numbers with add(a, b)",
  );
}

/** A member by its name, an item by its number. */
export function memberOf(of: Expression, key: string): Expression {
  if (/^(0|[1-9]\d*)$/.test(key))
    return { kind: "index", of, key: { kind: "literal", value: BigInt(key), offset: 0 }, offset: 0 };
  if (isName(key)) return { kind: "member", of, name: key, offset: 0 };
  return { kind: "index", of, key: { kind: "literal", value: key, offset: 0 }, offset: 0 };
}
