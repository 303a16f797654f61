import type { Expression } from "../../../language/workflows/expression";
import type { Position } from "../../../language/workflows/fault";
import type { Template } from "../../../language/workflows/model";
import { isList, isMap, type Value } from "../../../language/workflows/value";
import { type Data, isExpression, nodeIn } from "./expression";

/** Where everything stands that no file holds. */
export const NOWHERE: Position = { line: 1, column: 1 };

/** A reference that cdktf resolves when it writes a stack. */
const TOKEN = /\$\{TfToken\[/;

/** A text that the parser would take for an expression. */
const LOOKS_LIKE_EXPRESSION = /^\s*\$\{[\s\S]*\}\s*$/;

export const constant = (value: Value): Template => ({ kind: "constant", value, at: NOWHERE });

export const expressionTemplate = (expression: Expression): Template =>
  expression.kind === "literal" ? literalTemplate(expression.value) : { kind: "expression", expression, at: NOWHERE };

function literalTemplate(value: Value): Template {
  if (typeof value === "string" && LOOKS_LIKE_EXPRESSION.test(value))
    return { kind: "expression", expression: { kind: "literal", value, offset: 0 }, at: NOWHERE };
  return constant(value);
}

/**
 * A JavaScript value that is neither list nor map, as a value of Workflows: whole numbers are integers.
 * @throws TypeError for what Workflows cannot hold
 */
export function scalarOf(data: Data): Value {
  switch (typeof data) {
    case "string":
      if (TOKEN.test(data))
        throw new TypeError(
          "a reference of Terraform stands in the definition; give it to `environment` and read it with env(…)",
        );
      return data;
    case "number":
      if (!Number.isFinite(data)) throw new TypeError(`${data} is no number of Workflows`);
      return Number.isSafeInteger(data) && !Object.is(data, -0) ? BigInt(data) : data;
    case "bigint":
    case "boolean":
      return data;
    default:
      if (data === null) return null;
      throw new TypeError(
        data instanceof Uint8Array ? "bytes have no literal; write base64.decode(…)" : `${typeof data} is no data`,
      );
  }
}

const isContainer = (data: Data): data is readonly Data[] | { readonly [key: string]: Data } =>
  typeof data === "object" && data !== null && !isExpression(data) && !(data instanceof Uint8Array);

const entriesOf = (data: object): (readonly [string, Data])[] =>
  Object.entries(data as Record<string, Data>).filter(([, value]) => value !== undefined);

/** Data as it stands in a definition. @throws TypeError */
export function templateOf(data: Data): Template {
  if (isExpression(data)) return templateOfNode(nodeIn(data));
  if (!isContainer(data)) return literalTemplate(scalarOf(data));
  if (Array.isArray(data)) return { kind: "list", items: (data as Data[]).map(templateOf), at: NOWHERE };
  return mapTemplate(entriesOf(data).map(([key, value]) => [key, templateOf(value)]));
}

const mapTemplate = (entries: readonly (readonly [string, Template])[]): Template => ({
  kind: "map",
  entries: entries.map(([key, value]) => [literalTemplate(key), value] as const),
  at: NOWHERE,
});

/** Lists and maps of their own are written out as data. */
function templateOfNode(node: Expression): Template {
  if (node.kind === "list") return { kind: "list", items: node.items.map(templateOfNode), at: NOWHERE };
  if (node.kind === "map") return mapTemplate(node.entries.map(([key, value]) => [key, templateOfNode(value)]));
  return expressionTemplate(node);
}

/** Data as a part of an expression. @throws TypeError */
export function nodeOf(data: Data): Expression {
  if (isExpression(data)) return nodeIn(data);
  if (!isContainer(data)) return { kind: "literal", value: scalarOf(data), offset: 0 };
  if (Array.isArray(data)) return { kind: "list", items: (data as Data[]).map(nodeOf), offset: 0 };
  return { kind: "map", entries: entriesOf(data).map(([key, value]) => [key, nodeOf(value)] as const), offset: 0 };
}

/** Whether a literal is data of more than one part. */
export const isStructure = (value: Value): boolean => isList(value) || isMap(value);
