import type { BinaryOperator, Expression } from "../../../language/workflows/expression";
import { parseExpression } from "../../../language/workflows/parse-expression";
import { nodeOf } from "./data";
import { type Data, type Dynamic, expr, type Expr, type Input, nodeIn, type Typed } from "./expression";

const binary = <T>(operator: BinaryOperator, left: Data, right: Data): Expr<T> =>
  expr({ kind: "binary", operator, left: nodeOf(left), right: nodeOf(right), offset: 0 });

const chain = <T>(operator: BinaryOperator, parts: readonly Data[]): Expr<T> =>
  expr(parts.map(nodeOf).reduce((left, right): Expression => ({ kind: "binary", operator, left, right, offset: 0 })));

/** Equal by value; any type compares with null. */
export const eq = (left: Data, right: Data): Expr<boolean> => binary("==", left, right);
export const ne = (left: Data, right: Data): Expr<boolean> => binary("!=", left, right);
export const lt = (left: Input<number>, right: Input<number>): Expr<boolean> => binary("<", left, right);
export const le = (left: Input<number>, right: Input<number>): Expr<boolean> => binary("<=", left, right);
export const gt = (left: Input<number>, right: Input<number>): Expr<boolean> => binary(">", left, right);
export const ge = (left: Input<number>, right: Input<number>): Expr<boolean> => binary(">=", left, right);

/** Whether a list has the item, or a map the key. */
export const isIn = (item: Data, container: Data): Expr<boolean> => binary("in", item, container);

/** All are true. */
export const and = (first: Input<boolean>, ...more: readonly Input<boolean>[]): Expr<boolean> =>
  chain("and", [first, ...more]);
/** One is true. */
export const or = (first: Input<boolean>, ...more: readonly Input<boolean>[]): Expr<boolean> =>
  chain("or", [first, ...more]);
export const not = (operand: Input<boolean>): Expr<boolean> =>
  expr({ kind: "unary", operator: "not", operand: nodeOf(operand), offset: 0 });

export const add = (first: Input<number>, ...more: readonly Input<number>[]): Expr<number> =>
  chain("+", [first, ...more]);
export const sub = (left: Input<number>, right: Input<number>): Expr<number> => binary("-", left, right);
export const mul = (first: Input<number>, ...more: readonly Input<number>[]): Expr<number> =>
  chain("*", [first, ...more]);
/** A double, also of integers. Raises ZeroDivisionError. */
export const div = (left: Input<number>, right: Input<number>): Expr<number> => binary("/", left, right);
/** Rounded down. Raises ZeroDivisionError. */
export const floorDiv = (left: Input<number>, right: Input<number>): Expr<number> => binary("//", left, right);
/** What `floorDiv` leaves. Raises ZeroDivisionError. */
export const mod = (left: Input<number>, right: Input<number>): Expr<number> => binary("%", left, right);
export const neg = (operand: Input<number>): Expr<number> =>
  expr({ kind: "unary", operator: "-", operand: nodeOf(operand), offset: 0 });

/** The item of a list, or the member of a map, that an expression names. Raises IndexError or KeyError. */
export function at<T>(list: Typed<readonly T[]>, index: Input<number>): Expr<T>;
export function at<T = Dynamic>(map: Typed<unknown>, key: Input<string>): Expr<T>;
export function at(of: Typed<unknown>, key: Data): Expr<unknown> {
  return expr({ kind: "index", of: nodeIn(of), key: nodeOf(key), offset: 0 });
}

/** A value under another type: a variable that begins as null, `typed<Receipt | null>(null)`. */
export const typed = <T>(value: Input<T>): Expr<T> => expr(nodeOf(value));

/**
 * An expression as text, without `${` and `}`: the way to what has no function here. Say its type.
 * @throws ExpressionFault with the place where the text does not parse
 */
export const raw = <T = Dynamic>(text: string): Expr<T> => expr(parseExpression(text));

/** Text joined from parts: numbers and booleans become text beside it, null and data do not. */
export function join(strings: readonly string[], values: readonly Data[]): Expr<string> {
  const parts: Expression[] = [];
  const add = (node: Expression) => {
    const last = parts.at(-1);
    const texts = [last, node].every((one) => one?.kind === "literal" && typeof one.value === "string");
    if (!texts) parts.push(node);
    else parts[parts.length - 1] = { ...node, value: literalText(last) + literalText(node) } as Expression;
  };
  strings.forEach((text, index) => {
    if (text !== "") add(nodeOf(text));
    if (index < values.length) add(nodeOf(values[index]));
  });
  // Two numbers would add up before a text comes.
  const [first, second] = parts;
  const begins = [first, second].some((one) => one?.kind === "literal" && typeof one.value === "string");
  if (!begins) parts.unshift(nodeOf(""));
  return expr(parts.reduce((left, right): Expression => ({ kind: "binary", operator: "+", left, right, offset: 0 })));
}

const literalText = (node: Expression | undefined): string =>
  node?.kind === "literal" && typeof node.value === "string" ? node.value : "";
