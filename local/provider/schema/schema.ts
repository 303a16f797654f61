import type { Format } from "../values/formats";
import type { Sameness } from "../values/same";
import type { Type } from "../values/value";

/** What the provider demands of an argument beyond its type; paths are dotted and start at the resource. */
export interface Rules {
  readonly default?: string | number | boolean;
  /** Allowed values. */
  readonly enum?: readonly string[];
  /** Regular expression, with the flag `u`. */
  readonly pattern?: string;
  /** Form of a text that no pattern describes. */
  readonly format?: Format;
  /** Least and greatest number; null for no limit. */
  readonly range?: readonly [least: number | null, greatest: number | null];
  /** Least and greatest number of bytes of a text. */
  readonly length?: readonly [least: number, greatest: number];
  /** Names, as patterns, that a map must not have. */
  readonly refusedKeys?: readonly string[];
  /** How a value may differ from the one before without being a change. */
  readonly same?: Sameness;
  /** Names that Google adds to a map, which are no change. */
  readonly addedKeys?: readonly string[];
  readonly conflictsWith?: readonly string[];
  readonly exactlyOneOf?: readonly string[];
  readonly atLeastOneOf?: readonly string[];
  readonly requiredWith?: readonly string[];
}

export interface Attribute {
  readonly type: Type;
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
  readonly sensitive: boolean;
  readonly writeOnly: boolean;
  readonly deprecated: boolean;
  /** A change replaces the resource. */
  readonly forceNew: boolean;
  readonly rules: Rules;
}

export type Nesting = "single" | "list" | "set";

export interface NestedBlock {
  readonly nesting: Nesting;
  /** @default 0 */
  readonly minItems: number;
  /** 0: any number. */
  readonly maxItems: number;
  /** Google fills the block when the configuration leaves it out. */
  readonly computed: boolean;
  readonly deprecated: boolean;
  readonly forceNew: boolean;
  readonly rules: Rules;
  readonly block: Block;
}

export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, NestedBlock>>;
}

/** Schema of a resource type, a data source or a provider's own configuration. */
export interface Schema {
  readonly version: number;
  readonly block: Block;
}

const types = new WeakMap<Block, Type>();

/** The type of a block's value: an object of its attributes and, per nested block, an object or a list or set of them. */
export function typeOfBlock(block: Block): Type {
  const known = types.get(block);
  if (known) return known;
  const attributes = Object.entries(block.attributes).map(([name, { type }]) => [name, type] as const);
  const blocks = Object.entries(block.blocks).map(([name, nested]) => [name, typeOfNested(nested)] as const);
  const type: Type = ["object", Object.fromEntries([...attributes, ...blocks])];
  types.set(block, type);
  return type;
}

export const typeOfNested = ({ nesting, block }: NestedBlock): Type =>
  nesting === "single" ? typeOfBlock(block) : [nesting, typeOfBlock(block)];
