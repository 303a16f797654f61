import { isList, isMap, type Value } from "../language/workflows/value";

/** Data of JavaScript, as tests write it: whole numbers are integers. */
export type Data =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Data[]
  | { readonly [key: string]: Data };

/** A value of Workflows. */
export function valueOf(data: unknown): Value {
  if (data === undefined || data === null) return null;
  if (typeof data === "number") return Number.isSafeInteger(data) ? BigInt(data) : data;
  if (typeof data === "bigint" || typeof data === "boolean" || typeof data === "string") return data;
  if (data instanceof Uint8Array) return data;
  if (Array.isArray(data)) return data.map(valueOf);
  if (typeof data === "object")
    return new Map(
      Object.entries(data)
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => [key, valueOf(one)] as const),
    );
  throw new TypeError(`${typeof data} is no data of Workflows`);
}

/** A value as JavaScript has it; integers that are not safe stay `bigint`. */
export function dataOf(value: Value): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (isList(value)) return value.map(dataOf);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [key, dataOf(one)] as const));
  return value;
}
