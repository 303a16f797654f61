/**
 * Writes `local/provider/schema/google.generated.json`: the schema of hashicorp/google with the rules that a plan
 * depends on, a line per type so that one type can be read without the others. `provider-schema/README.md` says where
 * the data comes from.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { PackedAttribute, PackedBlock, PackedNestedBlock, PackedSchema } from "../local/provider/schema/format";
import type { Rules } from "../local/provider/schema/schema";
import type { Generated } from "./generate";
import { schemaFromBindings } from "./provider-schema/bindings";
import type { SourceAttribute, SourceBlock, SourceSchema } from "./provider-schema/source";
import { FROM_BINDINGS, IAM_FORCE_NEW, LIMITS, SAMENESS, VALIDATORS } from "./provider-schema/facts";
import optionalComputed from "./provider-schema/optional-computed.json";

interface Source {
  readonly provider_schemas: Readonly<
    Record<
      string,
      {
        readonly provider: SourceSchema;
        readonly resource_schemas: Readonly<Record<string, SourceSchema>>;
        readonly data_source_schemas: Readonly<Record<string, SourceSchema>>;
      }
    >
  >;
}
interface SourceRule {
  readonly ForceNew?: 1;
  readonly Deprecated?: 1;
  readonly Default?: string | number | boolean;
  readonly Enum?: readonly string[];
  readonly Regexp?: string;
  readonly ConflictsWith?: readonly string[];
  readonly ExactlyOneOf?: readonly string[];
  readonly AtLeastOneOf?: readonly string[];
  readonly RequiredWith?: readonly string[];
  /** Name of the function that checks the value. */
  readonly Validate?: string;
}
type SourceRules = Readonly<Record<string, SourceRule>>;

export default function generate(): Generated {
  const { provider_schemas } = read("schema.json.gz") as Source;
  const rules = read("rules.json.gz") as Readonly<Record<string, SourceRules>>;
  const [source] = Object.values(provider_schemas);
  if (!source) throw new Error("schema.json.gz holds no provider");
  const types = new Set([...Object.keys(source.resource_schemas), ...Object.keys(FROM_BINDINGS)]);
  const lines = [
    line("provider", pack("provider", source.provider, {})),
    ...[...types].map((type) => {
      const archived = source.resource_schemas[type];
      const schema = Object.hasOwn(FROM_BINDINGS, type) ? fromBindings(type, archived) : archived!;
      return line(type, pack(type, schema, rules[type] ?? {}));
    }),
    ...Object.entries(source.data_source_schemas).map(([type, schema]) =>
      line(`data.${type}`, pack(`data.${type}`, schema, {})),
    ),
  ];
  return { "local/provider/schema/google.generated.json": `{\n${lines.sort().join(",\n")}\n}\n` };
}

/** What the bindings have, with what only the archive and our own look-ups say of it. */
function fromBindings(type: string, archived: SourceSchema | undefined): SourceSchema {
  const { computed = [], sensitive = [] } = FROM_BINDINGS[type]!;
  const said = archived ? pathsOf(archived.block) : [];
  const schema = schemaFromBindings(type, {
    computed: new Set([
      ...computedOf(type),
      ...computed,
      ...said.filter(([, { optional, computed }]) => optional && computed).map(([path]) => path),
    ]),
    sensitive: new Set([...sensitive, ...said.filter(([, one]) => one.sensitive).map(([path]) => path)]),
  });
  return { ...schema, ...(archived?.version && { version: archived.version }) };
}

const pathsOf = ({ attributes = {}, block_types = {} }: SourceBlock, prefix = ""): [string, SourceAttribute][] => [
  ...Object.entries(attributes).map(([name, one]): [string, SourceAttribute] => [`${prefix}${name}`, one]),
  ...Object.entries(block_types).flatMap(([name, { block }]) => pathsOf(block, `${prefix}${name}.`)),
];

const computedOf = (type: string): ReadonlySet<string> =>
  new Set((optionalComputed as Readonly<Record<string, readonly string[]>>)[type]);

/** Checks of a type that the provider makes by functions of which only the name is known: path and name. */
export function unknownChecks(type: string): readonly (readonly [path: string, check: string])[] {
  const rules = (read("rules.json.gz") as Readonly<Record<string, SourceRules>>)[type] ?? {};
  return Object.entries(rules).flatMap(([path, { Validate: check }]) =>
    check === undefined || VALIDATORS[check] || LIMITS[type]?.[path] ? [] : [[path, check] as const],
  );
}

const read = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(join(__dirname, "provider-schema", name))).toString("utf8"));

const line = (name: string, schema: PackedSchema): string => `${JSON.stringify(name)}:${JSON.stringify(schema)}`;

export function pack(type: string, { version, block }: SourceSchema, rules: SourceRules): PackedSchema {
  const known = new Set<string>();
  const context: Context = {
    type,
    computed: computedOf(type),
    forceNew: new Set(FROM_BINDINGS[type]?.forceNew ?? IAM_FORCE_NEW.find(([suffix]) => suffix.test(type))?.[1]),
    ruleOf(path) {
      known.add(path);
      return rules[path] ?? {};
    },
  };
  const packed = { ...(version && { version }), ...packBlock(block, "", context) };
  const looked = [
    ...[LIMITS, SAMENESS].flatMap((facts) => Object.keys(facts[type] ?? {})),
    ...(FROM_BINDINGS[type]?.forceNew ?? []),
  ];
  const named = [...Object.keys(rules), ...looked, ...context.computed];
  const lost = named.filter((path) => !known.has(path));
  if (lost.length > 0) throw new Error(`${type} has rules for what its schema lacks: ${lost.join(", ")}`);
  return packed;
}

interface Context {
  readonly type: string;
  readonly computed: ReadonlySet<string>;
  readonly forceNew: ReadonlySet<string>;
  ruleOf(path: string): SourceRule;
}

function packBlock({ attributes = {}, block_types = {} }: SourceBlock, prefix: string, context: Context): PackedBlock {
  const a = Object.entries(attributes).map(([name, attribute]): [string, PackedAttribute] => {
    const path = `${prefix}${name}`;
    const rule = context.ruleOf(path);
    // Terraform refuses a provider whole when a single attribute is both.
    if (attribute.required && (attribute.computed || attribute.optional))
      throw new Error(`${context.type}.${path} is required and also optional or computed`);
    const flags = [
      attribute.required && "r",
      attribute.optional && "o",
      attribute.computed && "c",
      attribute.sensitive && "s",
      attribute.write_only && "w",
      (attribute.deprecated || rule.Deprecated) && "d",
      (rule.ForceNew || context.forceNew.has(path)) && "f",
    ];
    const rules = packRules(rule, { ...LIMITS[context.type]?.[path], ...SAMENESS[context.type]?.[path] });
    const letters = flags.filter(Boolean).join("");
    return [name, rules ? [letters, attribute.type, rules] : [letters, attribute.type]];
  });
  const b = Object.entries(block_types).map(([name, nested]): [string, PackedNestedBlock] => {
    const path = `${prefix}${name}`;
    const rule = context.ruleOf(path);
    const flags = [
      context.computed.has(path) && "c",
      rule.Deprecated && "d",
      (rule.ForceNew || context.forceNew.has(path)) && "f",
    ];
    const letters = flags.filter(Boolean).join("");
    const rules = packRules(rule);
    const head = {
      nesting: nested.nesting_mode,
      ...(letters && { flags: letters }),
      ...(nested.min_items && { min: nested.min_items }),
      ...(nested.max_items && { max: nested.max_items }),
      ...(rules && { rules }),
    };
    return [name, { ...head, ...packBlock(nested.block, `${path}.`, context) }];
  });
  return {
    ...(a.length > 0 && { a: Object.fromEntries(a) }),
    ...(b.length > 0 && { b: Object.fromEntries(b) }),
  };
}

/** @param facts what is known beside the extraction */
function packRules(rule: SourceRule, facts?: Rules): Rules | undefined {
  const rules: Rules = {
    ...(rule.Validate !== undefined && VALIDATORS[rule.Validate]),
    ...facts,
    ...(rule.Default !== undefined && { default: rule.Default }),
    ...(rule.Enum && { enum: rule.Enum }),
    ...(rule.Regexp && compiles(rule.Regexp) && { pattern: rule.Regexp }),
    ...(rule.ConflictsWith?.length && { conflictsWith: rule.ConflictsWith.map(dotted) }),
    ...(rule.ExactlyOneOf?.length && { exactlyOneOf: rule.ExactlyOneOf.map(dotted) }),
    ...(rule.AtLeastOneOf?.length && { atLeastOneOf: rule.AtLeastOneOf.map(dotted) }),
    ...(rule.RequiredWith?.length && { requiredWith: rule.RequiredWith.map(dotted) }),
  };
  return Object.keys(rules).length > 0 ? rules : undefined;
}

/** `push_config.0.oidc_token` as this project writes paths through blocks. */
const dotted = (path: string): string =>
  path
    .split(".")
    .filter((part) => part !== "0")
    .join(".");

/** One expression of the provider is malformed in JavaScript as it is in Go; a rule that cannot be read is left out. */
function compiles(pattern: string): boolean {
  try {
    void new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}
