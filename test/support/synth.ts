import { tmpdir } from "node:os";
import { App, TerraformStack } from "cdktf";
import { findingsOf, MillraceStack, type MillraceStackProps } from "../../constructs/core";
import { skipCreationStacks } from "../../constructs/core/fast";
import { IssuesError } from "../../contract/issue";

skipCreationStacks();

/** Attributes of a resource as Terraform will read them. */
export type Attributes = Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any -- plan JSON

/** A stack as Terraform JSON, with shortcuts for assertions. */
export interface Plan {
  readonly json: Attributes;
  readonly text: string;
  /** Every resource of a type by its name in the plan. */
  readonly resources: (type: string) => Readonly<Record<string, Attributes>>;
  /** The attributes of the resources of a type that have the given attributes. */
  readonly all: (type: string, having?: Attributes) => readonly Attributes[];
  /** The one resource of a type that has the given attributes. @throws when there are none or several */
  readonly one: (type: string, having?: Attributes) => Attributes;
  /** Address (`type.name`) of the resource that `one` finds. */
  readonly address: (type: string, having?: Attributes) => string;
  /** `type.name` of everything, sorted. */
  readonly addresses: readonly string[];
}

/** What the stacks of the tests have in common; nobody owns the project. */
export const STACK: MillraceStackProps = {
  app: "web",
  environment: "dev",
  project: { id: "acme-dev", number: "123456789012" },
  region: "europe-west1",
};

export const testApp = (): App => new App({ outdir: tmpdir() });

/** A stack in an app of its own. */
export const testStack = (props: Partial<MillraceStackProps> = {}): MillraceStack =>
  new MillraceStack(testApp(), { ...STACK, ...props });

/**
 * Renders the stack after every stack of its app has been prepared: cross-stack references are wrong otherwise, and
 * issues are settled there. cdktf's `Testing.synth` does neither, and is quadratic (docs/traps.md).
 */
export function planOf(stack: MillraceStack): Plan {
  for (const each of stack.node.root.node.findAll().filter((node) => TerraformStack.isStack(node))) each.prepareStack();
  const json = JSON.parse(JSON.stringify(stack.toTerraform())) as Attributes;
  const resources = (type: string) => (json["resource"]?.[type] ?? {}) as Record<string, Attributes>;
  const having = (type: string, wanted: Attributes = {}) =>
    Object.entries(resources(type)).filter(([, attributes]) =>
      Object.entries(wanted).every(([key, value]) => JSON.stringify(attributes[key]) === JSON.stringify(value)),
    );
  const single = (type: string, wanted?: Attributes) => {
    const found = having(type, wanted);
    if (found.length === 1) return found[0]!;
    const names = Object.keys(resources(type)).join(", ");
    throw new Error(`${found.length} of ${type} have ${JSON.stringify(wanted)}; there are: ${names || "none"}`);
  };
  return {
    json,
    text: JSON.stringify(json, null, 2),
    resources,
    all: (type, wanted) => having(type, wanted).map(([, attributes]) => attributes),
    one: (type, wanted) => single(type, wanted)[1],
    address: (type, wanted) => `${type}.${single(type, wanted)[0]}`,
    addresses: Object.entries((json["resource"] ?? {}) as Record<string, object>)
      .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
      .sort(),
  };
}

/** Builds a stack and renders it. */
export function plan(build: (stack: MillraceStack) => void, props: Partial<MillraceStackProps> = {}): Plan {
  const stack = testStack(props);
  build(stack);
  return planOf(stack);
}

/** Codes of the errors and warnings of what `build` constructs, in order of path; an IssuesError counts as found. */
export function codesOf(build: (stack: MillraceStack) => void, props: Partial<MillraceStackProps> = {}): string[] {
  return issuesOf(build, props).map(({ code }) => code);
}

/** The errors and warnings of what `build` constructs. */
export function issuesOf(build: (stack: MillraceStack) => void, props: Partial<MillraceStackProps> = {}) {
  const stack = testStack(props);
  try {
    build(stack);
  } catch (error) {
    if (error instanceof IssuesError) return error.issues;
    throw error;
  }
  const { errors, warnings } = findingsOf(stack);
  return [...errors, ...warnings];
}
