/**
 * Writes the program that somebody would write by hand for a synthesized plan in bare cdktf: a statement per resource,
 * one file per stack, sub-path imports, references instead of strings, nothing computed. It is generated so that it
 * always makes exactly the resources of the plan it stands beside; the bench compares the two plans before it times
 * them.
 */

type Value = null | boolean | number | string | readonly Value[] | Block;
interface Block {
  readonly [key: string]: Value;
}

/** A stack's `cdk.tf.json`, as far as it is read here. */
export interface SynthesizedPlan {
  readonly provider: Readonly<Record<string, readonly Block[]>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly terraform: {
    readonly backend: Readonly<Record<string, Block>>;
    readonly required_providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
  };
}

/** Attributes whose keys are the user's own words. */
const MAPS = new Set(["labels", "user_labels", "default_labels", "environment_variables", "metadata", "triggers"]);
const META = new Set(["//", "depends_on", "lifecycle", "provider"]);

const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const pascal = (key: string) => camel(`_${key}`);
/** Resources that the bindings of hashicorp/google do not have are written on cdktf's own base classes. */
const isBound = (type: string, block: Block) => type.startsWith("google_") && block["provider"] === undefined;

export function bareProgram(stack: string, plan: SynthesizedPlan): string {
  const addresses = Object.entries(plan.resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, block]) => ({ address: `${type}.${name}`, type, name, block })),
  );
  const variables = new Map(addresses.map(({ address }, index) => [address, `r${index}`] as const));
  const variableOf = (address: string) => {
    const variable = variables.get(address);
    if (variable === undefined) throw new Error(`${stack} refers to ${address}, which it does not have`);
    return variable;
  };

  const text = (value: string): string => {
    const parts = value.split(/\$\{([^}]+)\}/);
    if (parts.length === 1) return JSON.stringify(value);
    const expressions = parts.map((part, index) => {
      if (index % 2 === 0) return part === "" ? [] : [JSON.stringify(part)];
      const [type, name, ...path] = part.split(".");
      // A list of one block is an object in the bindings.
      return [[variableOf(`${type}.${name}`), ...path.map((step) => camel(step.replace("[0]", "")))].join(".")];
    });
    return expressions.flat().join(" + ");
  };
  const source = (value: Value, verbatim: boolean, rename: (key: string) => string): string => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return `[${value.map((item) => source(item as Value, false, rename)).join(", ")}]`;
    if (value === null || typeof value !== "object") return String(value);
    const fields = Object.entries(value as Block).map(
      ([key, item]) => `${JSON.stringify(verbatim ? key : rename(key))}: ${source(item, MAPS.has(key), rename)}`,
    );
    return `{ ${fields.join(", ")} }`;
  };
  const camelSource = (block: Block) => source(without(block, META), false, camel).slice(1, -1);

  const imports = new Map<string, string>();
  const bound = (resource: string) => {
    const name = pascal(resource);
    imports.set(
      name,
      `const { ${name} } = require("@cdktf/provider-google/lib/${resource.replaceAll("_", "-")}/index.js");`,
    );
    return name;
  };

  const providers = Object.entries(plan.provider).map(([name, [block = {}]]) => {
    const { source: from, version } = plan.terraform.required_providers[name]!;
    return name === "google"
      ? `new ${providerClass(imports)}(stack, "google", {${camelSource(block)}});`
      : `const ${camel(name.replace("-", "_"))} = new RawProvider(stack, ${JSON.stringify(name)}, ${JSON.stringify({ source: from, version })}, ${JSON.stringify(block)});`;
  });
  const [[backend, where]] = Object.entries(plan.terraform.backend) as [[string, Block]];

  const statement = ({ address, type, name, block }: (typeof addresses)[number]) => {
    const head = `const ${variableOf(address)} = new`;
    const dependsOn = block["depends_on"] as readonly string[] | undefined;
    const meta = dependsOn ? `dependsOn: [${dependsOn.map(variableOf).join(", ")}], ` : "";
    if (!isBound(type, block)) {
      const provider = camel((block["provider"] as string).replace("-", "_"));
      const attributes = source(without(block, META), false, (key) => key);
      return `${head} Raw(stack, ${JSON.stringify(name)}, ${JSON.stringify(type)}, { ${meta}provider: ${provider} }, ${attributes});`;
    }
    const lifecycle = block["lifecycle"] ? `lifecycle: ${source(block["lifecycle"], false, camel)}, ` : "";
    const resource = bound(type.replace(/^google_/, ""));
    return `${head} ${resource}(stack, ${JSON.stringify(name)}, { ${meta}${lifecycle}${camelSource(block)} });`;
  };
  const statements = inOrder(addresses).map(statement);

  return [
    `const { ${pascal(backend)}Backend, TerraformProvider, TerraformResource, TerraformStack } = require("cdktf");`,
    ...imports.values(),
    RAW,
    `exports.build = (app) => {`,
    `const stack = new TerraformStack(app, ${JSON.stringify(stack)});`,
    `new ${pascal(backend)}Backend(stack, {${camelSource(where)}});`,
    ...providers,
    ...statements,
    `};`,
    "",
  ].join("\n");
}

/** The two small classes that stand in for bindings nobody should have to install for one resource. */
const RAW = `
class RawProvider extends TerraformProvider {
  constructor(scope, id, { source, version }, attributes) {
    super(scope, id, {
      terraformResourceType: id,
      terraformGeneratorMetadata: { providerName: id, providerVersion: version },
      terraformProviderSource: source,
    });
    this.attributes = attributes;
  }
  synthesizeAttributes() { return this.attributes; }
}
class Raw extends TerraformResource {
  constructor(scope, id, type, meta, attributes) {
    super(scope, id, { terraformResourceType: type, ...meta });
    this.attributes = attributes;
  }
  synthesizeAttributes() { return this.attributes; }
}`;

function providerClass(imports: Map<string, string>): string {
  imports.set("GoogleProvider", `const { GoogleProvider } = require("@cdktf/provider-google/lib/provider/index.js");`);
  return "GoogleProvider";
}

const without = (block: Block, keys: ReadonlySet<string>): Block =>
  Object.fromEntries(Object.entries(block).filter(([key]) => !keys.has(key)));

interface Addressed {
  readonly address: string;
  readonly block: Block;
}

/** What is referred to comes first. */
function inOrder<Resource extends Addressed>(resources: readonly Resource[]): readonly Resource[] {
  const byAddress = new Map(resources.map((resource) => [resource.address, resource]));
  const ordered = new Set<Resource>();
  const visit = (resource: Resource) => {
    if (ordered.has(resource)) return;
    const text = JSON.stringify(without(resource.block, new Set(["//"])));
    for (const [, type, name] of text.matchAll(/\b([a-z]\w*)\.([\w-]+)/g)) {
      const needed = byAddress.get(`${type}.${name}`);
      if (needed && needed !== resource) visit(needed);
    }
    ordered.add(resource);
  };
  resources.forEach(visit);
  return [...ordered];
}
