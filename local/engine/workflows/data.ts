import { createHash, createHmac } from "node:crypto";
import { runtimeError } from "../../../language/workflows/error";
import { JsonFault, type JsonLayout, parseJson, printJson } from "../../../language/workflows/json";
import { asText } from "../../../language/workflows/operators";
import {
  described,
  fitsInteger,
  isList,
  isMap,
  isNumber,
  typeName,
  type Value,
  type ValueMap,
} from "../../../language/workflows/value";
import { asBytes, asString, decodeUtf8, type LibraryFunction } from "./text";

const refuse = (what: string, wanted: string, value: Value | undefined) =>
  runtimeError("TypeError", `${what} must be a ${wanted}, not ${described(typeName(value ?? null))}`);

function asList(value: Value | undefined, what: string): readonly Value[] {
  if (value !== undefined && isList(value)) return value;
  throw refuse(what, "list", value);
}

/** @throws WorkflowError */
export function asMap(value: Value | undefined, what: string): ValueMap {
  if (value !== undefined && isMap(value)) return value;
  throw refuse(what, "map", value);
}

/** @throws WorkflowError */
export function asNumber(value: Value | undefined, what: string): bigint | number {
  if (value !== undefined && isNumber(value)) return value;
  throw refuse(what, "number", value);
}

/** Digits of a number in a string, as `int` and `double` read it. */
const NUMERIC = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

function integer(value: bigint): bigint {
  if (fitsInteger(value)) return value;
  throw runtimeError("ValueError", "the number does not fit 64 bits");
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw runtimeError("ValueError", `${value} is no integer`);
  return integer(BigInt(Math.trunc(value)));
}

const HASHES: Readonly<Record<string, string>> = {
  MD5: "md5",
  SHA1: "sha1",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
};

function hashName(value: Value | undefined): string {
  const name = asString(value, "algorithm");
  if (Object.hasOwn(HASHES, name)) return HASHES[name]!;
  throw runtimeError("ValueError", `unknown algorithm ${name}; use one of ${Object.keys(HASHES).join(", ")}`);
}

function layoutOf(indent: Value | undefined): JsonLayout | undefined {
  if (indent === undefined || indent === null || indent === false) return undefined;
  if (indent === true) return { prefix: "", indent: "  " };
  const given = asMap(indent, "indent");
  return {
    prefix: asString(given.get("prefix") ?? "", "prefix"),
    indent: asString(given.get("indent") ?? "  ", "indent"),
  };
}

/** @throws WorkflowError for what JSON cannot carry */
export function toJson(value: Value, indent?: Value): string {
  try {
    return printJson(value, layoutOf(indent));
  } catch (error) {
    if (error instanceof JsonFault) throw runtimeError("ValueError", error.message);
    throw error;
  }
}

/** @throws WorkflowError */
export function fromJson(text: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonFault) throw runtimeError("ValueError", `malformed JSON: ${error.message}`);
    throw error;
  }
}

function merged(first: ValueMap, second: ValueMap): ValueMap {
  const result = new Map(first);
  for (const [key, value] of second) {
    const known = result.get(key);
    result.set(key, known !== undefined && isMap(known) && isMap(value) ? merged(known, value) : value);
  }
  return result;
}

const extreme = (a: Value | undefined, b: Value | undefined, larger: boolean) => {
  const [x, y] = [asNumber(a, "x"), asNumber(b, "y")];
  return x > y === larger ? x : y;
};

export const dataFunctions: Readonly<Record<string, LibraryFunction>> = {
  double(x) {
    if (typeof x === "bigint" || typeof x === "number") return Number(x);
    const text = asString(x, "x");
    if (NUMERIC.test(text)) return Number(text);
    throw runtimeError("ValueError", `${JSON.stringify(text)} is no number`);
  },
  int(x) {
    if (typeof x === "bigint") return x;
    if (typeof x === "number") return truncated(x);
    const text = asString(x, "x").trim();
    if (/^[+-]?\d+$/.test(text)) return integer(BigInt(text.replace("+", "")));
    if (NUMERIC.test(text)) return truncated(Number(text));
    throw runtimeError("ValueError", `${JSON.stringify(text)} is no number`);
  },
  string(x) {
    const text = asText(x);
    if (text !== undefined) return text;
    throw refuse("x", "number, boolean or string", x);
  },
  keys: (map) => [...asMap(map, "map").keys()],
  len(value) {
    if (typeof value === "string") return BigInt(Array.from(value).length);
    if (isMap(value)) return BigInt(value.size);
    return BigInt(asList(value, "value").length);
  },
  default: (value, otherwise) => (value === null ? otherwise! : value),
  if(condition, yes, no) {
    if (condition === null || typeof condition === "boolean") return condition ? yes! : no!;
    throw refuse("condition", "boolean", condition);
  },
  get_type: (value) => typeName(value),
  "base64.decode"(data, padding) {
    const text = asString(data, "data");
    const padded = padding === false || text.length % 4 === 0;
    if (!padded || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw runtimeError("ValueError", "the data is no base64");
    return new Uint8Array(Buffer.from(text, "base64"));
  },
  "base64.encode"(data, padding) {
    const text = Buffer.from(asBytes(data, "data")).toString("base64");
    return padding === false ? text.replace(/=+$/, "") : text;
  },
  "hash.compute_checksum": (data, algorithm) =>
    new Uint8Array(createHash(hashName(algorithm)).update(asBytes(data, "data")).digest()),
  "hash.compute_hmac": (key, data, algorithm) =>
    new Uint8Array(createHmac(hashName(algorithm), asBytes(key, "key")).update(asBytes(data, "data")).digest()),
  "json.decode": (data) => fromJson(typeof data === "string" ? data : decodeUtf8(asBytes(data, "data"))),
  "json.encode": (data, indent) => new TextEncoder().encode(toJson(data, indent)),
  "json.encode_to_string": (data, indent) => toJson(data, indent),
  "list.concat": (objs, val) => [...asList(objs, "objs"), val!],
  "list.prepend": (objs, val) => [val!, ...asList(objs, "objs")],
  "map.delete"(map, key) {
    const copy = new Map(asMap(map, "map"));
    copy.delete(asString(key, "key"));
    return copy;
  },
  "map.get"(map, keys) {
    const path = typeof keys === "string" ? [keys] : asList(keys, "keys").map((key) => asString(key, "a key"));
    let value: Value = map;
    for (const key of path) {
      if (value === null) return null;
      value = asMap(value, "map").get(key) ?? null;
    }
    return value;
  },
  "map.merge": (first, second) => new Map([...asMap(first, "first"), ...asMap(second, "second")]),
  "map.merge_nested": (first, second) => merged(asMap(first, "first"), asMap(second, "second")),
  "math.abs"(x) {
    const value = asNumber(x, "x");
    return typeof value === "bigint" ? integer(value < 0n ? -value : value) : Math.abs(value);
  },
  "math.floor"(x) {
    const value = asNumber(x, "x");
    return typeof value === "bigint" ? value : truncated(Math.floor(value));
  },
  "math.max": (x, y) => extreme(x, y, true),
  "math.min": (x, y) => extreme(x, y, false),
};
