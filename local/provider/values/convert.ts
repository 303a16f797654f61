import type { Json } from "../../../contract/json";
import { Decimal, isObjectValue, numberOf, type Type, UNKNOWN, type Value, ValueFault } from "./value";

/** A value as a decoder found it; JSON and MessagePack have this in common. */
export type Raw = unknown;

const describe = (raw: Raw): string => (raw === null ? "null" : Array.isArray(raw) ? "a list" : `a ${typeof raw}`);

const isRecord = (raw: Raw): raw is Readonly<Record<string, Raw>> =>
  raw !== null && typeof raw === "object" && !Array.isArray(raw) && Object.getPrototypeOf(raw) === Object.prototype;

const under = (path: string, name: string | number): string =>
  typeof name === "number" ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;

/** How an object is read: `exact` demands every attribute and no other, `lenient` fills with null and drops. */
export type Strictness = "exact" | "lenient";

/**
 * Fits what was decoded to a type.
 * @param dynamic reads what stands where the type is `dynamic`
 * @throws ValueFault naming the path of the first value that does not fit
 */
export function fit(
  raw: Raw,
  type: Type,
  strictness: Strictness,
  dynamic: (raw: Raw, path: string) => Value,
  path = "",
): Value {
  const wrong = (want: string): never => {
    throw new ValueFault(path, `${want} is wanted, not ${describe(raw)}`);
  };
  if (raw === UNKNOWN) return UNKNOWN;
  if (raw === null || raw === undefined) return null;
  if (type === "string") return typeof raw === "string" ? raw : wrong("a string");
  if (type === "bool") return typeof raw === "boolean" ? raw : wrong("a bool");
  if (type === "number") return numberFrom(raw) ?? wrong("a number");
  if (type === "dynamic") return dynamic(raw, path);
  const inner = (item: Raw, of: Type, name: string | number) => fit(item, of, strictness, dynamic, under(path, name));
  switch (type[0]) {
    case "list":
    case "set":
      return Array.isArray(raw) ? raw.map((item, i) => inner(item, type[1], i)) : wrong("a list");
    case "tuple": {
      if (!Array.isArray(raw) || raw.length !== type[1].length) return wrong(`a list of ${type[1].length}`);
      return raw.map((item, i) => inner(item, type[1][i]!, i));
    }
    case "map": {
      if (!isRecord(raw)) return wrong("a map");
      return Object.fromEntries(Object.entries(raw).map(([name, item]) => [name, inner(item, type[1], name)]));
    }
    case "object": {
      if (!isRecord(raw)) return wrong("an object");
      const names = Object.keys(type[1]);
      if (strictness === "exact") {
        const missing = names.find((name) => !Object.hasOwn(raw, name));
        if (missing !== undefined) throw new ValueFault(under(path, missing), "is missing");
        const extra = Object.keys(raw).find((name) => !Object.hasOwn(type[1], name));
        if (extra !== undefined) throw new ValueFault(under(path, extra), "is not an attribute of the type");
      }
      return Object.fromEntries(
        names.map((name) => [name, inner(Object.hasOwn(raw, name) ? raw[name] : null, type[1][name]!, name)]),
      );
    }
  }
}

function numberFrom(raw: Raw): number | Decimal | undefined {
  if (typeof raw === "bigint") return numberOf(String(raw));
  if (typeof raw === "number") return Number.isFinite(raw) ? raw : undefined;
  return typeof raw === "string" ? numberOf(raw) : undefined;
}

/**
 * A value from plain JSON, as states are kept: attributes that the type does not have are dropped, missing ones null.
 * @throws ValueFault
 */
export const fromJson = (json: Raw, type: Type): Value =>
  fit(json, type, "lenient", (raw, path) => {
    // Terraform writes `{"value": …, "type": …}` where the type is dynamic.
    if (!isRecord(raw) || !Object.hasOwn(raw, "type")) throw new ValueFault(path, "has no type of its own");
    return fromJson(raw["value"], raw["type"] as Type);
  });

/** Plain JSON of a value for those who need no more than that: what is unknown is left out, or null in a list. */
export function toJson(value: Value): Json {
  if (value === UNKNOWN) return null;
  if (value instanceof Decimal) return Number(value.text);
  if (Array.isArray(value)) return (value as readonly Value[]).map(toJson);
  if (!isObjectValue(value)) return value as Json;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === UNKNOWN ? [] : [[name, toJson(item)]])),
  );
}

/** JSON of a known value that `fromJson` reads back without loss: a number with too many digits is its text. */
export function storedJson(value: Value): Json {
  if (value instanceof Decimal) return value.text;
  if (Array.isArray(value)) return (value as readonly Value[]).map(storedJson);
  if (!isObjectValue(value)) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, storedJson(item)]));
}
