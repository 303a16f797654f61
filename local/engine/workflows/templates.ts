import { evaluate, type Scope } from "../../../language/workflows/evaluate";
import { runtimeError } from "../../../language/workflows/error";
import { childrenOf, type Expression, withChildren } from "../../../language/workflows/expression";
import { type Param, signatureOf } from "../../../language/workflows/functions";
import type { Template } from "../../../language/workflows/model";
import { described, typeName, type Value } from "../../../language/workflows/value";
import type { Later, Machine, Thread } from "./machine";
import { paramsOf } from "./program";

/** The value of what is written in a step. @throws WorkflowError */
export function valueOf(machine: Machine, template: Template, thread: Thread): Later<Value> {
  if (template.kind === "constant") return template.value;
  if (machine.program.waitsIn(template)) return later(machine, template, thread);
  return now(template, thread.scope);
}

function now(template: Template, scope: Scope): Value {
  if (template.kind === "constant") return template.value;
  if (template.kind === "expression") return evaluate(template.expression, scope);
  if (template.kind === "list") return template.items.map((item) => now(item, scope));
  return new Map(template.entries.map(([key, value]) => [keyOf(now(key, scope)), now(value, scope)] as const));
}

async function later(machine: Machine, template: Template, thread: Thread): Promise<Value> {
  if (template.kind === "constant") return template.value;
  if (template.kind === "expression") return expressionValue(machine, template.expression, thread);
  if (template.kind === "list") {
    const items: Value[] = [];
    for (const item of template.items) items.push(await valueOf(machine, item, thread));
    return items;
  }
  const map = new Map<string, Value>();
  for (const [key, value] of template.entries)
    map.set(keyOf(await valueOf(machine, key, thread)), await valueOf(machine, value, thread));
  return map;
}

/** An expression that calls sub-workflows: what is below a node comes first, then the node over its values. */
export async function expressionValue(machine: Machine, node: Expression, thread: Thread): Promise<Value> {
  const { program } = machine;
  if (!program.waits(node)) return evaluate(node, thread.scope);
  const values: Expression[] = [];
  for (const child of childrenOf(node)) {
    const value = await expressionValue(machine, child, thread);
    values.push({ kind: "literal", value, offset: child.offset });
    // The right side of `and` and `or` is called only when the left one does not decide.
    const decides =
      node.kind === "binary" &&
      ((node.operator === "and" && value === false) || (node.operator === "or" && value === true));
    if (decides) return value;
  }
  if (node.kind !== "call" || !program.reaches(node.name)) return evaluate(withChildren(node, values), thread.scope);
  const args = values.map((one) => (one as Extract<Expression, { kind: "literal" }>).value);
  const routine = program.routines.get(node.name);
  const params = routine ? paramsOf(routine) : signatureOf(node.name)!.params;
  return machine.invoke(node.name, routine, named(node.name, params, args), thread);
}

function keyOf(value: Value): string {
  if (typeof value === "string") return value;
  throw runtimeError("TypeError", `a map has string keys, not ${described(typeName(value))}`);
}

/** Positional arguments by the names of their parameters. @throws WorkflowError */
export function named(name: string, params: readonly Param[], values: readonly Value[]): ReadonlyMap<string, Value> {
  if (values.length > params.length)
    throw runtimeError("TypeError", `${name} takes at most ${params.length} arguments`);
  return new Map(values.map((value, index) => [params[index]!.name, value] as const));
}
