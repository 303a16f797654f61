import { StatusError } from "../../wire/rest";
import type { Fields, Value } from "./value";

/** Names of a field and its parents, outermost first. */
export type FieldPath = readonly string[];

const SEGMENT = /(?:([A-Za-z_][A-Za-z_0-9]*)|`((?:[^`\\]|\\.)+)`)(\.|$)/sy;

const segmentOf = (text: unknown) => (typeof text === "string" ? SEGMENT.exec(text) : null);

/**
 * Reads `a.b` and `` `a-b`.c ``.
 * @throws StatusError INVALID_ARGUMENT when the path is malformed
 */
export function parseFieldPath(text: unknown): FieldPath {
  const path: string[] = [];
  SEGMENT.lastIndex = 0;
  for (let match = segmentOf(text); match; match = segmentOf(text)) {
    path.push(match[1] ?? match[2]!.replace(/\\(.)/gs, "$1"));
    if (match[3] === "") return path;
  }
  throw new StatusError(
    "INVALID_ARGUMENT",
    `invalid field path ${JSON.stringify(text)}: names outside [a-zA-Z_][a-zA-Z_0-9]* go between backticks`,
  );
}

export function getField(fields: Fields, path: FieldPath): Value | undefined {
  let inside: Fields | undefined = fields;
  let value: Value | undefined;
  for (const name of path) {
    // `constructor` is a legal field name and every object inherits one.
    value = inside && Object.hasOwn(inside, name) ? inside[name] : undefined;
    inside = value && "mapValue" in value ? value.mapValue.fields : undefined;
  }
  return value;
}

/** A copy with the field set, its parents made maps where they are not; or, without a value, the field removed. */
export function withField(fields: Fields, path: FieldPath, value: Value | undefined): Fields {
  const [name, ...rest] = path;
  const { [name!]: found, ...others } = fields;
  const current = Object.hasOwn(fields, name!) ? found : undefined;
  if (rest.length === 0) return value === undefined ? others : { ...others, [name!]: value };
  const inner = current && "mapValue" in current ? (current.mapValue.fields ?? {}) : undefined;
  if (value === undefined && inner === undefined) return fields;
  const changed = withField(inner ?? {}, rest, value);
  return { ...others, [name!]: { mapValue: Object.keys(changed).length > 0 ? { fields: changed } : {} } };
}

/** The fields a mask keeps. */
export function maskFields(fields: Fields, mask: readonly FieldPath[]): Fields {
  let kept: Fields = {};
  for (const path of mask) {
    const value = getField(fields, path);
    if (value !== undefined) kept = withField(kept, path, value);
  }
  return kept;
}
