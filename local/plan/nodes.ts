import type { Issue } from "../../contract/issue";
import { nearest } from "../../language/nearest";
import { type Body, bodyReferences, parseBody } from "./body";
import { issue, suggest } from "./issues";
import { section, type StackDocument } from "./read";
import { type Attributes, isObject, type Value } from "./values";

/** What can be referred to in a stack. */
export interface Node {
  /** Unique over all stacks, for people too: `webhooks-dev/google_pubsub_topic.orders`, `webhooks-dev/local.name`. */
  readonly key: string;
  readonly document: StackDocument;
  readonly kind: "resource" | "data" | "local" | "variable" | "output" | "provider";
  /** Resource type; empty for the other kinds. */
  readonly type: string;
  /** Name in the document; a provider's is `google` or `google.alias`. */
  readonly name: string;
  readonly body: Body;
  /** Meta-arguments of a resource. */
  readonly count?: Body;
  readonly forEach?: Body;
  readonly provider?: string;
  /** Where the construct is, if the document says so. */
  readonly constructPath?: string;
  /** Chains named in `depends_on`. */
  readonly dependsOn: readonly (readonly string[])[];
}

const META = new Set(["//", "count", "for_each", "depends_on", "provider", "lifecycle", "connection", "provisioner"]);

/** Takes an issue together with the key of the node it spoils. */
export type Report = (issue: Issue, key: string) => void;

/** Every node of a document. Text that is no expression and blocks the engine cannot follow are reported. */
export function nodesOf(document: StackDocument, report: Report): Node[] {
  const { stack, json } = document;
  const make = (kind: Node["kind"], type: string, name: string, value: Value, more: Partial<Node> = {}): Node => {
    const key = `${stack}/${label(kind, type, name)}`;
    const body = parseBody(value, key, (found) => report(found, key));
    return { key, document, kind, type, name, body, dependsOn: [], ...more };
  };
  const block = (kind: "resource" | "data", type: string, name: string, value: Value): Node => {
    const written = isObject(value) ? value : {};
    const key = `${stack}/${label(kind, type, name)}`;
    const meta = section(written["//"], "metadata").path;
    const parse = (argument: "count" | "for_each") =>
      parseBody(written[argument]!, `${key}.${argument}`, (found) => report(found, key));
    return make(kind, type, name, without(written, META), {
      ...(written.count !== undefined && { count: parse("count") }),
      ...(written.for_each !== undefined && { forEach: parse("for_each") }),
      ...(typeof written.provider === "string" && { provider: written.provider }),
      ...(typeof meta === "string" && { constructPath: meta }),
      dependsOn: Array.isArray(written.depends_on) ? written.depends_on.map((item) => String(item).split(/[.[]/)) : [],
    });
  };
  const blocks = (kind: "resource" | "data") =>
    members(json[kind]).flatMap(([type, named]) =>
      members(named).map(([name, value]) => block(kind, type, name, value)),
    );
  for (const [name] of members(json.module)) {
    const key = `${stack}/module.${name}`;
    report(issue("MR4011", key, "the engine runs no module", "use constructs, or the resources themselves"), key);
  }
  return [
    ...members(json.variable).map(([name, value]) =>
      make("variable", "", name, section({ value }, "value").default ?? null),
    ),
    ...members(json.locals).map(([name, value]) => make("local", "", name, value)),
    ...members(json.provider).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).filter(isObject).map((settings: Attributes) => {
        const alias = typeof settings.alias === "string" ? `.${settings.alias}` : "";
        return make("provider", "", name + alias, settings);
      }),
    ),
    ...blocks("data").filter(({ type }) => type !== REMOTE_STATE),
    ...blocks("resource"),
    ...members(json.output).map(([name, value]) => make("output", "", name, section({ value }, "value").value ?? null)),
  ];
}

export const REMOTE_STATE = "terraform_remote_state";

const label = (kind: Node["kind"], type: string, name: string): string =>
  ({
    resource: `${type}.${name}`,
    data: `data.${type}.${name}`,
    local: `local.${name}`,
    variable: `var.${name}`,
    output: `output.${name}`,
    provider: `provider.${name}`,
  })[kind];

const members = (value: unknown): [string, Value][] =>
  isObject(value) ? Object.entries(value).filter(([key]) => key !== "//") : [];

const without = (value: Attributes, names: ReadonlySet<string>): Attributes =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !names.has(key)));

/** Names that are there without being declared. */
const BUILT_IN = new Set(["each", "count", "path", "terraform", "self"]);

/** Finds what a node refers to, by key; what is not declared anywhere is reported, if somebody wants to know. */
export function dependenciesOf(
  node: Node,
  nodes: ReadonlyMap<string, Node>,
  /** Stack that writes a remote state of this document. */
  producer: (name: string) => string | undefined,
  report?: (issue: Issue) => void,
): string[] {
  const { stack } = node.document;
  const chains = [
    ...bodyReferences(node.body),
    ...(node.count ? bodyReferences(node.count) : []),
    ...(node.forEach ? bodyReferences(node.forEach) : []),
    ...node.dependsOn,
  ];
  const keysUnder = (prefix: string) => [...nodes.keys()].filter((key) => key.startsWith(prefix));
  const resolve = (chain: readonly string[]): string[] => {
    const [root = "", first, second, third, output] = chain;
    if (BUILT_IN.has(root)) return [];
    if (root === "data" && first === REMOTE_STATE && second !== undefined) {
      const from = producer(second);
      const prefix = `${from}/output.`;
      return from === undefined
        ? []
        : third === "outputs" && output
          ? declared(prefix + output, chain)
          : keysUnder(prefix);
    }
    const name = root === "data" ? second : first;
    const prefix = `${stack}/${root === "data" ? `data.${first}.` : `${root}.`}`;
    if (name !== undefined) return declared(prefix + name, chain);
    // `type["name"]`: any of the type may be meant.
    const all = keysUnder(prefix);
    return all.length > 0 ? all : declared(prefix, chain);
  };
  const declared = (key: string, chain: readonly string[]): string[] => {
    if (nodes.has(key)) return [key];
    if (!report) return [];
    const candidates = keysUnder(`${key.split("/", 1)[0]}/`).map((known) => known.slice(known.indexOf("/") + 1));
    const wanted = key.slice(key.indexOf("/") + 1);
    const problem = `refers to ${chain.join(".")}, which nothing declares`;
    const near = nearest(wanted, candidates);
    report(issue("MR4005", node.key, problem, suggest(near, [], "declare it, or remove the reference")));
    return [];
  };
  const keys = chains.flatMap(resolve);
  const provider = providerKey(node, nodes);
  return [...new Set([...keys, ...(provider ? [provider] : [])])];
}

/** The provider a resource is configured by: the one it names, else the one its type is called after. */
export function providerKey(node: Node, nodes: ReadonlyMap<string, Node>): string | undefined {
  if (node.kind !== "resource" && node.kind !== "data") return undefined;
  const named = [node.provider, node.type.split("_", 1)[0], "google"].filter((name) => name !== undefined);
  return named.map((name) => `${node.document.stack}/provider.${name}`).find((key) => nodes.has(key));
}
