import type { Json } from "../../contract/json";

/** A Terraform expression. Only what can stand inside a string of Terraform's JSON syntax; there is no statement. */
export type Expression =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "template"; readonly parts: readonly Expression[] }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "attribute"; readonly of: Expression; readonly name: string }
  | { readonly kind: "index"; readonly of: Expression; readonly key: Expression }
  /** `of[*]` followed by `each`, which is written in terms of the variable `SPLAT_ITEM`. */
  | { readonly kind: "splat"; readonly of: Expression; readonly each: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly spread: boolean }
  | { readonly kind: "unary"; readonly operator: "-" | "!"; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "conditional";
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | {
      readonly kind: "for";
      readonly keyName?: string;
      readonly valueName: string;
      readonly over: Expression;
      /** Present in `{for … : key => value}`. */
      readonly key?: Expression;
      readonly value: Expression;
      readonly condition?: Expression;
      /** `...` after the value: values of equal keys are grouped. */
      readonly grouped: boolean;
    };

/** Name of the element inside a splat; not an identifier, so no document can clash with it. */
export const SPLAT_ITEM = "*";

/** The text is not an expression. `at` counts characters from 0. */
export class SyntaxFault extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
    this.name = "SyntaxFault";
  }
}

const children = (node: Expression): readonly Expression[] => {
  switch (node.kind) {
    case "literal":
    case "variable":
      return [];
    case "template":
      return node.parts;
    case "attribute":
      return [node.of];
    case "index":
      return [node.of, node.key];
    case "splat":
      return [node.of, node.each];
    case "call":
      return node.args;
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.condition, node.yes, node.no];
    case "list":
      return node.items;
    case "object":
      return node.entries.flat();
    case "for":
    default:
      return [node.over, ...(node.key ? [node.key] : []), node.value, ...(node.condition ? [node.condition] : [])];
  }
};

/**
 * Every reference in an expression as the names of its chain up to the first index (`a.b[0].c` → `["a", "b"]`); names
 * bound by a `for` or a splat are not references.
 */
export function referencesOf(node: Expression, bound: ReadonlySet<string> = new Set([SPLAT_ITEM])): string[][] {
  if (node.kind === "for") {
    const inner = new Set([...bound, node.valueName, ...(node.keyName ? [node.keyName] : [])]);
    const rest = [node.key, node.value, node.condition].filter((item) => item !== undefined);
    return [...referencesOf(node.over, bound), ...rest.flatMap((item) => referencesOf(item, inner))];
  }
  const inside: string[][] = [];
  let names: string[] = [];
  let start: Expression = node;
  for (; start.kind === "attribute" || start.kind === "index"; start = start.of) {
    if (start.kind === "attribute") names.unshift(start.name);
    else {
      names = [];
      inside.push(...referencesOf(start.key, bound));
    }
  }
  if (start.kind !== "variable") return [...children(start).flatMap((child) => referencesOf(child, bound)), ...inside];
  return bound.has(start.name) ? inside : [[start.name, ...names], ...inside];
}
