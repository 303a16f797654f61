import type { Issue } from "../../contract/issue";
import { bind, evaluate, type Scope } from "./evaluate";
import { issue } from "./issues";
import { parseTemplate } from "./parser";
import { type Expression, referencesOf, SPLAT_ITEM, SyntaxFault } from "./syntax";
import { EvaluationFault, isObject, toList, toObject, toText, type Value } from "./values";

/** A JSON value whose strings are parsed; `path` is where it stands, for messages. */
export type Body =
  | { readonly kind: "leaf"; readonly path: string; readonly expression: Expression }
  | { readonly kind: "list"; readonly items: readonly Body[] }
  | {
      readonly kind: "map";
      readonly path: string;
      readonly entries: readonly { readonly key: Expression; readonly body: Body }[];
      readonly dynamic: readonly DynamicBlock[];
    };

/** `dynamic` of Terraform: blocks made from a collection. */
interface DynamicBlock {
  readonly label: string;
  readonly iterator: string;
  readonly forEach: Body;
  readonly content: Body;
}

/** Parses every string of a value; strings that are no expressions are reported and stand as null. */
export function parseBody(value: Value, path: string, report: (issue: Issue) => void): Body {
  if (Array.isArray(value))
    return { kind: "list", items: value.map((item, i) => parseBody(item, `${path}[${i}]`, report)) };
  if (!isObject(value)) return { kind: "leaf", path, expression: parseLeaf(value, path, report) };
  const { dynamic = {}, ...members } = value;
  return {
    kind: "map",
    path,
    entries: Object.entries(members)
      // A comment, by Terraform's JSON syntax; cdktf keeps its metadata there.
      .filter(([key]) => key !== "//")
      .map(([key, item]) => ({ key: parseLeaf(key, path, report), body: parseBody(item, `${path}.${key}`, report) })),
    dynamic: dynamicBlocks(dynamic, path, report),
  };
}

function parseLeaf(value: Value, path: string, report: (issue: Issue) => void): Expression {
  if (typeof value !== "string") return { kind: "literal", value };
  try {
    return parseTemplate(value);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const fix = "if the text is meant literally, escape it as $${ or %%{; otherwise correct the expression";
    report(issue("MR4004", path, `${error.message} at character ${error.at + 1} of ${JSON.stringify(value)}`, fix));
    return { kind: "literal", value: null };
  }
}

function dynamicBlocks(dynamic: Value, path: string, report: (issue: Issue) => void): DynamicBlock[] {
  if (!isObject(dynamic)) return [];
  return Object.entries(dynamic).flatMap(([label, blocks]) =>
    (Array.isArray(blocks) ? toList(blocks) : [blocks]).filter(isObject).map((block) => ({
      label,
      iterator: typeof block.iterator === "string" ? block.iterator : label,
      forEach: parseBody(block.for_each ?? [], `${path}.${label}`, report),
      content: parseBody(block.content ?? {}, `${path}.${label}`, report),
    })),
  );
}

/** Every reference inside, as in `referencesOf`. */
export function bodyReferences(body: Body, bound: ReadonlySet<string> = new Set([SPLAT_ITEM])): string[][] {
  if (body.kind === "leaf") return referencesOf(body.expression, bound);
  if (body.kind === "list") return body.items.flatMap((item) => bodyReferences(item, bound));
  return [
    ...body.entries.flatMap(({ key, body }) => [...referencesOf(key, bound), ...bodyReferences(body, bound)]),
    ...body.dynamic.flatMap(({ iterator, forEach, content }) => [
      ...bodyReferences(forEach, bound),
      ...bodyReferences(content, new Set([...bound, iterator])),
    ]),
  ];
}

const FAULTS = {
  value: ["MR4008", "correct the expression where the construct sets it"],
  attribute: ["MR4006", "refer to an attribute the engine knows, or set the value literally"],
  function: ["MR4007", "compute the value in TypeScript, before synthesis"],
} as const;

/** The value of a body; every fault inside is reported, and its place is null. */
export function evaluateBody(body: Body, scope: Scope, report: (issue: Issue) => void): Value {
  const guarded = <T>(path: string, compute: () => T): T | undefined => {
    try {
      return compute();
    } catch (error) {
      if (!(error instanceof EvaluationFault)) throw error;
      const [code, fix] = FAULTS[error.kind];
      report(issue(code, path, error.message, fix));
      return undefined;
    }
  };
  const walk = (body: Body, scope: Scope): Value => {
    if (body.kind === "leaf") return guarded(body.path, () => evaluate(body.expression, scope)) ?? null;
    if (body.kind === "list") return body.items.map((item) => walk(item, scope));
    const members = new Map<string, Value>();
    for (const { key, body: member } of body.entries) {
      const name = guarded(body.path, () => toText(evaluate(key, scope)));
      if (name !== undefined) members.set(name, walk(member, scope));
    }
    for (const { label, iterator, forEach, content } of body.dynamic) {
      const over = walk(forEach, scope);
      const pairs = guarded(body.path, () => pairsOf(over)) ?? [];
      const made = pairs.map(([key, value]) => walk(content, bind(scope, { [iterator]: { key, value } })));
      const before = members.get(label);
      members.set(label, [...(before === undefined ? [] : Array.isArray(before) ? toList(before) : [before]), ...made]);
    }
    return Object.fromEntries(members);
  };
  return walk(body, scope);
}

/** Elements with their keys, in Terraform's order; elements of lists and sets alike are numbered. */
function pairsOf(over: Value): (readonly [Value, Value])[] {
  if (Array.isArray(over)) return toList(over).map((value, index) => [index, value]);
  const map = toObject(over);
  return Object.keys(map)
    .sort()
    .map((key) => [key, map[key]!]);
}
