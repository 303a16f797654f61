import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Issue, IssuesError } from "../../contract/issue";
import { nearest } from "../../language/nearest";
import { issue, suggest } from "./issues";
import { type Attributes, equal, isObject } from "./values";

/** One synthesized stack, as written. */
export interface StackDocument {
  readonly stack: string;
  /** Absolute; relative paths of the document (archives) start here. */
  readonly directory: string;
  readonly json: Attributes;
}

const FILE = "cdk.tf.json";

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Names of the stacks in cdktf's output folder, sorted. @throws IssuesError MR4001 when there are none */
export function listStacks(outDir: string): readonly string[] {
  const stacks = join(outDir, "stacks");
  const names = exists(stacks) ? readdirSync(stacks).filter((name) => exists(join(stacks, name, FILE))) : [];
  if (names.length > 0) return names.sort();
  const problem = exists(outDir) ? "holds no synthesized stack" : "does not exist, so there is no plan to run";
  throw new IssuesError([issue("MR4001", outDir, problem, "run `npm run synth`, or name another folder with --out")]);
}

/**
 * Reads a stack and every stack whose outputs it uses, directly or not; the named one comes last.
 * @throws IssuesError MR4001 without output, MR4002 for an unknown stack, MR4003 for a file that is not Terraform JSON,
 *   MR4012 for a remote state that no stack here writes
 */
export function readStacks(outDir: string, stack: string): readonly StackDocument[] {
  const names = listStacks(outDir);
  if (!names.includes(stack)) {
    const fix = suggest(nearest(stack, names), names, "run `npm run synth`");
    throw new IssuesError([issue("MR4002", stack, `${outDir} holds no stack of this name`, fix, { got: stack })]);
  }
  const read = new Map<string, StackDocument>();
  const load = (name: string): StackDocument => {
    const document = read.get(name) ?? readDocument(outDir, name);
    read.set(name, document);
    return document;
  };
  const ordered = new Set<StackDocument>();
  const issues: Issue[] = [];
  const visit = (document: StackDocument, path: readonly string[]): void => {
    if (ordered.has(document) || path.includes(document.stack)) return;
    for (const [name, body] of Object.entries(remoteStates(document))) {
      const producer = producerOf(name, body, names, load);
      if (producer) visit(producer, [...path, document.stack]);
      else issues.push(missingProducer(document, name, outDir));
    }
    ordered.add(document);
  };
  visit(load(stack), []);
  if (issues.length > 0) throw new IssuesError(issues);
  return [...ordered];
}

function readDocument(outDir: string, stack: string): StackDocument {
  const directory = resolve(outDir, "stacks", stack);
  const path = join(directory, FILE);
  const fix = "run `npm run synth` again; the file is generated and not to be edited";
  try {
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(json)) return { stack, directory, json };
  } catch (error) {
    throw new IssuesError([issue("MR4003", path, `cannot be read as JSON: ${(error as Error).message}`, fix)]);
  }
  throw new IssuesError([issue("MR4003", path, "is JSON, but no Terraform document", fix)]);
}

export const section = (of: unknown, name: string): Attributes => {
  const value = isObject(of) ? of[name] : undefined;
  return isObject(value) ? value : {};
};

const remoteStates = (document: StackDocument): Attributes =>
  section(section(document.json, "data"), "terraform_remote_state");

/** Name cdktf gives the remote state of another stack of the same app. */
const CROSS_STACK = "cross-stack-reference-input-";

/** The stack whose backend the remote state reads: by cdktf's name for it, otherwise by equal backend settings. */
export function producerOf(
  name: string,
  body: unknown,
  stacks: readonly string[],
  load: (stack: string) => StackDocument,
): StackDocument | undefined {
  const byName = name.startsWith(CROSS_STACK) ? name.slice(CROSS_STACK.length) : undefined;
  if (byName !== undefined && stacks.includes(byName)) return load(byName);
  const kind = isObject(body) && typeof body.backend === "string" ? body.backend : "";
  const settings = section(body, "config");
  return stacks.map(load).find((document) => {
    const backend = section(section(document.json, "terraform"), "backend")[kind];
    return isObject(backend) && equal(backend, settings);
  });
}

const missingProducer = (document: StackDocument, name: string, outDir: string): Issue =>
  issue(
    "MR4012",
    `${document.stack}/data.terraform_remote_state.${name}`,
    `no stack in ${outDir} writes this state, and the engine reads no state of a cloud`,
    "synthesize the stack that writes it into the same folder",
  );
