import { createHash } from "node:crypto";
import type { Body } from "../plan/body";
import { bind, evaluate, type Scope } from "../plan/evaluate";
import { type Expression, referencesOf, SPLAT_ITEM } from "../plan/syntax";
import { EvaluationFault, isObject, toText, type Value } from "../plan/values";
import { isKnown, unknown } from "./unknown";

/** Where an expression stands: what is bound there (`each.value`) differs from place to place. */
type Place = string;

/** The value of an expression, in which a token stands for whatever cannot be known. */
export function evaluateOpen(node: Expression, scope: Scope, place: Place): Value {
  const of = (inner: Expression) => evaluateOpen(inner, scope, place);
  switch (node.kind) {
    case "literal":
      return node.value;
    case "template":
      return node.parts.map((part) => asText(of(part)) ?? nameless(part, place)).join("");
    case "variable":
      return attempt(node, scope) ?? nameless(node, place);
    case "attribute": {
      const value = of(node.of);
      const found = isToken(value) ? undefined : attempt({ ...node, of: { kind: "literal", value } }, scope);
      return found === undefined ? nameless(node, place) : found;
    }
    case "index": {
      const [value, key] = [of(node.of), of(node.key)];
      if (isToken(value) || !isKnown(key)) return nameless(node, place);
      const literal = (value: Value): Expression => ({ kind: "literal", value });
      const found = attempt({ ...node, of: literal(value), key: literal(key) }, scope);
      return found === undefined ? nameless(node, place) : found;
    }
    case "splat": {
      const over = of(node.of);
      if (isToken(over)) return nameless(node, place);
      const items = Array.isArray(over) ? (over as readonly Value[]) : over === null ? [] : [over];
      return items.map((item) => evaluateOpen(node.each, bind(scope, { [SPLAT_ITEM]: item }), place));
    }
    case "list":
      return node.items.map(of);
    case "object":
      return Object.fromEntries(
        node.entries.map(([key, value]) => [asText(of(key)) ?? nameless(key, place), of(value)]),
      );
    case "conditional": {
      const condition = of(node.condition);
      if (typeof condition === "boolean") return of(condition ? node.yes : node.no);
      return nameless(node, place);
    }
    default: {
      // An operator or a function computes with what it is given, so it is given no token.
      const inputs = referencesOf(node).map(([root, ...path]) =>
        of(path.reduce<Expression>((of, name) => ({ kind: "attribute", of, name }), { kind: "variable", name: root! })),
      );
      const found = inputs.every(isKnown) ? attempt(node, scope) : undefined;
      return found === undefined ? nameless(node, place) : found;
    }
  }
}

/** The value of a body; nothing is reported, what has no value is a token. */
export function evaluateOpenBody(body: Body, scope: Scope, place: Place): Value {
  if (body.kind === "leaf") return evaluateOpen(body.expression, scope, place);
  if (body.kind === "list") return body.items.map((item) => evaluateOpenBody(item, scope, place));
  const members = new Map<string, Value>();
  for (const { key, body: member } of body.entries) {
    const name = asText(evaluateOpen(key, scope, place));
    if (name !== undefined) members.set(name, evaluateOpenBody(member, scope, place));
  }
  for (const { label, iterator, forEach, content } of body.dynamic) {
    const over = evaluateOpenBody(forEach, scope, place);
    const pairs = pairsOf(over);
    const made = pairs?.map(([key, value]) =>
      evaluateOpenBody(
        content,
        bind(scope, { [iterator]: { key, value } }),
        `${place}.${label}[${JSON.stringify(key)}]`,
      ),
    );
    members.set(label, made ?? unknown(`${place}.${label}`));
  }
  return Object.fromEntries(members);
}

function pairsOf(over: Value): readonly (readonly [Value, Value])[] | undefined {
  if (Array.isArray(over)) return (over as readonly Value[]).map((value, index) => [index, value]);
  return isObject(over) ? Object.entries(over) : undefined;
}

/** A value that is wholly open: nothing can be read of it. */
const isToken = (value: Value): boolean => typeof value === "string" && !isKnown(value);

function attempt(node: Expression, scope: Scope): Value | undefined {
  try {
    return evaluate(node, scope);
  } catch (error) {
    if (error instanceof EvaluationFault) return undefined;
    throw error;
  }
}

function asText(value: Value): string | undefined {
  try {
    return toText(value);
  } catch {
    return undefined;
  }
}

/** Names that stand for something else at each place. */
const BOUND: ReadonlySet<string> = new Set(["each", "count", "self", SPLAT_ITEM]);

/** The token of an expression: equal for equal expressions, unless they use what is bound at their place. */
function nameless(node: Expression, place: Place): string {
  const chain = chainOf(node);
  const references = referencesOf(node);
  const bound = referencesOf(node, new Set()).some(([root = ""]) => BOUND.has(root)) || node.kind === "for";
  const where = bound ? ` at ${place}` : "";
  if (chain !== undefined) return unknown(`${chain}${where}`);
  const of = [...new Set(references.map((names) => names.join(".")))].join(", ") || "an expression";
  const hash = createHash("sha256").update(JSON.stringify(node)).digest("hex").slice(0, 6);
  return unknown(`something of ${of} #${hash}${where}`);
}

/** `google_pubsub_topic.orders.labels["a"]`, undefined for what is more than a chain of names. */
function chainOf(node: Expression): string | undefined {
  if (node.kind === "variable") return node.name;
  if (node.kind === "attribute") {
    const of = chainOf(node.of);
    return of === undefined ? undefined : `${of}.${node.name}`;
  }
  if (node.kind === "index" && node.key.kind === "literal") {
    const of = chainOf(node.of);
    return of === undefined ? undefined : `${of}[${JSON.stringify(node.key.value)}]`;
  }
  return undefined;
}
