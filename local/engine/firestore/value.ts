import { canonicalJson } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import { parseName } from "./name";
import { formatMicros, parseMicros } from "./time";

/** A field's value in the one JSON form that the engine stores and returns. */
export type Value =
  | { readonly nullValue: null }
  | { readonly booleanValue: boolean }
  | { readonly integerValue: string }
  | { readonly doubleValue: number | "NaN" | "Infinity" | "-Infinity" }
  | { readonly timestampValue: string }
  | { readonly stringValue: string }
  | { readonly bytesValue: string }
  | { readonly referenceValue: string }
  | { readonly geoPointValue: { readonly latitude?: number; readonly longitude?: number } }
  | { readonly arrayValue: { readonly values?: readonly Value[] } }
  | { readonly mapValue: { readonly fields?: Fields } };

export type Fields = Readonly<Record<string, Value>>;

/** Limits of https://cloud.google.com/firestore/quotas. */
const MAX_FIELD_NAME_BYTES = 1_500;
const MAX_VALUE_BYTES = 1_048_487;
const MAX_DEPTH = 20;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;

const invalid = (where: string, problem: string) => new StatusError("INVALID_ARGUMENT", `${where}: ${problem}`);

/** @throws StatusError INVALID_ARGUMENT naming the place when `json` is not a JSON object */
export function asObject(json: unknown, where: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid(where, "expected an object");
  return json as Record<string, unknown>;
}

/** As `asObject`; a key that is not in `known` is refused, as production's JSON front end does. */
export function asMessage(json: unknown, where: string, known: readonly string[]): Record<string, unknown> {
  const object = asObject(json, where);
  for (const key of Object.keys(object)) if (!known.includes(key)) throw invalid(where, `unknown name "${key}"`);
  return object;
}

/** An absent list is an empty one, as everywhere in proto3 JSON. */
export function asList(json: unknown, where: string): readonly unknown[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) throw invalid(where, "expected a list");
  return json;
}

/** Text that may be absent. @throws StatusError INVALID_ARGUMENT when it is something else */
export function optionalText(json: unknown, where: string): string | undefined {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== "string") throw invalid(where, "expected a string");
  return json;
}

export function decodeFields(json: unknown, where: string, depth = 1): Fields {
  const fields: Record<string, Value> = {};
  if (json === undefined || json === null) return fields;
  for (const [name, value] of Object.entries(asObject(json, where))) {
    if (name === "") throw invalid(where, "a field name is empty");
    if (/^__.*__$/s.test(name)) throw invalid(where, `field name ${name} is reserved`);
    if (Buffer.byteLength(name) > MAX_FIELD_NAME_BYTES)
      throw invalid(where, `field names are at most ${MAX_FIELD_NAME_BYTES} bytes long`);
    fields[name] = decodeValue(value, `${where}.${name}`, depth);
  }
  return fields;
}

/** @param depth 1 for a field of the document, one more inside each map or array */
export function decodeValue(json: unknown, where: string, depth = 1): Value {
  const entries = Object.entries(asObject(json, where));
  const decode = entries.length === 1 && Object.hasOwn(DECODERS, entries[0]![0]) && DECODERS[entries[0]![0]];
  if (!decode) throw invalid(where, `expected exactly one of ${Object.keys(DECODERS).join(", ")}`);
  if (depth > MAX_DEPTH) throw invalid(where, `maps and arrays nest at most ${MAX_DEPTH} deep`);
  return decode(entries[0]![1], where, depth);
}

/** One reader per type; proto3 JSON lets 64-bit integers be numbers or strings, and doubles be strings. */
const DECODERS: Readonly<Record<string, (json: unknown, where: string, depth: number) => Value>> = {
  nullValue(json, where) {
    if (json !== null && json !== "NULL_VALUE" && json !== 0) throw invalid(where, "nullValue is null");
    return { nullValue: null };
  },
  booleanValue(json, where) {
    if (typeof json !== "boolean") throw invalid(where, "booleanValue is true or false");
    return { booleanValue: json };
  },
  integerValue(json, where) {
    const text = typeof json === "number" ? String(json) : json;
    if (typeof text !== "string" || !/^-?\d+$/.test(text)) throw invalid(where, "integerValue is a whole number");
    const value = BigInt(text);
    if (value < INT64.min || value > INT64.max) throw invalid(where, "integerValue does not fit 64 bits");
    return { integerValue: String(value) };
  },
  doubleValue(json, where) {
    if (json === "NaN" || json === "Infinity" || json === "-Infinity") return { doubleValue: json };
    const value = typeof json === "string" && json.trim() !== "" ? Number(json) : json;
    if (typeof value !== "number" || !Number.isFinite(value)) throw invalid(where, "doubleValue is a number");
    return { doubleValue: value + 0 };
  },
  timestampValue: (json, where) => ({ timestampValue: formatMicros(parseMicros(json, where)) }),
  stringValue(json, where) {
    if (typeof json !== "string") throw invalid(where, "stringValue is a string");
    if (Buffer.byteLength(json) > MAX_VALUE_BYTES) throw invalid(where, `values are at most ${MAX_VALUE_BYTES} bytes`);
    return { stringValue: json };
  },
  bytesValue(json, where) {
    if (typeof json !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(json))
      throw invalid(where, "bytesValue is base64");
    const bytes = Buffer.from(json, "base64");
    if (bytes.length > MAX_VALUE_BYTES) throw invalid(where, `values are at most ${MAX_VALUE_BYTES} bytes`);
    return { bytesValue: bytes.toString("base64") };
  },
  referenceValue(json) {
    parseName(json);
    return { referenceValue: json as string };
  },
  geoPointValue(json, where) {
    const point = asMessage(json, where, ["latitude", "longitude"]);
    const { latitude = 0, longitude = 0 } = point;
    if (typeof latitude !== "number" || Math.abs(latitude) > 90) throw invalid(where, "latitude is −90 to 90");
    if (typeof longitude !== "number" || Math.abs(longitude) > 180) throw invalid(where, "longitude is −180 to 180");
    return { geoPointValue: { ...(latitude !== 0 && { latitude }), ...(longitude !== 0 && { longitude }) } };
  },
  arrayValue(json, where, depth) {
    const { values } = asMessage(json, where, ["values"]);
    const decoded = asList(values, where).map((item, i) => decodeValue(item, `${where}[${i}]`, depth + 1));
    if (decoded.some((item) => "arrayValue" in item)) throw invalid(where, "an array cannot hold an array");
    return { arrayValue: decoded.length > 0 ? { values: decoded } : {} };
  },
  mapValue(json, where, depth) {
    const fields = decodeFields(asMessage(json, where, ["fields"]).fields, where, depth + 1);
    return { mapValue: Object.keys(fields).length > 0 ? { fields } : {} };
  },
};

/** Equal stored forms, the order of fields aside. */
export const sameFields = (a: Fields, b: Fields): boolean => canonicalJson(a) === canonicalJson(b);

const stringSize = (text: string) => Buffer.byteLength(text) + 1;

/** Bytes of a document as Google counts them: https://firebase.google.com/docs/firestore/storage-size */
export function documentSize(segments: readonly string[], fields: Fields): number {
  return nameSize(segments) + fieldsSize(fields) + 32;
}

const nameSize = (segments: readonly string[]) => segments.reduce((sum, id) => sum + stringSize(id), 16);

const fieldsSize = (fields: Fields): number =>
  Object.entries(fields).reduce((sum, [name, value]) => sum + stringSize(name) + valueSize(value), 0);

function valueSize(value: Value): number {
  if ("nullValue" in value || "booleanValue" in value) return 1;
  if ("stringValue" in value) return stringSize(value.stringValue);
  if ("bytesValue" in value) return Buffer.byteLength(value.bytesValue, "base64");
  if ("referenceValue" in value) return nameSize(parseName(value.referenceValue).segments);
  if ("geoPointValue" in value) return 16;
  if ("arrayValue" in value) return (value.arrayValue.values ?? []).reduce((sum, item) => sum + valueSize(item), 0);
  if ("mapValue" in value) return fieldsSize(value.mapValue.fields ?? {}) + 32;
  return 8;
}
