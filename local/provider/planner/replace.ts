import { type Block, type NestedBlock, typeOfNested } from "../schema/schema";
import { isObjectValue, members, type ObjectValue, sameValue, UNKNOWN, type Value } from "../values/value";

/** Names of attributes and blocks, and indices into lists. */
export type Path = readonly (string | number)[];

/** Paths whose change makes the provider replace the resource. What will be known later counts as changed. */
export function replacements(block: Block, prior: ObjectValue, planned: ObjectValue, path: Path = []): Path[] {
  const attributes = Object.entries(block.attributes)
    .filter(([name, { forceNew, type }]) => forceNew && !sameValue(prior[name] ?? null, planned[name] ?? null, type))
    .map(([name]) => [...path, name]);
  const nested = Object.entries(block.blocks).flatMap(([name, nested]) =>
    nestedReplacements(nested, prior[name] ?? null, planned[name] ?? null, [...path, name]),
  );
  return [...attributes, ...nested];
}

function nestedReplacements(nested: NestedBlock, prior: Value, planned: Value, path: Path): Path[] {
  if (sameValue(prior, planned, typeOfNested(nested))) return [];
  const fixed = nested.forceNew || hasForceNew(nested.block);
  // Elements of a set cannot be named, and of what is unknown there are none.
  if (planned === UNKNOWN || nested.nesting === "set") return fixed ? [path] : [];
  if (nested.nesting === "single") return replacements(nested.block, object(prior), object(planned), path);
  const [before, after] = [members(prior), members(planned)];
  if (nested.forceNew && before.length !== after.length) return [path];
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => i).flatMap((i) =>
    after[i] === UNKNOWN
      ? fixed
        ? [[...path, i]]
        : []
      : replacements(nested.block, object(before[i]), object(after[i]), [...path, i]),
  );
}

/** An element that is not there has nothing set. */
const object = (value: Value | undefined): ObjectValue => (isObjectValue(value) ? value : {});

const hasForceNew = (block: Block): boolean =>
  Object.values(block.attributes).some(({ forceNew }) => forceNew) ||
  Object.values(block.blocks).some(({ forceNew, block }) => forceNew || hasForceNew(block));
