import { dotted } from "./parse-expression";
import type { Expression } from "./expression";
import { runtimeError } from "./error";
import { asBoolean, binary, unary } from "./operators";
import { described, isList, isMap, typeName, type Value } from "./value";

/** Where names get their values. */
export interface Scope {
  /** Value of a variable, or of an object of the standard library such as `http.default_retry`; else undefined. */
  lookup(name: string): Value | undefined;
  /** Calls a function that does not block. @throws WorkflowError */
  call(name: string, args: readonly Value[]): Value;
}

/** @throws WorkflowError */
export function evaluate(node: Expression, scope: Scope): Value {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "variable": {
      const value = scope.lookup(node.name);
      if (value === undefined) throw runtimeError("KeyError", `the variable ${node.name} is not set`);
      return value;
    }
    case "member":
      return member(node, scope);
    case "index":
      return at(evaluate(node.of, scope), evaluate(node.key, scope));
    case "call":
      return scope.call(
        node.name,
        node.args.map((arg) => evaluate(arg, scope)),
      );
    case "unary":
      return unary(node.operator, evaluate(node.operand, scope));
    case "binary": {
      const { operator } = node;
      if (operator !== "and" && operator !== "or")
        return binary(operator, evaluate(node.left, scope), evaluate(node.right, scope));
      const left = asBoolean(evaluate(node.left, scope), operator);
      return left === (operator === "or") ? left : asBoolean(evaluate(node.right, scope), operator);
    }
    case "list":
      return node.items.map((item) => evaluate(item, scope));
    default:
      return new Map(node.entries.map(([key, value]) => [key, evaluate(value, scope)] as const));
  }
}

function member(node: Extract<Expression, { kind: "member" }>, scope: Scope): Value {
  // `http.default_retry` is no member of a variable `http`, unless there is one.
  const root = rootOf(node.of);
  if (root !== undefined && scope.lookup(root) === undefined) {
    const object = scope.lookup(dotted(node)!);
    if (object !== undefined) return object;
  }
  return at(evaluate(node.of, scope), node.name);
}

/** The first name of a chain of names; nothing for other expressions. */
const rootOf = (node: Expression): string | undefined =>
  node.kind === "variable" ? node.name : node.kind === "member" ? rootOf(node.of) : undefined;

/** `of[key]`. @throws WorkflowError KeyError, IndexError or TypeError */
export function at(of: Value, key: Value): Value {
  if (isMap(of)) {
    if (typeof key !== "string")
      throw runtimeError("TypeError", `a map has string keys, not ${described(typeName(key))}`);
    const value = of.get(key);
    if (value === undefined) throw runtimeError("KeyError", `key not found: ${key}`);
    return value;
  }
  if (isList(of)) {
    if (typeof key !== "bigint")
      throw runtimeError("TypeError", `a list is indexed by an integer, not ${described(typeName(key))}`);
    const value = key < 0n ? undefined : of[Number(key)];
    if (value === undefined) throw runtimeError("IndexError", `index ${key} is outside of a list of ${of.length}`);
    return value;
  }
  throw runtimeError("TypeError", `${described(typeName(of))} has no members`);
}

/** `of` with `value` at the end of `path`; what it shares with `of` stays as it was. @throws WorkflowError */
export function withValue(of: Value | undefined, path: readonly Value[], value: Value): Value {
  if (path.length === 0) return value;
  const [key, ...rest] = path as [Value, ...Value[]];
  // A map that is not there yet is made on the way.
  if (of === undefined || of === null || isMap(of)) {
    if (typeof key !== "string")
      throw runtimeError("TypeError", `a map has string keys, not ${described(typeName(key))}`);
    const map = new Map(of);
    map.set(key, withValue(map.get(key), rest, value));
    return map;
  }
  if (!isList(of)) throw runtimeError("TypeError", `${described(typeName(of))} has no members to assign to`);
  const list = [...of];
  list[Number(key)] = withValue(at(of, key), rest, value);
  return list;
}
