/** A type of Terraform's values, as its JSON form writes it. https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol/object-wire-format */
export type Type =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | readonly ["list" | "set" | "map", Type]
  | readonly ["tuple", readonly Type[]]
  | readonly ["object", Readonly<Record<string, Type>>];

/** Stands for what is known after apply only. */
export const UNKNOWN: unique symbol = Symbol("known after apply");

/** A number that a JavaScript number cannot hold: more digits, or an integer beyond 2^53. */
export class Decimal {
  constructor(readonly text: string) {}
}

/** A value with its type known from elsewhere. Sets are arrays whose order means nothing. */
export type Value =
  null | boolean | string | number | Decimal | typeof UNKNOWN | readonly Value[] | { readonly [name: string]: Value };

export type ObjectValue = { readonly [name: string]: Value };

export const isObjectValue = (value: Value | undefined): value is ObjectValue =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Decimal);

/** Members of a list or set; nothing for null and unknown. */
export const members = (value: Value | undefined): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]) : [];

/** A value that does not fit its type, or bytes that are no value. */
export class ValueFault extends Error {
  constructor(path: string, problem: string) {
    super(path === "" ? problem : `${path}: ${problem}`);
    this.name = "ValueFault";
  }
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** A number from its digits: a JavaScript number if that loses nothing. Undefined when the text is none. */
export function numberOf(text: string): number | Decimal | undefined {
  if (!NUMBER.test(text)) return undefined;
  const plain = text.includes(".") && !/[eE]/.test(text) ? withoutZeros(text) : text;
  const number = Number(plain);
  return Number.isFinite(number) && String(number) === plain ? number : new Decimal(plain);
}

/** Without the zeros at its end, and the point before them. A regular expression would try each zero anew. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (text[end - 1] === "0") end--;
  return text.slice(0, text[end - 1] === "." ? end - 1 : end);
}

/** Whether nothing in a value is unknown. */
export function isKnown(value: Value): boolean {
  if (value === UNKNOWN) return false;
  if (Array.isArray(value)) return (value as readonly Value[]).every(isKnown);
  return !isObjectValue(value) || Object.values(value).every(isKnown);
}

/** Text that is equal for equal values of a type, whatever the order of their sets and maps. */
export function canonical(value: Value, type: Type): string {
  if (value === UNKNOWN) return "?";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Decimal) return value.text;
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map((item, i) => canonical(item, elementType(type, i)));
    return `[${(type[0] === "set" ? items.sort() : items).join(",")}]`;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, memberType(type, name))}`).join(",")}}`;
}

/** Whether two values of a type are the same; unknown equals unknown. */
export const sameValue = (a: Value, b: Value, type: Type): boolean =>
  a === b || canonical(a, type) === canonical(b, type);

function elementType(type: Type, index: number): Type {
  if (typeof type === "string" || type[0] === "map" || type[0] === "object") return "dynamic";
  return type[0] === "tuple" ? (type[1][index] ?? "dynamic") : type[1];
}

function memberType(type: Type, name: string): Type {
  if (typeof type === "string" || (type[0] !== "map" && type[0] !== "object")) return "dynamic";
  return type[0] === "object" ? (type[1][name] ?? "dynamic") : type[1];
}
