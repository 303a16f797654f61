import { createHash } from "node:crypto";
import type { IConstruct } from "constructs";
import { addIssue } from "./issues";
import { formerPath } from "./renames";
import { MillraceStack } from "./stack";
import { isKnown } from "./tokens";

/** What Google accepts as the name of one kind of resource. */
export interface NameRule {
  /** For the person at the terminal: `topic`, `service account`. */
  readonly kind: string;
  readonly pattern: RegExp;
  /** Longest name; longer ones are cut and get a hash. */
  readonly max: number;
  /** The pattern in words. */
  readonly allowed: string;
  /** What parts of a name are joined by. @default "-" */
  readonly separator?: "_";
}

/**
 * The resource name for a construct: the stack's prefix and the given name, or else the construct's path in kebab
 * case. Too long a name is cut and ends in a hash of the whole, so that two long names never meet. What Google would
 * refuse is an issue at the construct.
 */
export function physicalName(construct: IConstruct, rule: NameRule, name?: string): string {
  const stack = MillraceStack.of(construct);
  const logical = name ?? kebab(pathInStack(construct));
  const full = [stack.context.prefix, logical].filter((part) => part !== "").join("-");
  if (!isKnown(full)) return full;
  const { separator = "-" } = rule;
  const fitted = fit(full, rule.max).replaceAll("-", separator);
  if (!rule.pattern.test(fitted))
    addIssue(construct, "MR1010", {
      problem: `"${fitted}" is not a name Google accepts for a ${rule.kind}: ${rule.allowed}`,
      got: fitted,
      want: String(rule.pattern),
    });
  claimName(construct, rule.kind, fitted);
  return fitted;
}

/**
 * Reports what is not the full name of something made elsewhere; one that is known after apply only is believed.
 * @param kind for the person at the terminal
 * @param format `projects/{project}/topics/{topic}`
 */
export function checkFullName(
  construct: IConstruct,
  code: Parameters<typeof addIssue>[1],
  kind: string,
  format: string,
  name: string,
): void {
  if (!isKnown(name) || new RegExp(`^${format.replace(/\{\w+\}/g, "[^/]+")}$`).test(name)) return;
  addIssue(construct, code, { problem: `"${name}" is not the full name of a ${kind}`, got: name });
}

const CLAIMS = Symbol.for("millrace/names");

/**
 * Notes that a name is taken, and reports it where another construct of the same project has it already.
 * @param fix what to do where another name or prefix would not do
 */
export function claimName(construct: IConstruct, kind: string, name: string, fix?: string): void {
  const root = construct.node.root as IConstruct & { [CLAIMS]?: Map<string, string> };
  const claims = (root[CLAIMS] ??= new Map());
  const key = [MillraceStack.of(construct).context.projectId, kind, name].join("\n");
  const owner = claims.get(key);
  if (owner === undefined) claims.set(key, construct.node.path);
  else if (owner !== construct.node.path)
    addIssue(construct, "MR1011", {
      problem: `${owner} is the ${kind} "${name}" already`,
      got: name,
      ...(fix && { fix }),
    });
}

/** Cuts text to `max` characters, the last nine of them `-` and a hash of the whole; shorter text stays as it is. */
export function fit(text: string, max: number): string {
  if (text.length <= max) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${text.slice(0, max - 9).replace(/-+$/, "")}-${hash}`;
}

/**
 * Ids of the constructs between the stack and this one, this one included; those it had before where the stack says that
 * it was renamed, so that what is named after a path keeps its name.
 */
export function pathInStack(construct: IConstruct): readonly string[] {
  const scopes = construct.node.scopes;
  const stack = MillraceStack.of(construct);
  const path = scopes.slice(scopes.indexOf(stack) + 1).map(({ node }) => node.id);
  return formerPath(path, stack.context.renamedFrom);
}

/** The construct's path with its stack, for people; it stays when the construct is renamed. */
export const lastingPath = (construct: IConstruct): string =>
  [MillraceStack.of(construct).node.id, ...pathInStack(construct)].join("/");

/** `["Ingest", "PullRequests"]` → `ingest-pull-requests`. */
export const kebab = (path: readonly string[]): string =>
  path
    .join("-")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .toLowerCase();
