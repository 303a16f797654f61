import type { Field, Type } from "protobufjs/light";

/**
 * Canonical JSON of protobuf messages, as Google's REST surfaces speak it: durations as `"10s"`, timestamps as RFC
 * 3339, field masks as `"a,b"`, bytes as base64, 64-bit integers as text, enums by name, unset fields left out.
 * https://protobuf.dev/programming-guides/json/
 */
export type ProtoJson = Readonly<Record<string, unknown>>;

/** A value that cannot be what its field says. */
export class ProtoJsonError extends Error {}

interface Seconds {
  seconds?: number | string | { toNumber(): number };
  nanos?: number;
}

const secondsOf = ({ seconds = 0 }: Seconds) => (typeof seconds === "object" ? seconds.toNumber() : Number(seconds));
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

interface WellKnown {
  toJson(message: never): unknown;
  fromJson(json: unknown, path: string): unknown;
}

const text = (json: unknown, path: string, what: string): string => {
  if (typeof json === "string") return json;
  throw new ProtoJsonError(`${path} must be ${what}`);
};

const WELL_KNOWN: Readonly<Record<string, WellKnown>> = {
  ".google.protobuf.Duration": {
    toJson: (message: Seconds) => `${Number((secondsOf(message) + (message.nanos ?? 0) / 1e9).toFixed(9))}s`,
    fromJson(json, path) {
      const match = /^(-?\d+)(?:\.(\d{1,9}))?s$/.exec(text(json, path, 'a duration such as "10s"'));
      if (!match) throw new ProtoJsonError(`${path} must be a duration such as "10s"`);
      return { seconds: Number(match[1]), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
    },
  },
  ".google.protobuf.Timestamp": {
    toJson: (message: Seconds) => timestampText(secondsOf(message), message.nanos ?? 0),
    fromJson(json, path) {
      const given = text(json, path, "a timestamp (RFC 3339)");
      const ms = Date.parse(given);
      if (!Number.isFinite(ms)) throw new ProtoJsonError(`${path} must be a timestamp (RFC 3339)`);
      const fraction = /\.(\d{1,9})/.exec(given)?.[1] ?? "";
      return { seconds: Math.floor(ms / 1000), nanos: Number(fraction.padEnd(9, "0")) };
    },
  },
  ".google.protobuf.FieldMask": {
    toJson: ({ paths }: { paths?: string[] }) => (paths ?? []).map(camel).join(","),
    fromJson: (json, path) => ({
      paths: text(json, path, "a list of fields separated by commas").split(",").filter(Boolean).map(snake),
    }),
  },
};

/** Seconds since the epoch to the text Google prints: no fraction, milliseconds or microseconds, as many as needed. */
function timestampText(seconds: number, nanos: number): string {
  const base = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (nanos === 0) return `${base}Z`;
  const digits = nanos % 1e6 === 0 ? 3 : nanos % 1e3 === 0 ? 6 : 9;
  return `${base}.${String(nanos).padStart(9, "0").slice(0, digits)}Z`;
}

const wellKnown = (field: Field) => (field.resolvedType ? WELL_KNOWN[field.resolvedType.fullName] : undefined);
const LONGS = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** JSON of a decoded message. */
export function toProtoJson(type: Type, message: object): ProtoJson {
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = (message as Record<string, unknown>)[field.name];
    if (value === undefined || value === null || !Object.hasOwn(message, field.name)) continue;
    // Lists and maps have no presence: empty is unset.
    if ((field.map || field.repeated) && Object.keys(value).length === 0) continue;
    if (field.map)
      json[field.name] = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, itemToJson(field, item)]));
    else if (field.repeated) json[field.name] = (value as unknown[]).map((item) => itemToJson(field, item));
    else json[field.name] = itemToJson(field, value);
  }
  return json;
}

function itemToJson(field: Field, value: unknown): unknown {
  const known = wellKnown(field);
  if (known) return known.toJson(value as never);
  if (field.type === "bytes") return Buffer.from(value as Uint8Array).toString("base64");
  if (LONGS.has(field.type)) return String(value);
  if (!field.resolvedType) return value;
  if ("fieldsArray" in field.resolvedType) return toProtoJson(field.resolvedType, value as object);
  return field.resolvedType.valuesById[value as number] ?? value;
}

/**
 * The message that JSON stands for. Both `camelCase` and `snake_case` names are taken; unknown ones are refused.
 * @throws ProtoJsonError naming the path of the first value that does not fit
 */
export function fromProtoJson(type: Type, json: unknown, path = ""): object {
  if (json === null || typeof json !== "object" || Array.isArray(json))
    throw new ProtoJsonError(`${path || "the request"} must be an object`);
  const message: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    // `fields` is a plain object, which answers to "constructor" too.
    const known = [name, camel(name)].find((candidate) => Object.hasOwn(type.fields, candidate));
    const field = known === undefined ? undefined : type.fields[known];
    const at = path ? `${path}.${name}` : name;
    if (!field) throw new ProtoJsonError(`Unknown name "${name}"${path && ` at '${path}'`}: Cannot find field.`);
    if (value === null || value === undefined) continue;
    field.resolve();
    message[field.name] = fieldFromJson(field, value, at);
  }
  return message;
}

function fieldFromJson(field: Field, value: unknown, path: string): unknown {
  if (field.map) {
    if (typeof value !== "object" || Array.isArray(value)) throw new ProtoJsonError(`${path} must be an object`);
    const entries = Object.entries(value as object);
    return Object.fromEntries(entries.map(([key, item]) => [key, itemFromJson(field, item, `${path}.${key}`)]));
  }
  if (!field.repeated) return itemFromJson(field, value, path);
  if (!Array.isArray(value)) throw new ProtoJsonError(`${path} must be a list`);
  return value.map((item, i) => itemFromJson(field, item, `${path}[${i}]`));
}

function itemFromJson(field: Field, value: unknown, path: string): unknown {
  const known = wellKnown(field);
  if (known) return known.fromJson(value, path);
  if (field.resolvedType && "fieldsArray" in field.resolvedType) return fromProtoJson(field.resolvedType, value, path);
  if (field.resolvedType) {
    const id = typeof value === "number" ? value : field.resolvedType.values[text(value, path, "the name of a value")];
    if (id === undefined) throw new ProtoJsonError(`${path} has no value ${JSON.stringify(value)}`);
    return id;
  }
  switch (field.type) {
    case "string":
      return text(value, path, "text");
    case "bytes":
      return base64(text(value, path, "base64"), path);
    case "bool":
      if (typeof value === "boolean") return value;
      throw new ProtoJsonError(`${path} must be true or false`);
    default: {
      const number = typeof value === "string" && value !== "" ? Number(value) : value;
      const whole = field.type === "double" || field.type === "float" || Number.isInteger(number);
      if (typeof number === "number" && Number.isFinite(number) && whole) return number;
      throw new ProtoJsonError(`${path} must be a number`);
    }
  }
}

/** Node decodes anything; what is no base64 must not become other bytes in silence. */
function base64(value: string, path: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw new ProtoJsonError(`${path} must be base64`);
  return Buffer.from(value.replace(/-/g, "+").replace(/_/g, "/"), "base64");
}
