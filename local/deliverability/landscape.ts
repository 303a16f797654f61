import { completeByAdapter } from "../engine/adapters";
import { at } from "../engine/adapters/adapter";
import { orderOf } from "../plan/graph";
import { dependenciesOf, type Node, nodesOf, providerKey, REMOTE_STATE } from "../plan/nodes";
import { projectNumbers, UNKNOWN_PROJECT_NUMBER } from "../plan/project-number";
import { producerOf, section, type StackDocument } from "../plan/read";
import { emptyValues, instancesOf, scopeOf, type StackValues } from "../plan/resolve";
import { bind, type Scope } from "../plan/evaluate";
import { type Attributes, isObject, type Value } from "../plan/values";
import { evaluateOpen, evaluateOpenBody } from "./evaluate";
import { OPEN_ORDER } from "./plan-json";
import { isKnown, unknown } from "./unknown";

/** A resource or data source, with a token for whatever cannot be known. */
export interface Item {
  /** Unique over all stacks: `webhooks-dev/google_pubsub_topic.orders["a"]`. */
  readonly key: string;
  readonly stack: string;
  readonly type: string;
  readonly mode: "managed" | "data";
  /** What the document sets. */
  readonly config: Attributes;
  /** The same with what provider and Google add. */
  readonly attributes: Attributes;
  /** The project it belongs to. */
  readonly project: string;
  /** Path of the construct that wrote it, if the document says so. */
  readonly path?: string;
  /** Whether it will exist; `count` or `for_each` may leave that open. */
  readonly certain: boolean;
  /** Key of what all its instances share: what others depend on. */
  readonly node: string;
}

/** Everything that plans say, before anybody asks what it is good for. */
export interface Landscape {
  readonly items: readonly Item[];
  readonly ofType: (...types: readonly string[]) => readonly Item[];
  /** The number of a project; a token when the plans do not say. */
  readonly projectNumber: (project: string) => string;
  /** Whether one item is made only after another; true where nobody can know. */
  readonly waitsFor: (item: Item, other: Item) => boolean;
  /** Text of a template of some stack: how what stands beside a plan refers to it. */
  readonly text: (stack: string, template: string) => string;
  /** Modules that the documents call: what is in them is not seen. */
  readonly modules: readonly string[];
}

/** @param documents producers before consumers */
export function landscapeOf(documents: readonly StackDocument[]): Landscape {
  const ignore = () => {};
  const modules = documents.flatMap(({ stack, json }) =>
    Object.keys(section(json, "module")).map((name) => `${stack}/module.${name}`),
  );
  const nodes = new Map(documents.flatMap((document) => nodesOf(document, ignore)).map((node) => [node.key, node]));
  const values = new Map(documents.map((document) => [document.stack, emptyValues(document)]));
  const producer = (consumer: StackDocument, name: string): StackValues | undefined => {
    const state = section(section(consumer.json, "data"), REMOTE_STATE)[name];
    const names = documents.map(({ stack }) => stack);
    return values.get(producerOf(name, state, names, (stack) => values.get(stack)!.document)?.stack ?? "");
  };
  const dependencies = new Map(
    [...nodes.values()].map((node) => {
      const stackOf = (name: string) => producer(node.document, name)?.document.stack;
      return [node.key, dependenciesOf(node, nodes, stackOf)];
    }),
  );
  const { order, cycles } = orderOf(dependencies);
  const projectNumber = numberOf(documents);
  const scope = (node: Node) => {
    const own = values.get(node.document.stack)!;
    return scopeOf(own, (name) => producer(node.document, name), node.key, ignore);
  };

  const items: Item[] = [];
  for (const key of [...order, ...cycles.flat()]) {
    const node = nodes.get(key)!;
    const own = values.get(node.document.stack)!;
    if (node.kind === "resource" || node.kind === "data") {
      const settings = own.provider[nodes.get(providerKey(node, nodes) ?? "")?.name ?? ""];
      const made = itemsOf(node, scope(node), isObject(settings) ? settings : {}, projectNumber);
      items.push(...made.items);
      (own[node.kind][node.type] ??= {})[node.name] = made.value;
    } else {
      const value = evaluateOpenBody(node.body, scope(node), node.key);
      // Nobody is asked for the value of a variable.
      own[node.kind][node.name] = node.kind === "variable" && value === null ? unknown(`var.${node.name}`) : value;
    }
  }
  const byType = new Map<string, Item[]>();
  for (const item of items) {
    const group = byType.get(item.type);
    if (group) group.push(item);
    else byType.set(item.type, [item]);
  }
  const behind = reachable(dependencies);
  return {
    items,
    ofType: (...types) => types.flatMap((type) => byType.get(type) ?? []),
    projectNumber,
    waitsFor: (item, other) => behind(item.node).has(other.node) || isOpen(nodes.get(item.node)!),
    modules,
    text(stack, template) {
      const own = values.get(stack);
      if (!own || !template.includes("${")) return template;
      const body = nodesOf({ ...own.document, json: { locals: { it: template } } }, ignore)[0]!.body;
      const found =
        body.kind === "leaf"
          ? evaluateOpen(
              body.expression,
              scopeOf(own, () => undefined, "", ignore),
              "",
            )
          : null;
      return typeof found === "string" ? found : template;
    },
  };
}

/** The number that the documents mention, else a token: two principals of one project stay comparable. */
function numberOf(documents: readonly StackDocument[]): (project: string) => string {
  const mentioned = projectNumbers(documents);
  // The stand-in of nobody's number is a number that somebody may have.
  const real = JSON.stringify(documents.map(({ json }) => json)).includes(UNKNOWN_PROJECT_NUMBER);
  const known = new Map<string, string>();
  return (project) => {
    const number = known.get(project) ?? mentioned(project);
    known.set(project, number);
    return number === UNKNOWN_PROJECT_NUMBER && !real ? unknown(`number of ${project}`) : number;
  };
}

function itemsOf(node: Node, scope: Scope, provider: Attributes, projectNumber: (project: string) => string) {
  const { key, type, document, constructPath: path } = node;
  const mode = node.kind === "data" ? "data" : "managed";
  const settings = {
    project: unknown("the provider's project"),
    region: unknown("the provider's region"),
    ...provider,
  };
  const unfolded = unfold(node, scope);
  const context = { projectNumber, report: () => {} };
  const { certain } = unfolded;
  const items = unfolded.list.map(({ scope, suffix }): Item => {
    const place = `${key}${suffix}`;
    const body = evaluateOpenBody(node.body, scope, place);
    const config = isObject(body) ? body : {};
    const address = place.slice(document.stack.length + 1);
    const { stack, directory } = document;
    const resource = { mode, type, address, stack, directory, config, provider: settings } as const;
    // The adapters check what they read; here only what they know of Google's names is of interest.
    // What a file holds is not asked, and need not be read.
    const completed = type === "google_storage_bucket_object" ? undefined : completeByAdapter(resource, context);
    const attributes = completed ?? config;
    const project = at(config, "project") ?? settings.project;
    const home = typeof project === "string" ? project : unknown("a project");
    return {
      key: place,
      stack,
      type,
      mode,
      config,
      attributes,
      project: home,
      certain,
      node: key,
      ...(path !== undefined && { path }),
    };
  });
  return { items, value: unfolded.collect(items.map(({ attributes }) => attributes)) };
}

/** Whether what a node waits for is not all in its document. */
const isOpen = ({ dependsOn }: Node): boolean => dependsOn.some((chain) => chain.join(".") === OPEN_ORDER);

interface Unfolded {
  readonly list: readonly { readonly scope: Scope; readonly suffix: string }[];
  collect(made: readonly Value[]): Value;
  readonly certain: boolean;
}

/** What `count` and `for_each` make of a node; one instance stands for any number that is not known. */
function unfold(node: Node, scope: Scope): Unfolded {
  const argument = node.count ?? node.forEach;
  if (!argument) return { ...instancesOf(node, scope, () => {}), certain: true };
  const value = evaluateOpenBody(argument, scope, node.key);
  const countable = node.count ? isKnown(value) : !(typeof value === "string") && keysKnown(value);
  if (!countable) {
    const of = (name: string) => unknown(`${name} of ${node.key}`);
    const names: Readonly<Record<string, Value>> = node.count
      ? { count: { index: of("count.index") } }
      : { each: { key: of("each.key"), value: of("each.value") } };
    return {
      list: [{ scope: bind(scope, names), suffix: "" }],
      collect: ([only]) => only!,
      certain: false,
    };
  }
  const literal = { kind: "leaf", path: node.key, expression: { kind: "literal", value } } as const;
  const unfolded = instancesOf(
    { ...node, ...(node.count ? { count: literal } : { forEach: literal }) },
    scope,
    () => {},
  );
  return { ...unfolded, certain: true };
}

const keysKnown = (value: Value): boolean => (Array.isArray(value) ? isKnown(value) : true);

/** What stands behind a node in the graph of dependencies, computed when asked for. */
function reachable(dependencies: ReadonlyMap<string, readonly string[]>): (key: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (key) => {
    const found = known.get(key);
    if (found) return found;
    const seen = new Set<string>();
    const open = [...(dependencies.get(key) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(dependencies.get(next) ?? []));
    }
    known.set(key, seen);
    return seen;
  };
}
