import { type Attribute, type Block, type NestedBlock, type Rules, type Schema, typeOfBlock } from "../schema/schema";
import { meansTheSame, sameButFor } from "../values/same";
import { isObjectValue, members, type ObjectValue, sameValue, UNKNOWN, type Value } from "../values/value";
import { planLabels } from "./labels";
import { type Path, replacements } from "./replace";
import type { Settings } from "./settings";

export interface PlanRequest {
  readonly type: string;
  readonly schema: Schema;
  readonly settings: Settings;
  /** What the state says; null for a resource to be created. */
  readonly prior: ObjectValue | null;
  /** What the configuration says; null for a resource to be destroyed. */
  readonly config: ObjectValue | null;
}

export interface PlannedChange {
  readonly planned: ObjectValue | null;
  /** Paths whose change replaces the resource; empty: it is changed in place. */
  readonly requiresReplace: readonly Path[];
}

/**
 * What a resource will be, as the real provider answers: what the configuration sets, unless it says in other words what
 * is there; else the default, else what Google has said before, else unknown until it says so.
 */
export function planChange({ type, schema: { block }, settings, prior, config }: PlanRequest): PlannedChange {
  if (config === null) return { planned: null, requiresReplace: [] };
  const base = planBlock(block, config, prior ?? undefined);
  const scoped = { ...base, ...scope(type, block, config, settings) };
  const planned = { ...scoped, ...planLabels(scoped, prior ?? undefined, settings) };
  return { planned, requiresReplace: prior === null ? [] : replacements(block, prior, planned) };
}

/** @param prior undefined when there is no such object yet: what Google computes of it is unknown then */
function planBlock(block: Block, config: ObjectValue, prior: ObjectValue | undefined): ObjectValue {
  const attributes = Object.entries(block.attributes).map(
    ([name, attribute]) =>
      [name, planAttribute(attribute, config[name] ?? null, prior && (prior[name] ?? null))] as const,
  );
  const blocks = Object.entries(block.blocks).map(
    ([name, nested]) => [name, planNested(nested, config[name] ?? null, prior && (prior[name] ?? null))] as const,
  );
  return Object.fromEntries([...attributes, ...blocks]);
}

function planAttribute({ rules, computed, writeOnly }: Attribute, config: Value, prior: Value | undefined): Value {
  // What is written only is in no plan and in no state.
  if (writeOnly) return null;
  if (config !== null) return prior !== undefined && isNoChange(rules, prior, config) ? prior : config;
  if (rules.default !== undefined) return rules.default;
  if (!computed) return null;
  return prior === undefined ? UNKNOWN : prior;
}

/** Whether an argument says in other words what is there already. */
const isNoChange = ({ same, addedKeys }: Rules, prior: Value, config: Value): boolean =>
  (same !== undefined && meansTheSame(same, prior, config)) ||
  (addedKeys !== undefined && sameButFor(addedKeys, prior, config));

function planNested(nested: NestedBlock, config: Value, prior: Value | undefined): Value {
  // A `dynamic` block over a collection that is not known yet.
  if (config === UNKNOWN) return UNKNOWN;
  if (nested.nesting === "single") return isObjectValue(config) ? planBlock(nested.block, config, object(prior)) : null;
  const wanted = members(config);
  if (wanted.length === 0 && nested.computed) return prior ?? UNKNOWN;
  const before = members(prior).filter(isObjectValue);
  const match =
    nested.nesting === "list" ? (_: ObjectValue, index: number) => before[index] : setMatcher(nested, before);
  return wanted.map((element, index) =>
    isObjectValue(element) ? planBlock(nested.block, element, match(element, index)) : UNKNOWN,
  );
}

const object = (value: Value | undefined): ObjectValue | undefined => (isObjectValue(value) ? value : undefined);

/** Elements of a set have no place: one continues the first that agrees with all it configures, each at most once. */
function setMatcher(nested: NestedBlock, before: readonly ObjectValue[]) {
  const free = new Set(before);
  return (element: ObjectValue): ObjectValue | undefined => {
    for (const candidate of free)
      if (agrees(nested.block, element, candidate)) {
        free.delete(candidate);
        return candidate;
      }
    return undefined;
  };
}

/** Whether an object would be planned to be what is there. */
const agrees = (block: Block, config: ObjectValue, prior: ObjectValue): boolean =>
  sameValue(planBlock(block, config, prior), prior, typeOfBlock(block));

const SCOPES = ["project", "region", "zone"] as const;

/** Arguments the provider's own configuration stands in for, known when planning. Those of IAM resources are computed. */
function scope(type: string, { attributes }: Block, config: ObjectValue, settings: Settings): ObjectValue {
  if (/_iam_(member|binding|policy|audit_config)$/.test(type)) return {};
  const filled = SCOPES.filter((name) => {
    const attribute = attributes[name];
    return attribute?.optional && attribute.computed && config[name] === null && settings[name] !== null;
  });
  return Object.fromEntries(filled.map((name) => [name, settings[name]]));
}
