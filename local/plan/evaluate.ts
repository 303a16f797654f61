import { functions } from "./functions";
import { type Expression, SPLAT_ITEM } from "./syntax";
import {
  type Attributes,
  equal,
  EvaluationFault,
  isObject,
  toBool,
  toList,
  toNumber,
  toObject,
  toText,
  typeOf,
  type Value,
} from "./values";

/** Where names get their values. */
export interface Scope {
  /** Value of a root name: `local`, `var`, `data`, `each`, or a resource type; undefined when there is none. */
  root(name: string): Value | undefined;
  /** Attribute `name` of an object that lacks it, if something can stand in for it. */
  missing?(object: Attributes, name: string): Value | undefined;
}

/** @throws EvaluationFault */
export function evaluate(node: Expression, scope: Scope): Value {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "template":
      return node.parts.map((part) => toText(evaluate(part, scope))).join("");
    case "variable": {
      const value = scope.root(node.name);
      if (value === undefined) throw new EvaluationFault(`nothing is called "${node.name}"`);
      return value;
    }
    case "attribute":
      return attributeOf(evaluate(node.of, scope), node.name, scope);
    case "index":
      return indexOf(evaluate(node.of, scope), evaluate(node.key, scope), scope);
    case "splat": {
      const over = evaluate(node.of, scope);
      // A single value counts as a list of one, null as an empty list.
      const items = Array.isArray(over) ? toList(over) : over === null ? [] : [over];
      return items.map((item) => evaluate(node.each, bind(scope, { [SPLAT_ITEM]: item })));
    }
    case "call":
      return call(node, scope);
    case "unary": {
      const operand = evaluate(node.operand, scope);
      return node.operator === "!" ? !toBool(operand) : -toNumber(operand);
    }
    case "binary":
      return binary(node, scope);
    case "conditional":
      return evaluate(toBool(evaluate(node.condition, scope)) ? node.yes : node.no, scope);
    case "list":
      return node.items.map((item) => evaluate(item, scope));
    case "object":
      return Object.fromEntries(
        node.entries.map(([key, value]) => [toText(evaluate(key, scope)), evaluate(value, scope)]),
      );
    case "for":
    default:
      return loop(node, scope);
  }
}

/** The scope with a few more names, which hide the outer ones. */
export const bind = (scope: Scope, names: Readonly<Record<string, Value>>): Scope => ({
  ...scope,
  root: (name) => (Object.hasOwn(names, name) ? names[name] : scope.root(name)),
});

function attributeOf(of: Value, name: string, scope: Scope): Value {
  if (!isObject(of)) throw new EvaluationFault(`a ${typeOf(of)} has no attribute "${name}"`, "attribute");
  if (Object.hasOwn(of, name)) return of[name]!;
  const found = scope.missing?.(of, name);
  if (found !== undefined) return found;
  throw new EvaluationFault(
    `there is no attribute "${name}"; there are ${Object.keys(of).sort().join(", ")}`,
    "attribute",
  );
}

function indexOf(of: Value, key: Value, scope: Scope): Value {
  if (Array.isArray(of)) {
    const item = toList(of)[toNumber(key)];
    if (item === undefined) throw new EvaluationFault(`there is no element ${toText(key)} in a list of ${of.length}`);
    return item;
  }
  // cdktf writes a block of at most one as an object and reads it as `block[0]`.
  if (isObject(of) && key === 0 && !Object.hasOwn(of, "0")) return of;
  return attributeOf(of, toText(key), scope);
}

function call(node: Extract<Expression, { kind: "call" }>, scope: Scope): Value {
  // `try` and `can` are the only functions whose arguments may fail.
  if (node.name === "try" || node.name === "can") {
    for (const argument of node.args) {
      try {
        const value = evaluate(argument, scope);
        return node.name === "can" ? true : value;
      } catch (error) {
        if (!(error instanceof EvaluationFault) || error.kind === "function") throw error;
      }
    }
    if (node.name === "can") return false;
    throw new EvaluationFault("no argument of try() has a value");
  }
  const run = Object.hasOwn(functions, node.name) ? functions[node.name] : undefined;
  if (!run) throw new EvaluationFault(`the function ${node.name}() is not known here`, "function");
  const args = node.args.map((argument) => evaluate(argument, scope));
  const last = node.spread ? toList(args.pop() ?? []) : [];
  try {
    return run(...args, ...last);
  } catch (error) {
    if (error instanceof EvaluationFault) throw new EvaluationFault(`${node.name}(): ${error.message}`, error.kind);
    throw error;
  }
}

function binary(node: Extract<Expression, { kind: "binary" }>, scope: Scope): Value {
  const left = evaluate(node.left, scope);
  if (node.operator === "&&") return toBool(left) && toBool(evaluate(node.right, scope));
  if (node.operator === "||") return toBool(left) || toBool(evaluate(node.right, scope));
  const right = evaluate(node.right, scope);
  if (node.operator === "==") return equal(left, right);
  if (node.operator === "!=") return !equal(left, right);
  return ARITHMETIC[node.operator]!(toNumber(left), toNumber(right));
}

const divisor = (value: number): number => {
  if (value === 0) throw new EvaluationFault("division by zero");
  return value;
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => Value>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / divisor(b),
  "%": (a, b) => a % divisor(b),
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

function loop(node: Extract<Expression, { kind: "for" }>, scope: Scope): Value {
  const over = evaluate(node.over, scope);
  const pairs: (readonly [Value, Value])[] = Array.isArray(over)
    ? toList(over).map((value, index) => [index, value])
    : Object.entries(toObject(over)).sort(([a], [b]) => (a < b ? -1 : 1));
  const list: Value[] = [];
  const object = new Map<string, Value>();
  for (const [key, value] of pairs) {
    const inner = bind(scope, { [node.valueName]: value, ...(node.keyName && { [node.keyName]: key }) });
    if (node.condition && !toBool(evaluate(node.condition, inner))) continue;
    const result = evaluate(node.value, inner);
    if (!node.key) {
      list.push(result);
      continue;
    }
    const name = toText(evaluate(node.key, inner));
    if (node.grouped) object.set(name, [...toList(object.get(name) ?? []), result]);
    else if (object.has(name)) throw new EvaluationFault(`two elements of the for expression have key "${name}"`);
    else object.set(name, result);
  }
  return node.key ? Object.fromEntries(object) : list;
}
