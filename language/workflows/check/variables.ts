import { nearest } from "../../nearest";
import type { Fault, Position, WorkflowCode } from "../fault";
import { LIBRARY_ROOTS } from "../functions";
import { flow } from "./flow";
import type { Graph, GraphNode, Mention, Scope } from "./graph";

/** Reads of what is not set, writes to what is not shared: by control flow, in one routine. */
export function checkVariables(graph: Graph, params: readonly string[]): Fault[] {
  const { nodes } = graph;
  const writes = nodes.flatMap((node) => node.writes);
  const names = new Set([...params, ...writes.map(({ name }) => name)]);
  const made = new Set(writes.map(({ name, scope }) => `${scope.id}:${name}`));
  const declared = (scope: Scope, name: string) => scope.own.has(name) || made.has(`${scope.id}:${name}`);
  const known = new Map<string, Scope | undefined>();
  /** The outermost scope around `scope` that has the name; one that the construct declares hides those outside. */
  const homeOf = ({ name, scope }: Pick<Mention, "name" | "scope">): Scope | undefined => {
    const key = `${scope.id}:${name}`;
    if (known.has(key)) return known.get(key);
    let home: Scope | undefined;
    for (let one: Scope | undefined = scope; one; one = one.parent) {
      if (declared(one, name)) home = one;
      if (one.own.has(name)) break;
    }
    known.set(key, home);
    return home;
  };
  const keyOf = (mention: Pick<Mention, "name" | "scope">) => {
    const home = homeOf(mention);
    return home && `${home.id}:${mention.name}`;
  };
  const states = flow(graph, keyOf, params);
  const faults: Fault[] = [];
  const seen = new Set<string>();
  const report = (
    code: WorkflowCode,
    severity: Fault["severity"],
    node: GraphNode,
    at: Position,
    name: string,
    problem: string,
    fix: string,
  ) => {
    const key = `${code} ${node.path} ${name}`;
    if (seen.has(key)) return;
    seen.add(key);
    faults.push({ code, severity, at, path: node.path, problem, fix });
  };

  for (const node of nodes) {
    const state = states[node.id];
    if (!state) continue;
    for (const read of node.reads) {
      const key = keyOf(read);
      const { name, at } = read;
      if (key === undefined && names.has(name))
        report(
          "MR6041",
          "error",
          node,
          at,
          name,
          `"${name}" is local to the loop, branch or except block that sets it`,
          "assign it before that block, so that it belongs to the routine",
        );
      else if (key === undefined || !state.may(key))
        report(
          "MR6040",
          "error",
          node,
          at,
          name,
          `nothing sets the variable "${name}" before it is read here`,
          adviceFor(name, [...names]),
        );
      else if (!state.must(key))
        report(
          "MR6044",
          "warning",
          node,
          at,
          name,
          `"${name}" is set on some ways to this step, not on all`,
          "assign it, null will do, before the ways part",
        );
    }
    for (const write of node.writes) checkWrite(node, write);
  }
  return faults;

  function checkWrite(node: GraphNode, { name, scope, at }: Mention): void {
    if (node.fresh) return;
    for (let one: Scope | undefined = scope; one; one = one.parent) {
      if (one.own.has(name) && one.kind !== "routine" && one.kind !== "except")
        report(
          "MR6045",
          "warning",
          node,
          at,
          name,
          `the loop variable "${name}" is assigned to, and the next iteration sets it again`,
          "use another variable",
        );
      if (one.own.has(name) || homeOf({ name, scope }) === one) return;
      const { parallel } = one;
      if (!parallel || parallel.step.shared.includes(name)) continue;
      const key = one.parent && keyOf({ name, scope: one.parent });
      // Only what exists when the branches fork is the parent's; otherwise the branch makes its own.
      if (key !== undefined && states[parallel.fork]?.may(key)) {
        report(
          "MR6042",
          "error",
          node,
          at,
          name,
          `"${name}" belongs to the steps around the parallel step, and is not shared`,
          `add it to shared: [${name}]`,
        );
        return;
      }
    }
  }
}

/** Shared variables have to exist when the branches fork. */
export function checkShared(graph: Graph, params: readonly string[]): Fault[] {
  return graph.parallels.flatMap(({ step, path, scope }) =>
    step.shared
      .filter((name) => !params.includes(name) && !visible(graph, scope, name))
      .map((name): Fault => ({
        code: "MR6043",
        severity: "error",
        at: step.at,
        path,
        problem: `nothing sets the shared variable "${name}" before the parallel step`,
        fix: "assign it before the parallel step, or remove it from shared",
      })),
  );
}

const visible = ({ nodes }: Graph, scope: Scope, name: string): boolean => {
  for (let one: Scope | undefined = scope; one; one = one.parent)
    if (
      one.own.has(name) ||
      nodes.some(({ writes }) => writes.some((write) => write.name === name && write.scope === one))
    )
      return true;
  return false;
};

function adviceFor(name: string, names: readonly string[]): string {
  if (LIBRARY_ROOTS.has(name)) return "call a function of the library with its arguments in parentheses";
  const meant = nearest(
    name,
    names.filter((one) => one !== name),
  );
  return meant === undefined
    ? "assign it first, or correct its name"
    : `write "${meant}", if that is meant, or assign it first`;
}
