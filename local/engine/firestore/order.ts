import { compareNames, compareUtf8 } from "./name";
import { parseMicros } from "./time";
import type { Value } from "./value";

/** Types from smallest to largest: https://firebase.google.com/docs/firestore/manage-data/data-types */
const TYPES = [
  "nullValue",
  "booleanValue",
  "number",
  "timestampValue",
  "stringValue",
  "bytesValue",
  "referenceValue",
  "geoPointValue",
  "arrayValue",
  "mapValue",
];

const typeOf = (value: Value): number => {
  const key = Object.keys(value)[0]!;
  return TYPES.indexOf(key === "integerValue" || key === "doubleValue" ? "number" : key);
};

/** Inequality filters match within one type only. */
export const sameType = (a: Value, b: Value): boolean => typeOf(a) === typeOf(b);

/** Firestore's order over all values; integers and doubles compare by what they are worth, NaN before all numbers. */
export function compareValues(a: Value, b: Value): number {
  const type = typeOf(a) - typeOf(b);
  if (type !== 0) return type;
  if ("booleanValue" in a && "booleanValue" in b) return Number(a.booleanValue) - Number(b.booleanValue);
  if ("timestampValue" in a && "timestampValue" in b)
    return parseMicros(a.timestampValue, "") - parseMicros(b.timestampValue, "");
  if ("stringValue" in a && "stringValue" in b) return compareUtf8(a.stringValue, b.stringValue);
  if ("bytesValue" in a && "bytesValue" in b)
    return Buffer.compare(Buffer.from(a.bytesValue, "base64"), Buffer.from(b.bytesValue, "base64"));
  if ("referenceValue" in a && "referenceValue" in b) return compareNames(a.referenceValue, b.referenceValue);
  if ("geoPointValue" in a && "geoPointValue" in b) {
    const latitude = (a.geoPointValue.latitude ?? 0) - (b.geoPointValue.latitude ?? 0);
    return latitude || (a.geoPointValue.longitude ?? 0) - (b.geoPointValue.longitude ?? 0);
  }
  if ("arrayValue" in a && "arrayValue" in b) return compareLists(a.arrayValue.values ?? [], b.arrayValue.values ?? []);
  if ("mapValue" in a && "mapValue" in b) return compareMaps(a.mapValue.fields ?? {}, b.mapValue.fields ?? {});
  return compareNumbers(numberOf(a), numberOf(b));
}

export const equalValues = (a: Value, b: Value): boolean => compareValues(a, b) === 0;

/** Kept as BigInt where it is an integer: JavaScript compares BigInt with Number exactly. */
const numberOf = (value: Value): number | bigint =>
  "integerValue" in value ? BigInt(value.integerValue) : "doubleValue" in value ? Number(value.doubleValue) : 0;

function compareNumbers(a: number | bigint, b: number | bigint): number {
  const nanA = Number.isNaN(a);
  const nanB = Number.isNaN(b);
  if (nanA || nanB) return Number(nanB) - Number(nanA);
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareMaps(a: Readonly<Record<string, Value>>, b: Readonly<Record<string, Value>>): number {
  const left = Object.keys(a).sort(compareUtf8);
  const right = Object.keys(b).sort(compareUtf8);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareUtf8(left[i]!, right[i]!) || compareValues(a[left[i]!]!, b[right[i]!]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
