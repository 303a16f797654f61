import { asBlocks, at } from "../engine/adapters/adapter";
import { type Attributes, isObject, type Value } from "../plan/values";
import { isKnown } from "./unknown";

/** A value that is set, and that nobody knows before Terraform does. */
export const OPEN = Symbol("open");

/** The value at a path through blocks: undefined when unset, OPEN when it cannot be known. */
function valueAt(of: Attributes, path: string): Value | undefined | typeof OPEN {
  let value: Value | undefined = of;
  for (const name of path.split(".")) {
    if (Array.isArray(value)) value = value[0] as Value | undefined;
    if (typeof value === "string") return isKnown(value) ? undefined : OPEN;
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value === null ? undefined : value;
}

/** Text at a path, tokens included; undefined when unset or empty. */
export function textAt(of: Attributes, path: string): string | undefined {
  const value = valueAt(of, path);
  if (value === OPEN || value === undefined || typeof value === "object") return undefined;
  return value === "" ? undefined : String(value);
}

/** A number at a path; `unset` when it is not set, undefined when nobody knows. */
export function numberAt(of: Attributes, path: string, unset: number): number | undefined {
  const value = valueAt(of, path);
  if (value === undefined || value === "") return unset;
  if (value === OPEN || !isKnown(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A duration of Google's APIs (`600s`) in seconds; `unset` when it is not set, undefined when nobody knows. */
export function secondsAt<Unset>(of: Attributes, path: string, unset: Unset): number | Unset | undefined {
  const value = valueAt(of, path);
  if (value === undefined || value === "") return unset;
  const seconds = typeof value === "string" ? /^(\d+(?:\.\d+)?)s$/.exec(value)?.[1] : undefined;
  return seconds === undefined ? undefined : Number(seconds);
}

/** A flag at a path; undefined when nobody knows. */
export function flagAt(of: Attributes, path: string): boolean | undefined {
  const value = valueAt(of, path);
  if (value === undefined) return false;
  return value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
}

/** Whether a block or an argument is there; undefined when nobody knows. */
export function hasAt(of: Attributes, path: string): boolean | undefined {
  const value = valueAt(of, path);
  if (value === OPEN) return undefined;
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== "" && (typeof value !== "string" || isKnown(value) ? true : undefined);
}

/** Repeated blocks at a path. */
export const blocksAt = (of: Attributes, path: string): readonly Attributes[] => asBlocks(at(of, path));

/** Texts of a list, tokens included; undefined when nobody knows the list. */
export function textsAt(of: Attributes, path: string): readonly string[] | undefined {
  const value = valueAt(of, path);
  if (value === undefined) return [];
  if (value === OPEN || !Array.isArray(value)) return undefined;
  return (value as readonly Value[]).map((item) => (typeof item === "object" ? "" : String(item)));
}
