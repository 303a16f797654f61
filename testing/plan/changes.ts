import { canonicalJson, type Json } from "../../contract/json";
import { valueAt } from "./references";
import type { Attributes } from "./resource";

/** Stands in a plan for what nobody knows before it is applied; Terraform prints the same. */
export const knownAfterApply = "(known after apply)";

/** What is going to happen to a resource. */
export type PlannedAction = "add" | "change" | "replace" | "destroy" | "read" | "forget" | "none";

/** A resource or data source, and what a plan does to it. */
export interface PlannedChange {
  /** `google_pubsub_topic.Orders_1A2B`; a data source's begins with `data.` */
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly action: PlannedAction;
  /** What the state says; undefined for a resource that is new. */
  readonly before: Attributes | undefined;
  /** What is planned, with `knownAfterApply` for what is not known yet; undefined for a resource that goes. */
  readonly after: Attributes | undefined;
  /** Paths of the arguments that make it a replacement: `filter`. */
  readonly replacedBy: readonly string[];
  /** Paths of what is going to be different, sorted. */
  readonly changed: readonly string[];
  /** Paths of what is secret, before or after. */
  readonly sensitive: readonly string[];
  /** Address it had before, when it is moved. */
  readonly movedFrom?: string;
  /** What is planned at `push_config.push_endpoint`; undefined when nothing is. */
  get(path: string): Json | undefined;
}

/** How many resources a plan adds, changes in place, replaces and destroys. */
export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly destroy: number;
}

/** One of `resource_changes` in `terraform show -json`: https://developer.hashicorp.com/terraform/internals/json-format */
export interface ChangeJson {
  readonly address: string;
  readonly previous_address?: string;
  readonly type: string;
  readonly name: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before?: Json;
    readonly after?: Json;
    readonly after_unknown?: Json;
    readonly before_sensitive?: Json;
    readonly after_sensitive?: Json;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

const ACTIONS: Readonly<Record<string, PlannedAction>> = {
  create: "add",
  update: "change",
  "delete,create": "replace",
  "create,delete": "replace",
  delete: "destroy",
  read: "read",
  forget: "forget",
  "no-op": "none",
};

export function changeOf({ address, previous_address: movedFrom, type, name, change }: ChangeJson): PlannedChange {
  const action = ACTIONS[change.actions.join()];
  if (!action) throw new Error(`${address}: a plan that does ${change.actions.join()} is from another Terraform`);
  const before = (change.before ?? undefined) as Attributes | undefined;
  const after =
    change.after === null || change.after === undefined
      ? undefined
      : (withUnknown(change.after, change.after_unknown) as Attributes);
  return {
    address,
    type,
    name,
    action,
    before,
    after,
    replacedBy: (change.replace_paths ?? []).map((path) => path.join(".")).sort(),
    changed: after && before ? differing(before, after, "").sort() : [],
    sensitive: [...new Set([...marked(change.before_sensitive), ...marked(change.after_sensitive)])].sort(),
    ...(movedFrom !== undefined && movedFrom !== address && { movedFrom }),
    get: (path) => {
      const value = valueAt(after, path);
      return value === null ? undefined : value;
    },
  };
}

/** Terraform writes apart what is known and which of the rest is not. */
export function withUnknown(value: Json | undefined, unknown: Json | undefined): Json {
  if (unknown === true) return knownAfterApply;
  if (typeof unknown !== "object" || unknown === null) return value ?? null;
  if (Array.isArray(unknown)) {
    const known = (Array.isArray(value) ? value : []) as readonly Json[];
    return Array.from({ length: Math.max(known.length, unknown.length) }, (_, i) =>
      withUnknown(known[i], (unknown as readonly Json[])[i]),
    );
  }
  const known = (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}) as Attributes;
  const open = Object.entries(unknown as Attributes).map(
    ([name, inner]) => [name, withUnknown(known[name], inner)] as const,
  );
  return { ...known, ...Object.fromEntries(open) };
}

/** What is there: a plan has every argument, and null for those that are not set. */
export function withoutNulls(value: Attributes): Attributes;
export function withoutNulls(value: Json): Json;
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withoutNulls(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      inner === null ? [] : [[name, withoutNulls(inner as Json)] as const],
    ),
  );
}

function differing(before: Json, after: Json, path: string): string[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const isObject = (value: Json) => typeof value === "object" && value !== null;
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) return [path];
  const names = new Set([...Object.keys(before as object), ...Object.keys(after as object)]);
  return [...names].flatMap((name) =>
    differing(
      (before as Attributes)[name] ?? null,
      (after as Attributes)[name] ?? null,
      path ? `${path}.${name}` : name,
    ),
  );
}

/** Paths at which a structure says `true`. */
function marked(value: Json | undefined, path = ""): readonly string[] {
  if (value === true) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => marked(inner, path ? `${path}.${name}` : name));
}
