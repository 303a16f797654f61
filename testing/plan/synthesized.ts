import { TerraformStack } from "cdktf";
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";
import type { IConstruct } from "constructs";
import type { Json } from "../../contract/json";
import { grantsAmong, type PlannedGrant } from "./grants";
import { differences, type ExpectedProps } from "./match";
import { asReference, type Reference, referencesIn, withKnown } from "./references";
import { type Attributes, type PlannedResource, resourcesOf } from "./resource";
import { type SnapshotOptions, snapshotOf } from "./snapshot";

/** An app as Terraform JSON. */
export interface SynthesizedApp {
  /** Ids of the stacks, sorted. */
  readonly stacks: readonly string[];
  /** @throws Error that names the stacks there are */
  stack(id: string): SynthesizedStack;
}

/** One stack as Terraform JSON, and questions to it. */
export interface SynthesizedStack {
  readonly id: string;
  /** What `cdk.tf.json` will hold. */
  readonly json: Attributes;
  /** Resources of a type that have these properties, sorted by address. @default every resource */
  resources(type?: string, props?: ExpectedProps): readonly PlannedResource[];
  /** Data sources of a type that have these properties. */
  data(type?: string, props?: ExpectedProps): readonly PlannedResource[];
  /** The one resource of a type that has these properties. @throws Error that says what there is instead */
  resource(type: string, props?: ExpectedProps): PlannedResource;
  resourceCount(type: string, props?: ExpectedProps): number;
  /** Why no resource of the type has these properties: the differences of the nearest one; nothing when one has. */
  missing(type: string, props?: ExpectedProps): string | undefined;
  /** The resources of a type that do not have these properties, each with the differences. */
  without(type: string, props: ExpectedProps): readonly string[];
  /** The resource at an address, `google_pubsub_topic.Orders_1A2B`; data sources too. @throws Error */
  at(address: string): PlannedResource;
  /**
   * The resource that an argument refers to, of whatever stack of the app: the dead-letter topic of a subscription.
   * @param path `dead_letter_policy.dead_letter_topic`
   * @throws Error when the argument is absent or no reference
   */
  follow(resource: PlannedResource, path: string): PlannedResource;
  /** Everything that a resource refers to, in its own stack and others, sorted by address. */
  referencesOf(resource: PlannedResource): readonly PlannedResource[];
  /** Everything in this stack that refers to a resource. */
  referencesTo(resource: PlannedResource): readonly PlannedResource[];
  /** The argument as text, with references replaced where the plan knows the value. */
  text(value: Json | undefined): string;
  /** Who may do what on which resource. */
  grants(): readonly PlannedGrant[];
  /** The resources as sorted, redacted text. */
  snapshot(options?: SnapshotOptions): string;
}

/**
 * Synthesizes an app, or the app of a construct, without writing a file. Every stack is prepared before any is
 * rendered: references between stacks are only settled there. cdktf's `Testing.synth` does not, and renders a stack
 * that reads from another one wrongly.
 * @throws IssuesError with every error of the app
 */
export function synthesized(app: IConstruct): SynthesizedApp {
  const stacks = stacksOf(app);
  for (const stack of stacks) stack.prepareStack();
  for (const stack of stacks) {
    // An aspect may add constructs, and cdktf does not know whether it has.
    if (!visited.has(stack)) invokeAspects(stack);
    visited.add(stack);
  }
  const built = new Map<string, SynthesizedStack>();
  const stackOf = (id: string): SynthesizedStack => {
    const found = built.get(id);
    if (found) return found;
    throw new Error(`there is no stack "${id}"; there are: ${[...built.keys()].sort().join(", ") || "none"}`);
  };
  for (const stack of stacks) {
    const json = JSON.parse(JSON.stringify(stack.toTerraform())) as Attributes;
    built.set(stack.node.id, createStack(stack.node.id, json, stackOf));
  }
  return { stacks: [...built.keys()].sort(), stack: stackOf };
}

const visited = new WeakSet<TerraformStack>();

/** Every stack of the app that a construct belongs to. */
export const stacksOf = (construct: IConstruct): readonly TerraformStack[] =>
  construct.node.root.node.findAll().filter((node): node is TerraformStack => TerraformStack.isStack(node));

/** cdktf's names for what one stack reads of another. */
const FROM_STACK = /^data\.terraform_remote_state\.cross-stack-reference-input-(.+)$/;

function createStack(id: string, json: Attributes, stackOf: (id: string) => SynthesizedStack): SynthesizedStack {
  const resources = resourcesOf(id, json, "resource");
  const data = resourcesOf(id, json, "data");
  const byAddress = new Map([...resources, ...data].map((resource) => [resource.address, resource]));

  /** The resource a reference leads to, through the output of another stack if need be. */
  const target = ({ address, attribute }: Reference): { resource: PlannedResource; attribute: string } | undefined => {
    const from = FROM_STACK.exec(address)?.[1];
    if (from === undefined) {
      const resource = byAddress.get(address);
      return resource && { resource, attribute };
    }
    const outputs = (stackOf(from).json["output"] ?? {}) as Readonly<Record<string, Attributes>>;
    const reference = asReference(outputs[attribute.replace(/^outputs\./, "")]?.["value"]);
    const resource = reference && stackOf(from).at(reference.address);
    return resource && { resource, attribute: reference.attribute };
  };
  const known = (reference: Reference): string | undefined => {
    const found = target(reference);
    if (!found) return undefined;
    const { resource, attribute } = found;
    if (resource.stack !== id) return stackOf(resource.stack).text(resource.ref(attribute));
    const given = resource.get(attribute) ?? computed(resource, attribute);
    return given === undefined ? undefined : stack.text(given);
  };
  const having = (all: readonly PlannedResource[], type: string | undefined, props: ExpectedProps) =>
    all.filter(
      (each) => (type === undefined || each.type === type) && differences(each.attributes, props).length === 0,
    );
  const withProps = (props: ExpectedProps | undefined) =>
    props && Object.keys(props).length > 0 ? " with these properties" : "";

  const stack: SynthesizedStack = {
    id,
    json,
    resources: (type, props = {}) => having(resources, type, props),
    data: (type, props = {}) => having(data, type, props),
    resourceCount: (type, props) => stack.resources(type, props).length,
    resource(type, props) {
      const found = stack.resources(type, props);
      if (found.length === 1) return found[0]!;
      if (found.length === 0) throw new Error(stack.missing(type, props));
      const addresses = found.map(({ address }) => `  ${address}`);
      throw new Error([`${id} has ${found.length} of ${type}${withProps(props)}, not one:`, ...addresses].join("\n"));
    },
    missing(type, props = {}) {
      if (stack.resourceCount(type, props) > 0) return undefined;
      const nearest = stack
        .resources(type)
        .map(({ address, attributes }) => ({ address, wrong: differences(attributes, props) }))
        .sort((a, b) => a.wrong.length - b.wrong.length)[0];
      if (nearest)
        return [
          `${id} has no ${type}${withProps(props)}; the nearest is ${nearest.address}:`,
          ...nearest.wrong.map((line) => `  ${line}`),
        ].join("\n");
      const types = [...new Set(resources.map((each) => each.type))];
      return `${id} has no ${type}; it has: ${types.join(", ") || "nothing"}`;
    },
    without: (type, props) =>
      stack.resources(type).flatMap(({ address, attributes }) => {
        const wrong = differences(attributes, props);
        return wrong.length > 0 ? [[`${address}:`, ...wrong.map((line) => `  ${line}`)].join("\n")] : [];
      }),
    at(address) {
      const found = byAddress.get(address);
      if (!found) throw new Error(`${id} has no ${address}`);
      return found;
    },
    follow(resource, path) {
      const value = resource.get(path);
      if (value === undefined) throw new Error(`${resource.address} has no ${path}`);
      const reference = asReference(value);
      const found = reference && target(reference);
      if (!found)
        throw new Error(`${resource.address}: ${path} is ${JSON.stringify(value)}, no reference to a resource`);
      return found.resource;
    },
    referencesOf(resource) {
      const found = referencesIn(JSON.stringify(resource.attributes)).flatMap((each) => target(each)?.resource ?? []);
      return [...new Set(found)].sort((a, b) => (a.address < b.address ? -1 : 1));
    },
    referencesTo: (resource) => [...resources, ...data].filter((each) => stack.referencesOf(each).includes(resource)),
    text: (value) => withKnown(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), known),
    grants: () => grantsAmong(resources, (value) => stack.text(value)),
    snapshot: (options) => snapshotOf(resources, options),
  };
  return stack;
}

/** What Google computes in a way that a plan can foresee. */
function computed(resource: PlannedResource, attribute: string): string | undefined {
  const { account_id: account, project } = resource.attributes;
  if (resource.type !== "google_service_account" || typeof account !== "string" || typeof project !== "string")
    return undefined;
  const email = `${account}@${project}.iam.gserviceaccount.com`;
  return { email, member: `serviceAccount:${email}` }[attribute];
}
