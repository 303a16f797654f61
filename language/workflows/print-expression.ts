import { type Expression, NEGATION, NOT, PRECEDENCE } from "./expression";
import { formatNumber, isList, isMap, type Value } from "./value";

const POSTFIX = 8;

/**
 * The canonical text of an expression, without `${` and `}`; parsing it gives the same expression back.
 * @throws TypeError for bytes, which have no literal
 */
export function printExpression(node: Expression): string {
  return print(node, 1);
}

const levelOf = (node: Expression): number => {
  if (node.kind === "binary") return PRECEDENCE[node.operator];
  if (node.kind === "unary") return node.operator === "not" ? NOT : NEGATION;
  if (node.kind === "literal" && isNegative(node.value)) return NEGATION;
  return POSTFIX;
};

const isNegative = (value: Value) =>
  typeof value === "bigint" ? value < 0n : typeof value === "number" && (value < 0 || Object.is(value, -0));

function print(node: Expression, level: number): string {
  const text = printBare(node);
  return levelOf(node) < level ? `(${text})` : text;
}

function printBare(node: Expression): string {
  switch (node.kind) {
    case "literal":
      return printLiteral(node.value);
    case "variable":
      return node.name;
    case "member":
      return `${print(node.of, POSTFIX)}.${node.name}`;
    case "index":
      return `${print(node.of, POSTFIX)}[${print(node.key, 1)}]`;
    case "call":
      return `${node.name}(${node.args.map((arg) => print(arg, 1)).join(", ")})`;
    case "unary":
      if (node.operator === "not") return `not ${print(node.operand, NOT)}`;
      return `${node.operator}${print(node.operand, NEGATION)}`;
    case "binary": {
      const level = PRECEDENCE[node.operator];
      return `${print(node.left, level)} ${node.operator} ${print(node.right, level + 1)}`;
    }
    case "list":
      return `[${node.items.map((item) => print(item, 1)).join(", ")}]`;
    default:
      return `{${node.entries.map(([key, value]) => `${quote(key)}: ${print(value, 1)}`).join(", ")}}`;
  }
}

function printLiteral(value: Value): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint" || typeof value === "number") return formatNumber(value);
  if (isList(value)) return `[${value.map(printLiteral).join(", ")}]`;
  if (isMap(value)) return `{${[...value].map(([key, item]) => `${quote(key)}: ${printLiteral(item)}`).join(", ")}}`;
  if (value instanceof Uint8Array) throw new TypeError("bytes have no literal");
  return String(value);
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\" };

const quote = (text: string) =>
  `"${text.replace(/["\\]|[^\P{Cc}]/gu, (char) => NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
