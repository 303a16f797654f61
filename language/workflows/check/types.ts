import { type Expression } from "../expression";
import { WorkflowError } from "../error";
import { binary, unary } from "../operators";
import { described, typeName, type TypeName, type Value } from "../value";

/** A value of each type whose operators are typed: what an operator does with it, it does with the others. */
const SAMPLES: Readonly<Record<TypeName, Value>> = {
  null: null,
  boolean: true,
  integer: 1n,
  double: 1.5,
  string: "a",
  bytes: new Uint8Array([1]),
  list: [],
  map: new Map(),
};

/** What functions always give. */
const RETURNS: Readonly<Record<string, TypeName>> = {
  double: "double",
  int: "integer",
  string: "string",
  keys: "list",
  len: "integer",
  get_type: "string",
  "base64.decode": "bytes",
  "base64.encode": "string",
  "json.encode": "bytes",
  "json.encode_to_string": "string",
  "list.concat": "list",
  "list.prepend": "list",
  "map.delete": "map",
  "map.merge": "map",
  "map.merge_nested": "map",
  "sys.get_env": "string",
  "sys.now": "double",
  "text.decode": "string",
  "text.encode": "bytes",
  "text.find_all": "list",
  "text.find_all_regex": "list",
  "text.match_regex": "boolean",
  "text.replace_all": "string",
  "text.replace_all_regex": "string",
  "text.split": "list",
  "text.substring": "string",
  "text.to_lower": "string",
  "text.to_upper": "string",
  "time.format": "string",
  "uuid.generate": "string",
};

/** The type that an expression has whatever its variables hold; nothing when that depends on them, or on a fault below. */
export function staticType(node: Expression): TypeName | undefined {
  switch (node.kind) {
    case "literal":
      return typeName(node.value);
    case "list":
    case "map":
      return node.kind;
    case "call":
      return Object.hasOwn(RETURNS, node.name) ? RETURNS[node.name] : undefined;
    case "unary":
    case "binary":
      return resultOf(node).type;
    default:
      return undefined;
  }
}

/** What is wrong with the operands of one operator, as far as their types are known without running. */
export const typeFault = (node: Expression): string | undefined =>
  node.kind === "unary" || node.kind === "binary" ? resultOf(node).fault : undefined;

interface Result {
  readonly type?: TypeName;
  readonly fault?: string;
}

function resultOf(node: Extract<Expression, { kind: "unary" | "binary" }>): Result {
  if (node.kind === "unary") {
    const type = staticType(node.operand);
    if (node.operator !== "not") return type === undefined ? {} : attempt(() => unary(node.operator, SAMPLES[type]));
    if (type === undefined || type === "boolean") return { type: "boolean" };
    return { fault: `not needs a boolean, not ${described(type)}` };
  }
  const { operator } = node;
  const [left, right] = [staticType(node.left), staticType(node.right)];
  if (operator === "and" || operator === "or") {
    const other = [left, right].find((type) => type !== undefined && type !== "boolean");
    return other === undefined ? { type: "boolean" } : { fault: `${operator} needs booleans, not ${described(other)}` };
  }
  if (left !== undefined && right !== undefined) return attempt(() => binary(operator, SAMPLES[left], SAMPLES[right]));
  return ["==", "!=", "in", "<", "<=", ">", ">="].includes(operator) ? { type: "boolean" } : {};
}

/** The operators themselves decide, so that checker and interpreter cannot disagree. */
function attempt(run: () => Value): Result {
  try {
    return { type: typeName(run()) };
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { fault: error.message.replace(/^\w+: /, "") };
  }
}
