import type { Json } from "../../contract/json";
import { knownAfterApply, type PlannedAction, type PlannedChange } from "./changes";
import type { PlannedStack } from "./plan";
import type { Attributes } from "./resource";
import { type SnapshotOptions, linesOf, redacted } from "./snapshot";

export interface PlanSnapshotOptions extends SnapshotOptions {
  /** Shows what is known after apply only. @default true */
  readonly unknown?: boolean;
}

const MARKS: Readonly<Record<PlannedAction, string>> = {
  add: "+",
  change: "~",
  replace: "-/+",
  destroy: "-",
  read: "<=",
  forget: ".",
  none: " ",
};

const SUMMED = ["add", "change", "replace", "destroy"] as const satisfies readonly PlannedAction[];

/**
 * What a plan does, as text: for each resource that is not left alone its address and, sorted, what it is going to be;
 * of a change only what differs. The text is the same on every machine: hashes of archives and what is secret are
 * redacted. The sum is that of what is shown.
 */
export function planSnapshotOf({ changes }: Pick<PlannedStack, "changes">, options: PlanSnapshotOptions = {}): string {
  const { types, omit = [], unknown = true } = options;
  const shown = changes.filter(
    ({ action, type, movedFrom }) =>
      (action !== "none" || movedFrom !== undefined) && (types === undefined || types.includes(type)),
  );
  const lines = shown.map((change) => {
    const { action, address, movedFrom, replacedBy } = change;
    const notes = [
      movedFrom && `was ${movedFrom}`,
      replacedBy.length > 0 && `because of ${replacedBy.join(", ")}`,
    ].filter((note) => typeof note === "string");
    const head = [MARKS[action], address, ...(notes.length > 0 ? [`(${notes.join("; ")})`] : [])].join(" ").trim();
    return [head, ...argumentsOf(change, new Set(omit), unknown)].join("\n    ");
  });
  const sum = SUMMED.map((action) => `${shown.filter((one) => one.action === action).length} to ${action}`).join(", ");
  return redacted([...lines, sum].join("\n"));
}

function argumentsOf(change: PlannedChange, omit: ReadonlySet<string>, unknown: boolean): readonly string[] {
  const { before, after, sensitive, changed } = change;
  if (!after) return [];
  const isSecret = (path: string) => sensitive.some((one) => one === "" || path === one || path.startsWith(`${one}.`));
  const show = (path: string, value: Json | undefined) => {
    if (isSecret(path)) return "(sensitive value)";
    return value === knownAfterApply ? value : JSON.stringify(value ?? null);
  };
  if (before) {
    const paths = changed.filter((path) => !path.split(".").some((name) => omit.has(name)));
    return paths
      .map((path) => [path, exactly(before, path), exactly(after, path)] as const)
      .filter(([, , value]) => unknown || value !== knownAfterApply)
      .map(([path, old, value]) => `${path} = ${show(path, old)} -> ${show(path, value)}`);
  }
  return (
    linesOf("", after, omit, (path, value) => {
      return isSecret(path) || value === knownAfterApply ? `${path} = ${show(path, value)}` : undefined;
    })
      .filter((line) => unknown || !line.endsWith(` = ${knownAfterApply}`))
      // What is empty says no more than that there is nothing.
      .filter((line) => !/ = (null|\[\]|\{\})$/.test(line))
      .sort()
  );
}

/** The value at a path that names every index. */
const exactly = (value: Json, path: string): Json | undefined =>
  path === ""
    ? value
    : path.split(".").reduce<Json | undefined>((at, name) => (at as Attributes | null | undefined)?.[name], value);
