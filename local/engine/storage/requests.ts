import { invalid } from "./errors";
import { type ObjectSettings, type Preconditions, SETTINGS } from "./types";

/** A JSON object. @throws GcsError when it is something else */
export function parseObject(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw invalid("the request is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("the request is no object");
  return value as Record<string, unknown>;
}

const TEXTS: ReadonlySet<string> = new Set(
  SETTINGS.filter((name) => !["metadata", "temporaryHold", "eventBasedHold"].includes(name)),
);

/** What a client wants of an object's settings; null takes one away. */
export type Changes = {
  readonly [Setting in Exclude<keyof ObjectSettings, "metadata">]?: ObjectSettings[Setting] | null;
} & {
  readonly metadata?: Readonly<Record<string, string | null>> | null;
};

/** The settings among a client's fields. @throws GcsError for what is of another type */
export function changesOf(fields: Readonly<Record<string, unknown>>): Changes {
  const changes: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    const value = fields[name];
    if (value === undefined) continue;
    const fits =
      value === null ||
      (TEXTS.has(name) && typeof value === "string") ||
      (name.endsWith("Hold") && typeof value === "boolean") ||
      (name === "metadata" && typeof value === "object" && !Array.isArray(value));
    if (!fits) throw invalid(`${name} cannot be ${JSON.stringify(value)}`);
    changes[name] = name === "metadata" && value !== null ? metadataOf(value as Record<string, unknown>) : value;
  }
  return changes;
}

/** The settings of a new object. */
export function settingsOf(fields: Readonly<Record<string, unknown>>): ObjectSettings {
  const given = Object.entries(changesOf(fields)).filter(([, value]) => value !== null);
  const settings = Object.fromEntries(given) as ObjectSettings;
  return settings.metadata ? { ...settings, metadata: withoutNulls(settings.metadata) } : settings;
}

const metadataOf = (value: Readonly<Record<string, unknown>>): Record<string, string | null> =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      item === null ? null : typeof item === "string" ? item : JSON.stringify(item),
    ]),
  );

/** Metadata after a change: a key with null goes. */
export const withoutNulls = (metadata: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter((entry): entry is [string, string] => entry[1] !== null));

const CONDITIONS = ["generationMatch", "generationNotMatch", "metagenerationMatch", "metagenerationNotMatch"] as const;

export function preconditionsOf(query: URLSearchParams): Preconditions {
  return Object.fromEntries(
    CONDITIONS.flatMap((name) => {
      const value = query.get(`if${name[0]!.toUpperCase()}${name.slice(1)}`);
      return value === null ? [] : [[name, value]];
    }),
  );
}
