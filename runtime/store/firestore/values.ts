import type { DocumentData, DocumentValue } from "../store";

/** A value in Firestore's REST form: https://cloud.google.com/firestore/docs/reference/rest/v1/Value */
export type RestValue =
  | { readonly nullValue: null }
  | { readonly booleanValue: boolean }
  | { readonly integerValue: string }
  | { readonly doubleValue: number | string }
  | { readonly stringValue: string }
  | { readonly timestampValue: string }
  | { readonly bytesValue: string }
  | { readonly arrayValue: { readonly values?: readonly RestValue[] } }
  | { readonly mapValue: { readonly fields?: RestFields } };

export type RestFields = { readonly [name: string]: RestValue };

/** @throws TypeError naming the field that Firestore cannot hold */
export function encodeFields(data: DocumentData, where = ""): RestFields {
  const fields: Record<string, RestValue> = {};
  for (const [name, value] of Object.entries(data))
    if (value !== undefined) fields[name] = encodeValue(value, where ? `${where}.${name}` : name);
  return fields;
}

function encodeValue(value: DocumentValue, where: string, inArray = false): RestValue {
  if (value === null) return { nullValue: null };
  switch (typeof value) {
    case "boolean":
      return { booleanValue: value };
    case "string":
      return { stringValue: value };
    case "number":
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { integerValue: String(value) };
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    case "object":
      if (value instanceof Date) return { timestampValue: value.toISOString() };
      if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
      if (!Array.isArray(value)) return { mapValue: { fields: encodeFields(value as DocumentData, where) } };
      if (inArray)
        throw new TypeError(`${where}: Firestore holds no array directly inside an array; put a map between`);
      return { arrayValue: { values: value.map((item, i) => encodeValue(item, `${where}[${i}]`, true)) } };
    default:
      throw new TypeError(`${where}: a ${typeof value} cannot be kept in a document`);
  }
}

export function decodeFields(fields: RestFields): DocumentData {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, decodeValue(value)]));
}

function decodeValue(value: RestValue): DocumentValue {
  if ("booleanValue" in value) return value.booleanValue;
  if ("integerValue" in value) return Number(value.integerValue);
  if ("doubleValue" in value) return Number(value.doubleValue);
  if ("stringValue" in value) return value.stringValue;
  if ("timestampValue" in value) return new Date(value.timestampValue);
  if ("bytesValue" in value) return Buffer.from(value.bytesValue, "base64");
  if ("arrayValue" in value) return (value.arrayValue.values ?? []).map(decodeValue);
  if ("mapValue" in value) return decodeFields(value.mapValue.fields ?? {});
  return null;
}
