import type { Value } from "./value";

/** An expression as it is written between `${` and `}`. `offset` counts UTF-16 code units from its start. */
export type Expression =
  | { readonly kind: "literal"; readonly value: Value; readonly offset: number }
  | { readonly kind: "variable"; readonly name: string; readonly offset: number }
  | { readonly kind: "member"; readonly of: Expression; readonly name: string; readonly offset: number }
  | { readonly kind: "index"; readonly of: Expression; readonly key: Expression; readonly offset: number }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly offset: number }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression; readonly offset: number }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly offset: number;
    }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly offset: number }
  | {
      readonly kind: "map";
      readonly entries: readonly (readonly [key: string, value: Expression])[];
      readonly offset: number;
    };

export type UnaryOperator = "-" | "+" | "not";

export type BinaryOperator =
  "or" | "and" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "in" | "+" | "-" | "*" | "/" | "//" | "%";

/** How tightly operators bind. https://cloud.google.com/workflows/docs/reference/syntax/datatypes */
export const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  "==": 3,
  "!=": 3,
  in: 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "//": 5,
  "%": 5,
};

/** Unary minus and plus; `not` binds more tightly than they and than every comparison. */
export const NEGATION = 6;
export const NOT = 7;

/** The expressions directly below one. */
export function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "member":
      return [node.of];
    case "index":
      return [node.of, node.key];
    case "call":
      return node.args;
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "list":
      return node.items;
    case "map":
      return node.entries.map(([, value]) => value);
    default:
      return [];
  }
}

/** The same node above other expressions, as many as `childrenOf` gives. */
export function withChildren(node: Expression, children: readonly Expression[]): Expression {
  switch (node.kind) {
    case "member":
      return { ...node, of: children[0]! };
    case "index":
      return { ...node, of: children[0]!, key: children[1]! };
    case "call":
      return { ...node, args: children };
    case "unary":
      return { ...node, operand: children[0]! };
    case "binary":
      return { ...node, left: children[0]!, right: children[1]! };
    case "list":
      return { ...node, items: children };
    case "map":
      return { ...node, entries: node.entries.map(([key], index) => [key, children[index]!] as const) };
    default:
      return node;
  }
}

/** The node and everything below it, outermost first. */
export function* walk(node: Expression): Generator<Expression> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}
