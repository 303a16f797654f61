import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Nesting } from "../../local/provider/schema/schema";
import type { Type } from "../../local/provider/values/value";
import type { SourceAttribute, SourceBlock, SourceNestedBlock, SourceSchema } from "./source";

/** Paths of arguments that Google fills, and of secrets: bindings do not say so. */
export interface Unsaid {
  readonly computed: ReadonlySet<string>;
  readonly sensitive: ReadonlySet<string>;
}

const lib = join(dirname(require.resolve("@cdktf/provider-google/package.json")), "lib");

/**
 * The schema of a resource type as its compiled bindings have it: names, types, what is required, nesting. What is
 * settable has a setter; what is optional can be reset; the kind of a block is that of the class that reads it.
 */
export function schemaFromBindings(type: string, unsaid: Unsaid): SourceSchema {
  const folder = type.replace(/^google_/, "").replaceAll("_", "-");
  const source = readFileSync(join(lib, folder, "index.js"), "utf8");
  const classes = new Map(
    [...source.matchAll(/^class (\w+) extends cdktf\.(?:ComplexObject|TerraformResource) \{\n([\s\S]*?)^\}/gm)].map(
      ([, name, body]) => [name!, body!] as const,
    ),
  );
  const root = [...classes].find(([, body]) => body.includes("generateConfigForImport"));
  if (!root) throw new Error(`${type} has no bindings`);
  const known = new Set<string>();
  const block = blockOf({ source, classes, unsaid, known }, root[0], "");
  const lost = Object.values(unsaid).flatMap((paths: ReadonlySet<string>) =>
    [...paths].filter((path) => !known.has(path)),
  );
  if (lost.length > 0) throw new Error(`the bindings of ${type} have no ${lost.join(", ")}`);
  return { block };
}

interface Module {
  readonly source: string;
  readonly unsaid: Unsaid;
  /** Paths that have been read. */
  readonly known: Set<string>;
  /** Bodies by class name. */
  readonly classes: ReadonlyMap<string, string>;
}

const GETTER = /^ {4}get (\w+)\(\) \{\n {8}return (.*);$/gm;
const FIELD =
  /^ {8}(?:\/\/ \w+ - computed: (\w+), optional: (\w+), required: (\w+)\n {8})?this\._\w+ = new ([\w.]+)\(this, "(\w+)"(?:, (true|false))?\);$/gm;
const READS: Readonly<Record<string, Type>> = {
  getStringAttribute: "string",
  getNumberAttribute: "number",
  getBooleanAttribute: "bool",
  getListAttribute: ["list", "string"],
  getNumberListAttribute: ["list", "number"],
  getStringMapAttribute: ["map", "string"],
};

function blockOf(module: Module, name: string, prefix: string): SourceBlock {
  const body = module.classes.get(name);
  if (body === undefined) throw new Error(`the bindings have no class ${name}`);
  const { computed, sensitive } = module.unsaid;
  const attributes: Record<string, SourceAttribute> = {};
  const block_types: Record<string, SourceNestedBlock> = {};
  for (const [, property, expression] of body.matchAll(GETTER)) {
    const read = /this\.(get\w+)\('(\w+)'\)/.exec(expression!);
    const type = read && READS[read[1]!];
    if (!type) continue;
    const path = `${prefix}${read[2]}`;
    module.known.add(path);
    const settable = body.includes(`    set ${property}(value) {`);
    const optional = settable && body.includes(`    reset${property![0]!.toUpperCase()}${property!.slice(1)}() {`);
    attributes[read[2]!] = {
      type: expression!.includes("tolist(") ? asSet(type) : type,
      required: settable && !optional,
      optional,
      computed: !settable || (optional && (computed.has(path) || path === "id")),
      sensitive: sensitive.has(path),
    };
  }
  for (const [, isComputed, , required, made, field, isSet] of body.matchAll(FIELD)) {
    const path = `${prefix}${field}`;
    module.known.add(path);
    if (made === "cdktf.StringMap") attributes[field!] = { type: ["map", "string"], computed: true };
    else if (isComputed === "true") {
      const element =
        made === "cdktf.StringMapList" ? (["map", "string"] as const) : objectOf(module, elementOf(made!));
      attributes[field!] = { type: [isSet === "true" ? "set" : "list", element], computed: true };
    } else {
      const single = field === "timeouts";
      const inSet = isSet === "true" || isSetOfOne(module, name, field!);
      const nesting_mode: Nesting = single ? "single" : inSet ? "set" : "list";
      block_types[field!] = {
        nesting_mode,
        ...(required === "true" && { min_items: 1 }),
        ...(!made!.endsWith("List") && !single && { max_items: 1 }),
        block: blockOf(module, elementOf(made!), `${path}.`),
      };
    }
  }
  return { attributes, block_types };
}

/** Of a block that is there once at most, the class that reads it does not say so; what writes it does. */
function isSetOfOne({ source, classes }: Module, name: string, field: string): boolean {
  const writer = `function ${name[0]!.toLowerCase()}${name.slice(1).replace(/OutputReference$/, "")}ToHclTerraform(`;
  const begin = source.indexOf(writer);
  const text = begin < 0 ? classes.get(name)! : source.slice(begin, source.indexOf("\n}\n", begin));
  return new RegExp(`^ +${field}: \\{\\n.*\\n +isBlock: true,\\n +type: "set",$`, "m").test(text);
}

const elementOf = (name: string): string => name.replace(/List$/, "OutputReference");

const asSet = (type: Type): Type => (Array.isArray(type) && type[0] === "list" ? ["set", type[1] as Type] : type);

/** What is computed has no blocks: what is inside of it is part of its type. */
function objectOf(module: Module, name: string): Type {
  const { attributes = {}, block_types = {} } = blockOf(module, name, "\n");
  if (Object.keys(block_types).length > 0) throw new Error(`${name} is computed and has blocks`);
  return ["object", Object.fromEntries(Object.entries(attributes).map(([field, { type }]) => [field, type]))];
}
