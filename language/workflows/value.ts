/**
 * A value of Google Cloud Workflows. Integers have 64 bits and are `bigint`; `number` is a double. Values are never
 * changed in place, so that an assignment copies by sharing.
 */
export type Value = null | boolean | bigint | number | string | Uint8Array | readonly Value[] | ValueMap;

export type ValueMap = ReadonlyMap<string, Value>;

/** Names as `get_type` gives them. */
export type TypeName = "null" | "boolean" | "integer" | "double" | "string" | "bytes" | "list" | "map";

export const isMap = (value: Value): value is ValueMap => value instanceof Map;
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isNumber = (value: Value): value is bigint | number =>
  typeof value === "bigint" || typeof value === "number";

export function typeName(value: Value): TypeName {
  if (value === null) return "null";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (isList(value)) return "list";
  return isMap(value) ? "map" : "bytes";
}

/** A type in a sentence: "an integer", "a list", "null". */
export const described = (type: TypeName): string =>
  type === "null" || type === "bytes" ? type : `${type === "integer" ? "an" : "a"} ${type}`;

export const MIN_INTEGER = -(2n ** 63n);
export const MAX_INTEGER = 2n ** 63n - 1n;
export const fitsInteger = (value: bigint): boolean => value >= MIN_INTEGER && value <= MAX_INTEGER;

/** Equal by value; an integer equals the double of the same number, other types never equal each other. */
export function equal(a: Value, b: Value): boolean {
  // JavaScript compares a bigint and a number exactly.
  // oxlint-disable-next-line eqeqeq
  if (isNumber(a) && isNumber(b)) return a == b;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]!));
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false;
    for (const [key, item] of a) {
      const other = b.get(key);
      if (other === undefined || !equal(item, other)) return false;
    }
    return true;
  }
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]);
  return a === b;
}

/** Text of a number: an integer in digits, a double with a point or an exponent, so that its type shows. */
export function formatNumber(value: bigint | number): string {
  if (typeof value === "bigint" || !Number.isInteger(value)) return String(value);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes("e") ? text : `${text}.0`;
}

/** Bytes of UTF-8, without encoding. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit >= 0xd800 && unit < 0xdc00) {
      // A pair of two units takes four bytes.
      bytes += 2;
      index++;
    } else bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

const sizes = new WeakMap<object, number>();

/**
 * Bytes that Google counts for a value: 8 for a number, boolean or null, else 8 and what it holds.
 * https://cloud.google.com/workflows/docs/reference/syntax/variables
 */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return 8 + utf8Length(value);
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return 8 + value.length;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  let size = 8;
  if (isList(value)) for (const item of value) size += sizeOf(item);
  // A key counts as the string it is; the map's own 8 bytes are counted once.
  else for (const [key, item] of value) size += sizeOf(key) + sizeOf(item);
  sizes.set(value, size);
  return size;
}
