import { App } from "cdktf";
import type { ContractManifest } from "../../../contract/contract";
import type { GrantRecord } from "../../../contract/grants";
import type { Issue } from "../../../contract/issue";
import { MillraceStack, type MillraceStackProps } from "../../../constructs";
import { checkDelivery } from "../../../local/deliverability/check";
import { contractsOf, declaredBeside } from "../../../local/deliverability/declared";
import type { Input } from "../../../local/deliverability/input";
import { inputOfStack } from "../../../local/deliverability/input";
import { project } from "../../support/project";
import { type Attributes, STACK } from "../../support/synth";

/** A document that may be broken. */
export type Breakable = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- plan JSON

/** A plan to ask and to break. */
export interface Subject extends Input {
  readonly name: string;
  readonly declared: ReadonlyMap<string, readonly GrantRecord[]>;
  readonly contracts: ReadonlyMap<string, ContractManifest>;
}

export function subjectOf(outDir: string, stack: string): Subject {
  const input = inputOfStack(outDir, stack);
  const { documents } = input;
  return { name: stack, ...input, declared: declaredBeside(documents), contracts: contractsOf(documents) };
}

/** Synthesizes a stack as a user would, report of grants included. */
export function built(build: (stack: MillraceStack) => void, props: Partial<MillraceStackProps> = {}): Subject {
  const outdir = project({}, "cdktf.out");
  const app = new App({ outdir });
  const stack = new MillraceStack(app, { ...STACK, ...props });
  build(stack);
  app.synth();
  return subjectOf(outdir, stack.node.id);
}

/** What a check says of a plan whose document was changed. */
export function issuesOf(
  { documents, about, declared, contracts }: Subject,
  change: (json: Breakable) => void = () => {},
): readonly Issue[] {
  const changed = documents.map((document) => {
    if (document.stack !== about[0]) return document;
    const json = JSON.parse(JSON.stringify(document.json)) as Breakable;
    change(json);
    return { ...document, json };
  });
  return checkDelivery(changed, { declared, contracts, about }).issues;
}

/** Every step of the paths, by the grant that allows it, from what the plan itself shows. */
export const pathsOf = ({ documents, about }: Subject) => checkDelivery(documents, { about }).paths;

/** The document that is spoken of. */
export const jsonOf = ({ documents, about }: Subject): Attributes =>
  documents.find(({ stack }) => stack === about[0])!.json as Attributes;

/** Every resource of a document, by the end of its type. */
export const resourcesOf = (
  json: Attributes,
  type: RegExp,
): readonly (readonly [type: string, name: string, body: Attributes])[] =>
  Object.entries(json["resource"] as Readonly<Record<string, Readonly<Record<string, Attributes>>>>)
    .filter(([one]) => type.test(one))
    .flatMap(([one, named]) => Object.entries(named).map(([name, body]) => [one, name, body] as const));
