import { parseJson, printJson } from "../../../language/workflows/json";
import { isList, isMap, type Value } from "../../../language/workflows/value";
import type { Told } from "./history";

/** A key that no JSON of a service has. */
const BYTES = "\u0000bytes";

/** A value as text, integers and doubles apart, and bytes, which JSON has not. */
export const encodeValue = (value: Value): string => printJson(withoutBytes(value));

export const decodeValue = (text: string): Value => withBytes(parseJson(text));

function withoutBytes(value: Value): Value {
  if (value instanceof Uint8Array) return new Map([[BYTES, Buffer.from(value).toString("base64")]]);
  if (isList(value)) return value.map(withoutBytes);
  return isMap(value) ? new Map([...value].map(([key, item]) => [key, withoutBytes(item)] as const)) : value;
}

function withBytes(value: Value): Value {
  if (isList(value)) return value.map(withBytes);
  if (!isMap(value)) return value;
  const bytes = value.get(BYTES);
  if (typeof bytes === "string") return new Uint8Array(Buffer.from(bytes, "base64"));
  return new Map([...value].map(([key, item]) => [key, withBytes(item)] as const));
}

/** An answer as it is kept. */
export type KeptAnswer = {
  readonly key: string;
  readonly value?: string;
  readonly error?: string;
  readonly dueMs?: number;
};

export function encodeTold(told: Told): KeptAnswer {
  const { key } = told;
  if ("dueMs" in told) return { key, dueMs: told.dueMs };
  return "error" in told ? { key, error: encodeValue(told.error) } : { key, value: encodeValue(told.value) };
}

export function decodeTold({ key, value, error, dueMs }: KeptAnswer): Told {
  if (dueMs !== undefined) return { key, dueMs };
  if (error !== undefined) return { key, error: decodeValue(error) };
  return { key, value: decodeValue(value!) };
}
