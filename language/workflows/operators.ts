import type { BinaryOperator, UnaryOperator } from "./expression";
import { runtimeError, type WorkflowError } from "./error";
import { described, equal, fitsInteger, formatNumber, isList, isMap, isNumber, typeName, type Value } from "./value";

/** Operators that look at both operands; `and` and `or` may stop at the first. */
type StrictOperator = Exclude<BinaryOperator, "and" | "or">;

/** @throws WorkflowError */
export function binary(operator: StrictOperator, left: Value, right: Value): Value {
  switch (operator) {
    case "+":
      return plus(left, right);
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "in":
      return contains(left, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return ordered(operator, left, right);
    default:
      return arithmetic(operator, left, right);
  }
}

/** @throws WorkflowError */
export function unary(operator: UnaryOperator, operand: Value): Value {
  if (operator === "not") return !asBoolean(operand, "not");
  if (!isNumber(operand))
    throw runtimeError("TypeError", `the operator ${operator} needs a number, not ${described(typeName(operand))}`);
  if (operator === "+") return operand;
  return typeof operand === "bigint" ? integer(-operand) : -operand;
}

/** @throws WorkflowError for everything but a boolean */
export function asBoolean(value: Value, where: string): boolean {
  if (typeof value === "boolean") return value;
  throw runtimeError("TypeError", `${where} needs a boolean, not ${described(typeName(value))}`);
}

const mismatch = (operator: string, left: Value, right: Value): WorkflowError =>
  runtimeError(
    "TypeError",
    `the operator ${operator} does not take ${described(typeName(left))} and ${described(typeName(right))}`,
  );

const integer = (value: bigint): bigint => {
  if (fitsInteger(value)) return value;
  throw runtimeError("ValueError", "the result does not fit 64 bits");
};

/**
 * Strings take numbers and booleans; nothing else is converted.
 * https://cloud.google.com/workflows/docs/reference/syntax/datatypes#implicit-conversions
 */
function plus(left: Value, right: Value): Value {
  if (typeof left === "bigint" && typeof right === "bigint") return integer(left + right);
  if (isNumber(left) && isNumber(right)) return Number(left) + Number(right);
  if (typeof left === "string" || typeof right === "string") {
    const [a, b] = [asText(left), asText(right)];
    if (a !== undefined && b !== undefined) return a + b;
  }
  throw mismatch("+", left, right);
}

/** Text of what `string()` and `+` turn into text; nothing for other values. */
export function asText(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (isNumber(value)) return formatNumber(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

function arithmetic(operator: "-" | "*" | "/" | "//" | "%", left: Value, right: Value): Value {
  if (!isNumber(left) || !isNumber(right)) throw mismatch(operator, left, right);
  const divides = operator === "/" || operator === "//" || operator === "%";
  if (divides && Number(right) === 0) throw runtimeError("ZeroDivisionError", "division by zero");
  if (operator === "/") return Number(left) / Number(right);
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (operator === "-") return integer(left - right);
    if (operator === "*") return integer(left * right);
    // BigInt truncates; `//` rounds down, and `%` is what `//` leaves.
    const remainder = left % right;
    const floored = remainder !== 0n && remainder < 0n !== right < 0n;
    if (operator === "//") return integer(left / right - (floored ? 1n : 0n));
    return floored ? remainder + right : remainder;
  }
  const [a, b] = [Number(left), Number(right)];
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  if (operator === "//") return Math.floor(a / b);
  return a - b * Math.floor(a / b);
}

function ordered(operator: "<" | "<=" | ">" | ">=", left: Value, right: Value): boolean {
  const comparable = (isNumber(left) && isNumber(right)) || (typeof left === "string" && typeof right === "string");
  if (!comparable) throw mismatch(operator, left, right);
  const [a, b] = [left as number, right as number];
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

function contains(item: Value, of: Value): boolean {
  if (isList(of)) return of.some((one) => equal(one, item));
  if (isMap(of) && typeof item === "string") return of.has(item);
  throw mismatch("in", item, of);
}
