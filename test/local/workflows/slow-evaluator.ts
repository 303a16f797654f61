import type { Expression } from "../../../language/workflows/expression";

/**
 * Expressions worked out the slow way, from Google's tables alone: it shares nothing with the interpreter but the tree.
 * A value carries its type; an error is its tag.
 */
export type Slow =
  | { readonly type: "integer"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "null"; readonly value: null }
  | { readonly type: "list"; readonly value: readonly Slow[] };

export class SlowError extends Error {}

const fail = (tag: string): never => {
  throw new SlowError(tag);
};

/** What `+` gives, by the types of its sides. https://cloud.google.com/workflows/docs/reference/syntax/datatypes#implicit-conversions */
const PLUS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  integer: { integer: "integer", double: "double", string: "string" },
  double: { integer: "double", double: "double", string: "string" },
  string: { integer: "string", double: "string", string: "string", boolean: "string" },
  boolean: { string: "string" },
};

const integer = (value: bigint): Slow =>
  BigInt.asIntN(64, value) === value ? { type: "integer", value } : fail("ValueError");
const boolean = (value: boolean): Slow => ({ type: "boolean", value });
const double = (value: number): Slow => ({ type: "double", value });

/** Whole doubles keep their point, so that their type shows. */
function textOf(one: Slow): string {
  if (one.type === "list") return fail("TypeError");
  if (one.type !== "double" || !Number.isInteger(one.value) || Math.abs(one.value) >= 1e21) return String(one.value);
  return `${Object.is(one.value, -0) ? "-0" : one.value}.0`;
}

const isNumber = (one: Slow): one is Extract<Slow, { type: "integer" | "double" }> =>
  one.type === "integer" || one.type === "double";

function same(a: Slow, b: Slow): boolean {
  // oxlint-disable-next-line eqeqeq -- a whole number equals the double of the same number
  if (isNumber(a) && isNumber(b)) return a.value == b.value;
  if (a.type !== b.type) return false;
  if (a.type === "list" && b.type === "list")
    return a.value.length === b.value.length && a.value.every((item, index) => same(item, b.value[index]!));
  return a.value === b.value;
}

export function slowly(node: Expression, variables: Readonly<Record<string, Slow>>): Slow {
  switch (node.kind) {
    case "literal": {
      const { value } = node;
      if (value === null) return { type: "null", value };
      if (typeof value === "bigint") return { type: "integer", value };
      if (typeof value === "number") return double(value);
      if (typeof value === "string") return { type: "string", value };
      return boolean(value as boolean);
    }
    case "variable":
      return variables[node.name] ?? fail("KeyError");
    case "list":
      return { type: "list", value: node.items.map((item) => slowly(item, variables)) };
    case "unary": {
      const operand = slowly(node.operand, variables);
      if (node.operator === "not") return operand.type === "boolean" ? boolean(!operand.value) : fail("TypeError");
      if (!isNumber(operand)) return fail("TypeError");
      if (node.operator === "+") return operand;
      return operand.type === "integer" ? integer(-operand.value) : double(-operand.value);
    }
    case "binary":
      return binary(node, variables);
    default:
      return fail("unexpected");
  }
}

function binary(node: Extract<Expression, { kind: "binary" }>, variables: Readonly<Record<string, Slow>>): Slow {
  const { operator } = node;
  const left = slowly(node.left, variables);
  if (operator === "and" || operator === "or") {
    if (left.type !== "boolean") return fail("TypeError");
    if (left.value === (operator === "or")) return left;
    const right = slowly(node.right, variables);
    return right.type === "boolean" ? right : fail("TypeError");
  }
  const right = slowly(node.right, variables);
  if (operator === "==") return boolean(same(left, right));
  if (operator === "!=") return boolean(!same(left, right));
  if (operator === "in")
    return right.type === "list" ? boolean(right.value.some((item) => same(item, left))) : fail("TypeError");
  if (["<", "<=", ">", ">="].includes(operator)) {
    const strings = left.type === "string" && right.type === "string";
    if (!strings && !(isNumber(left) && isNumber(right))) return fail("TypeError");
    const [a, b] = [left.value as number, right.value as number];
    return boolean({ "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b }[operator as "<"]);
  }
  if (operator === "+") {
    const type = PLUS[left.type]?.[right.type];
    if (type === undefined) return fail("TypeError");
    if (type === "string") return { type, value: textOf(left) + textOf(right) };
  }
  if (!isNumber(left) || !isNumber(right)) return fail("TypeError");
  return arithmetic(operator, left, right);
}

type Numeric = Extract<Slow, { type: "integer" | "double" }>;

function arithmetic(operator: string, left: Numeric, right: Numeric): Slow {
  const divides = ["/", "//", "%"].includes(operator);
  // oxlint-disable-next-line eqeqeq -- zero of either kind
  if (divides && right.value == 0) return fail("ZeroDivisionError");
  if (left.type === "integer" && right.type === "integer" && operator !== "/") {
    const [a, b] = [left.value, right.value];
    if (operator === "+") return integer(a + b);
    if (operator === "-") return integer(a - b);
    if (operator === "*") return integer(a * b);
    // Rounded down, found by looking for it.
    let quotient = a / b;
    while (quotient * b > a === b > 0n && quotient * b !== a) quotient -= 1n;
    return operator === "//" ? integer(quotient) : integer(a - quotient * b);
  }
  const [a, b] = [Number(left.value), Number(right.value)];
  if (operator === "+") return double(a + b);
  if (operator === "-") return double(a - b);
  if (operator === "*") return double(a * b);
  if (operator === "/") return double(a / b);
  return operator === "//" ? double(Math.floor(a / b)) : double(a - b * Math.floor(a / b));
}
