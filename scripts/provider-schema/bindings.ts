import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PackedAttribute, PackedBlock, PackedNestedBlock, PackedSchema } from "../../local/provider/schema/format";
import type { Type } from "../../local/provider/values/value";

/** What bindings do not say: paths of arguments that Google fills, and names of those whose change replaces. */
export interface Unsaid {
  readonly computed: ReadonlySet<string>;
  readonly forceNew: ReadonlySet<string>;
  readonly sensitive: ReadonlySet<string>;
}

const lib = join(dirname(require.resolve("@cdktf/provider-google/package.json")), "lib");

/**
 * The schema of a resource type as its compiled bindings have it: names, types, what is required, nesting. What is
 * settable has a setter; what is optional can be reset; the kind of a block is that of the class that reads it.
 */
export function schemaFromBindings(type: string, unsaid: Unsaid): PackedSchema {
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
  const schema = blockOf({ source, classes, unsaid, known }, root[0], "");
  const lost = Object.values(unsaid).flatMap((paths: ReadonlySet<string>) =>
    [...paths].filter((path) => !known.has(path)),
  );
  if (lost.length > 0) throw new Error(`the bindings of ${type} have no ${lost.join(", ")}`);
  return schema;
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

function blockOf(module: Module, name: string, prefix: string): PackedBlock {
  const body = module.classes.get(name);
  if (body === undefined) throw new Error(`the bindings have no class ${name}`);
  const { computed, forceNew, sensitive } = module.unsaid;
  const a: Record<string, PackedAttribute> = {};
  const b: Record<string, PackedNestedBlock> = {};
  for (const [, property, expression] of body.matchAll(GETTER)) {
    const read = /this\.(get\w+)\('(\w+)'\)/.exec(expression!);
    const type = read && READS[read[1]!];
    if (!type) continue;
    const path = `${prefix}${read[2]}`;
    module.known.add(path);
    const settable = body.includes(`    set ${property}(value) {`);
    const optional = settable && body.includes(`    reset${property![0]!.toUpperCase()}${property!.slice(1)}() {`);
    const flags = [
      settable && !optional && "r",
      optional && "o",
      (!settable || (optional && (computed.has(path) || path === "id"))) && "c",
      sensitive.has(path) && "s",
      forceNew.has(path) && "f",
    ];
    a[read[2]!] = [flags.filter(Boolean).join(""), expression!.includes("tolist(") ? asSet(type) : type];
  }
  for (const [, isComputed, , required, made, field, isSet] of body.matchAll(FIELD)) {
    const path = `${prefix}${field}`;
    module.known.add(path);
    if (made === "cdktf.StringMap") a[field!] = ["c", ["map", "string"]];
    else if (isComputed === "true")
      a[field!] = ["c", [isSet === "true" ? "set" : "list", objectOf(module, elementOf(made!))]];
    else {
      const plural = made!.endsWith("List");
      b[field!] = {
        nesting:
          field === "timeouts" ? "single" : isSet === "true" || isSetOfOne(module, name, field!) ? "set" : "list",
        ...(computed.has(path) && { flags: "c" }),
        ...(required === "true" && { min: 1 }),
        ...(!plural && field !== "timeouts" && { max: 1 }),
        ...blockOf(module, elementOf(made!), `${path}.`),
      };
    }
  }
  return { ...(Object.keys(a).length > 0 && { a }), ...(Object.keys(b).length > 0 && { b }) };
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
  const { a = {}, b = {} } = blockOf(module, name, "\n");
  if (Object.keys(b).length > 0) throw new Error(`${name} is computed and has blocks`);
  return ["object", Object.fromEntries(Object.entries(a).map(([field, [, type]]) => [field, type]))];
}
