import type { Issue } from "../../contract/issue";
import { evaluateBody } from "./body";
import { orderOf } from "./graph";
import { issue } from "./issues";
import { dependenciesOf, type Node, nodesOf, providerKey, REMOTE_STATE, type Report } from "./nodes";
import { projectNumbers } from "./project-number";
import { producerOf, section, type StackDocument } from "./read";
import { emptyValues, instancesOf, scopeOf, standIn, type StackValues } from "./resolve";
import { type Attributes, isObject } from "./values";

/** A resource as written, its references resolved. */
export interface ResourceConfig {
  /** `managed` for `resource`, `data` for `data`. */
  readonly mode: "managed" | "data";
  readonly type: string;
  /** Unique within a stack: `google_pubsub_topic.orders`, with `[0]` or `["key"]` for an instance. */
  readonly address: string;
  readonly stack: string;
  /** Absolute folder at which relative paths of the configuration start. */
  readonly directory: string;
  /** What the document sets, without meta-arguments. */
  readonly config: Attributes;
  /** Settings of the provider that would create it. */
  readonly provider: Attributes;
  /** Path of the construct that wrote it, if the document says so. */
  readonly constructPath?: string;
}

/** A resource with the values that provider and Google would add. */
export interface PlannedResource extends ResourceConfig {
  readonly attributes: Attributes;
}

/** What a `Completion` may ask and say. */
export interface CompletionContext {
  /** The project's number, as the plan's own service agents and URLs tell it; otherwise `UNKNOWN_PROJECT_NUMBER`. */
  readonly projectNumber: (project: string) => string;
  readonly report: (issue: Issue) => void;
}

/**
 * Adds computed attributes and defaults to a configuration; undefined for a type it does not know. The joint to the
 * adapters: the plan itself knows no resource type.
 */
export type Completion = (resource: ResourceConfig, context: CompletionContext) => Attributes | undefined;

export interface Plan {
  /** Every stack read; the one asked for comes last. */
  readonly stacks: readonly string[];
  /** Each after all it refers to. */
  readonly resources: readonly PlannedResource[];
  /** Values of the outputs, by stack. */
  readonly outputs: Readonly<Record<string, Attributes>>;
  /** Everything wrong, errors and warnings; a plan with an error must not run. */
  readonly issues: readonly Issue[];
  readonly projectNumber: CompletionContext["projectNumber"];
}

/**
 * Resolves stacks to resources with known attributes. Never throws for what a document says: it is all in `issues`.
 * @param documents producers before consumers, as `readStacks` returns them
 */
export function makePlan(documents: readonly StackDocument[], complete: Completion): Plan {
  const issues: Issue[] = [];
  const failed = new Set<string>();
  const report: Report = (found, key) => {
    const said = issues.some(
      ({ code, path, problem }) => code === found.code && path === found.path && problem === found.problem,
    );
    if (!said) issues.push(found);
    if (found.severity === "error") failed.add(key);
  };
  const values = new Map(documents.map((document) => [document.stack, emptyValues(document)]));
  const producer = (consumer: StackDocument, name: string): StackValues | undefined => {
    const state = section(section(consumer.json, "data"), REMOTE_STATE)[name];
    const stacks = documents.map(({ stack }) => stack);
    return values.get(producerOf(name, state, stacks, (stack) => values.get(stack)!.document)?.stack ?? "");
  };
  const nodes = new Map(documents.flatMap((document) => nodesOf(document, report)).map((node) => [node.key, node]));
  const dependencies = new Map(
    [...nodes.values()].map((node) => {
      const stackOf = (name: string) => producer(node.document, name)?.document.stack;
      return [node.key, dependenciesOf(node, nodes, stackOf, (found) => report(found, node.key))];
    }),
  );
  const { order, cycles } = orderOf(dependencies);
  for (const cycle of cycles) issues.push(cycleIssue(cycle));

  const resources: PlannedResource[] = [];
  const projectNumber = projectNumbers(documents);
  const context = (key: string): CompletionContext => ({
    projectNumber,
    report: (found) => report(found, key),
  });
  for (const key of order) {
    // What rests on a fault would only repeat it.
    if (dependencies.get(key)!.some((dependency) => failed.has(dependency))) failed.add(key);
    if (failed.has(key)) continue;
    const node = nodes.get(key)!;
    const own = values.get(node.document.stack)!;
    const scope = scopeOf(
      own,
      (name) => producer(node.document, name),
      key,
      (found) => report(found, key),
    );
    const evaluated = () => evaluateBody(node.body, scope, (found) => report(found, key));
    if (node.kind === "resource" || node.kind === "data") {
      const provider = nodes.get(providerKey(node, nodes) ?? "");
      const settings = provider ? own.provider[provider.name] : undefined;
      const made = planResource(node, scope, isObject(settings) ? settings : {}, complete, context(key));
      resources.push(...made.resources);
      (own[node.kind][node.type] ??= {})[node.name] = made.value;
    } else if (node.kind !== "variable") own[node.kind][node.name] = evaluated();
    else if ((own.variable[node.name] = evaluated()) === null) report(variableIssue(node), key);
  }
  const outputs = Object.fromEntries([...values].map(([stack, { output }]) => [stack, { ...output }]));
  return { stacks: documents.map(({ stack }) => stack), resources, outputs, issues, projectNumber };
}

function planResource(
  node: Node,
  scope: ReturnType<typeof scopeOf>,
  provider: Attributes,
  complete: Completion,
  context: CompletionContext,
) {
  const { type, name, document, constructPath } = node;
  const mode = node.kind === "data" ? "data" : "managed";
  const instances = instancesOf(node, scope, context.report);
  const resources = instances.list.flatMap(({ scope, suffix }): PlannedResource[] => {
    let sound = true;
    const config = evaluateBody(node.body, scope, (found) => {
      sound &&= found.severity !== "error";
      context.report(found);
    });
    if (!sound) return [];
    const address = `${mode === "data" ? "data." : ""}${type}.${name}${suffix}`;
    const { stack, directory } = document;
    const where = {
      mode,
      type,
      address,
      stack,
      directory,
      provider,
      ...(constructPath !== undefined && { constructPath }),
    } as const;
    const resource: ResourceConfig = { ...where, config: isObject(config) ? config : {} };
    return [{ ...resource, attributes: complete(resource, context) ?? standIn(resource.config, address) }];
  });
  return { resources, value: instances.collect(resources.map(({ attributes }) => attributes)) };
}

const cycleIssue = (cycle: readonly string[]): Issue => {
  const loop = [...cycle, cycle[0]!].join(" → ");
  return issue("MR4009", cycle[0]!, `depends on itself: ${loop}`, "break the circle, for example with a literal name");
};

const variableIssue = (node: Node): Issue =>
  issue(
    "MR4010",
    node.key,
    "has no default, and nobody is asked here",
    "give it a default, or set the value in TypeScript",
  );
