import { isDeepStrictEqual } from "node:util";
import type { Attributes, Value } from "../../plan/values";

/** How each field of a configuration is written in a plan. */
export type Written<C> = { readonly [K in keyof C]?: (value: C[K]) => Attributes };

export const seconds = (ms: number): string => `${ms / 1_000}s`;

/** Attributes of the fields in which what was found is not what was planned, as it was found. */
export function observed<C extends object>(planned: C, found: C | undefined, written: Written<C>): Attributes | "gone" {
  if (!found) return "gone";
  const names = (Object.keys(written) as (keyof C)[]).filter((name) => !isDeepStrictEqual(planned[name], found[name]));
  return Object.assign({}, ...names.map((name) => written[name]!(found[name]))) as Attributes;
}

/** A configuration as a plan says it, without what is as if it were not said. */
export function described<C extends object>(found: C, written: Written<C>): Attributes {
  const names = Object.keys(written) as (keyof C)[];
  const all = Object.assign({}, ...names.map((name) => written[name]!(found[name]))) as Attributes;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => says(value)));
}

const says = (value: Value): boolean =>
  value !== null && value !== false && value !== "" && !(Array.isArray(value) && value.length === 0);
