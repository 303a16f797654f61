import type { Json } from "../../contract/json";

/** A value of a plan. Sets are arrays in a fixed order without repeats. */
export type Value = Json;

export type Attributes = Readonly<Record<string, Value>>;

export const isObject = (value: unknown): value is Attributes =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Maps iterate in the order of their keys. */
export const sortedKeys = (value: Attributes): string[] => Object.keys(value).sort();

/** The expression cannot be computed; the message says why, for a person. */
export class EvaluationFault extends Error {
  constructor(
    message: string,
    readonly kind: "value" | "attribute" | "function" = "value",
  ) {
    super(message);
    this.name = "EvaluationFault";
  }
}

/** What a value is, in Terraform's words. */
export function typeOf(value: Value): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Terraform's conversion of primitives to text. @throws EvaluationFault for null and for collections */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new EvaluationFault(`a ${typeOf(value)} cannot become text`);
}

/** @throws EvaluationFault when the value is neither a number nor the text of one */
export function toNumber(value: Value): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new EvaluationFault(`a number is required, not ${describe(value)}`);
}

/** @throws EvaluationFault when the value is neither a bool nor the text of one */
export function toBool(value: Value): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new EvaluationFault(`a bool is required, not ${describe(value)}`);
}

/** @throws EvaluationFault when the value is not a list */
export function toList(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  throw new EvaluationFault(`a list is required, not ${describe(value)}`);
}

/** @throws EvaluationFault when the value is not an object */
export function toObject(value: Value): Attributes {
  if (isObject(value)) return value;
  throw new EvaluationFault(`a map is required, not ${describe(value)}`);
}

/** Equality of values, member by member; the order of an object's keys does not count. */
export function equal(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key]!, b[key]!));
}

const describe = (value: Value): string => {
  const text = JSON.stringify(value);
  return `${typeOf(value)} ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`;
};
