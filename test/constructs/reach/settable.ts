import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../repo/tree";
import type { Attributes } from "../../support/synth";

/** A resource type of the bindings, and every argument that can be set: `push_config.oidc_token.audience`. */
export interface Settable {
  readonly type: string;
  readonly paths: readonly string[];
}

const BINDINGS = join(root, "node_modules/@cdktf/provider-google/lib");

/** Declarations of one folder of the bindings; the large ones keep their structures in files of their own. */
const declarations = (folder: string): string =>
  [join(BINDINGS, folder), join(BINDINGS, folder, "index-structs")]
    .filter((one) => existsSync(one))
    .flatMap((one) =>
      readdirSync(one)
        .filter((file) => file.endsWith(".d.ts"))
        .map((file) => readFileSync(join(one, file), "utf8")),
    )
    .join("\n");

interface Property {
  /** As Terraform calls it; the bindings name it in the link of every property. */
  readonly name: string;
  readonly type: string;
}

const INTERFACE = /^export interface (\w+)(?: extends [\w.]+)? \{\n([\s\S]*?)^\}/gm;
const PROPERTY = /\{@link \S+ \w+#(\w+)\}[\s\S]*?readonly \w+\??: ([\s\S]*?);\n/g;

/** Arguments that every resource has and that say nothing of it. */
const COMMON = ["id", "timeouts"];

function propertiesOf(body: string): readonly Property[] {
  return [...body.matchAll(PROPERTY)].map(([, name, type]) => ({ name: name!, type: type! }));
}

/** Reads what the installed bindings let one set: a new release with a new argument fails the coverage test. */
export function settableOf(folder: string): Settable {
  const text = declarations(folder);
  const interfaces = new Map([...text.matchAll(INTERFACE)].map(([, name, body]) => [name!, propertiesOf(body!)]));
  const type = /static readonly tfResourceType = "(\w+)"/.exec(text)?.[1];
  const config = [...interfaces.keys()].find(
    (name) => name.endsWith("Config") && new RegExp(`config\\??: ${name}\\)`).test(text),
  );
  if (!type || !config) throw new Error(`${folder} has no resource and no configuration`);
  const walk = (name: string, prefix: string): string[] =>
    interfaces.get(name)!.flatMap((property) => {
      const path = prefix + property.name;
      // `{ [key: string]: string }` of a map has no name.
      const inner = /^\w+/.exec(property.type)?.[0] ?? "";
      return (interfaces.get(inner) ?? []).length > 0 ? walk(inner, `${path}.`) : [path];
    });
  return { type, paths: walk(config, "").filter((path) => !COMMON.includes(path.split(".")[0]!)) };
}

/** Folders of the bindings that `constructs/l1` touches, the provider itself and data sources aside. */
export function foldersInUse(): readonly string[] {
  const l1 = join(root, "constructs/l1");
  const text = readdirSync(l1).map((file) => readFileSync(join(l1, file), "utf8"));
  const folders = text.flatMap((one) => [...one.matchAll(/provider-google\/lib\/([\w-]+)\/index\.js/g)]);
  return [...new Set(folders.map(([, folder]) => folder!))]
    .filter((folder) => !/^(provider$|data-)/.test(folder))
    .sort();
}

/** Whether any of the attributes sets a path; elements of lists share one. */
export function isSet(attributes: Attributes, path: string): boolean {
  const [head, ...rest] = path.split(".");
  const value: unknown = attributes[head!];
  if (value === undefined || value === null) return false;
  if (rest.length === 0) return true;
  const inner = (Array.isArray(value) ? value : [value]) as readonly Attributes[];
  return inner.some((one) => typeof one === "object" && isSet(one, rest.join(".")));
}
