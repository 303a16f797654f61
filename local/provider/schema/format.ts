import type { Type } from "../values/value";
import type { Attribute, Block, NestedBlock, Nesting, Rules, Schema } from "./schema";

/**
 * The form in which schemas are kept: short, since there are more than a thousand. A flag is a letter: `r`equired,
 * `o`ptional, `c`omputed, `s`ensitive, `w`rite-only, `d`eprecated, `f`orces replacement.
 */
export type PackedAttribute = readonly [flags: string, type: Type, rules?: Rules];

export interface PackedBlock {
  readonly a?: Readonly<Record<string, PackedAttribute>>;
  readonly b?: Readonly<Record<string, PackedNestedBlock>>;
}

export interface PackedNestedBlock extends PackedBlock {
  readonly nesting: Nesting;
  readonly flags?: string;
  readonly min?: number;
  readonly max?: number;
  readonly rules?: Rules;
}

export interface PackedSchema extends PackedBlock {
  /** @default 0 */
  readonly version?: number;
}

const NO_RULES: Rules = {};

export const unpackSchema = (packed: PackedSchema): Schema => ({
  version: packed.version ?? 0,
  block: unpackBlock(packed),
});

const mapValues = <T, U>(record: Readonly<Record<string, T>> | undefined, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, change(value)]));

const unpackBlock = ({ a, b }: PackedBlock): Block => ({
  attributes: mapValues(a, unpackAttribute),
  blocks: mapValues(b, unpackNested),
});

const unpackAttribute = ([flags, type, rules = NO_RULES]: PackedAttribute): Attribute => ({
  type,
  required: flags.includes("r"),
  optional: flags.includes("o"),
  computed: flags.includes("c"),
  sensitive: flags.includes("s"),
  writeOnly: flags.includes("w"),
  deprecated: flags.includes("d"),
  forceNew: flags.includes("f"),
  rules,
});

const unpackNested = (packed: PackedNestedBlock): NestedBlock => ({
  nesting: packed.nesting,
  minItems: packed.min ?? 0,
  maxItems: packed.max ?? 0,
  computed: packed.flags?.includes("c") ?? false,
  deprecated: packed.flags?.includes("d") ?? false,
  forceNew: packed.flags?.includes("f") ?? false,
  rules: packed.rules ?? NO_RULES,
  block: unpackBlock(packed),
});
