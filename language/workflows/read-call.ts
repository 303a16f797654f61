import type { Position } from "./fault";
import { LIMITS } from "./limits";
import type { Action, Assignment, Target, Template } from "./model";
import { describe, misfit, readTarget, readTemplate, report, type Reader } from "./reader";
import type { Entry, Source } from "./source";

/** What stands below the keys of a step. */
export type Fields = ReadonlyMap<string, Entry>;

export const nameOf = (source: Source | undefined): string | undefined =>
  source?.kind === "scalar" && source.value !== null ? String(source.value) : undefined;

export function readAssignments(source: Source, at: Position, reader: Reader): Assignment[] {
  if (source.kind !== "list") {
    return misfit(reader, source, "assign needs a list", "write `- variable: value` for each") ?? [];
  }
  atMost(source.items.length, 1, LIMITS.assignments, "assignments", at, reader);
  return source.items.flatMap((item) => {
    const entry = item.kind === "map" && item.entries.length === 1 ? item.entries[0] : undefined;
    if (!entry) {
      report(reader, "MR6011", item.at, "an assignment is a map with one key", "write `- variable: value`");
      return [];
    }
    const target = readTarget(entry.key, entry.keyAt, reader);
    const value = readTemplate(entry.value, reader);
    return target ? [{ target, value }] : [];
  });
}

/** Holds a number to Google's limits. */
export function atMost(count: number, least: number, most: number, what: string, at: Position, reader: Reader): void {
  if (count > most || count < least)
    report(
      reader,
      "MR6012",
      at,
      `${count} ${what}, and Google takes ${least} to ${most}`,
      count > most ? "split the step" : `add ${what}`,
    );
}

export function readCall(fields: Fields, { value, keyAt }: Entry, reader: Reader): Action | undefined {
  const name = nameOf(value);
  if (name === undefined)
    return misfit(reader, value, "call needs the name of a function", "name a function or a sub-workflow");
  const given = fields.get("args")?.value;
  let args: { named: (readonly [string, Template])[] } | { positional: Template[] } = { named: [] };
  if (given?.kind === "list") args = { positional: given.items.map((item) => readTemplate(item, reader)) };
  else if (given?.kind === "map")
    args = { named: given.entries.map(({ key, value }) => [key, readTemplate(value, reader)] as const) };
  else if (given && given.value !== null)
    report(
      reader,
      "MR6011",
      given.at,
      `args needs a map or a list, found ${describe(given)}`,
      "write `name: value` for each argument",
    );
  const result = readResult(fields.get("result"), reader);
  return { kind: "call", function: name, args, ...(result && { result }), at: keyAt };
}

function readResult(entry: Entry | undefined, reader: Reader): Target | undefined {
  if (!entry) return undefined;
  const name = nameOf(entry.value);
  if (name !== undefined) return readTarget(name, entry.value.at, reader);
  return misfit(reader, entry.value, "result needs a variable", "name a variable");
}
