import type { Random } from "../../../local/engine/random";
import type { Json } from "../../../contract/json";
import type { Attributes } from "../../../local/plan/values";
import type { Attribute, Block, NestedBlock } from "../../../local/provider/schema/schema";
import type { Type } from "../../../local/provider/values/value";

/**
 * A configuration from a schema alone, as JSON: with everything that is required, and with the given share of what is
 * not. Values are of the right type and, where the rules list some, among the allowed; no more is promised.
 */
export function configOf(block: Block, random: Random, share: number): Attributes {
  const attributes = Object.entries(block.attributes).flatMap(([name, attribute]) => {
    const set = attribute.required || (attribute.optional && random.next() < share);
    return set ? [[name, valueOf(attribute.type, attribute, random)] as const] : [];
  });
  const blocks = Object.entries(block.blocks).flatMap(([name, nested]) => {
    const value = nestedOf(nested, random, share);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([...attributes, ...blocks]);
}

function nestedOf({ nesting, minItems, maxItems, block }: NestedBlock, random: Random, share: number) {
  const more = random.next() < share ? 1 + random.below(2) : 0;
  const count = Math.min(Math.max(minItems, more), maxItems || 3);
  const elements = Array.from({ length: count }, () => configOf(block, random, share));
  return nesting === "single" ? elements[0] : count === 0 ? undefined : elements;
}

function valueOf(type: Type, { rules }: Pick<Attribute, "rules">, random: Random): Json {
  if (type === "string") return rules.enum?.find(Boolean) ?? `text-${random.below(1_000)}`;
  if (type === "number") return random.below(2) ? random.below(100) : random.below(100) / 8;
  if (type === "bool") return random.below(2) === 0;
  if (type === "dynamic") return null;
  const inner = (of: Type) => valueOf(of, { rules: {} }, random);
  if (type[0] === "object") return Object.fromEntries(Object.entries(type[1]).map(([name, of]) => [name, inner(of)]));
  if (type[0] === "tuple") return type[1].map(inner);
  return type[0] === "map" ? { key: inner(type[1]), other: inner(type[1]) } : [inner(type[1]), inner(type[1])];
}
