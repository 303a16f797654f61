import { nearest } from "../../nearest";
import type { Fault } from "../fault";
import { LIMITS } from "../limits";
import type { Graph, PlacedJump } from "./graph";

/** Jumps, steps that nothing reaches, ways without an end, and parallel steps of one routine. */
export function checkJumps(graph: Graph): Fault[] {
  return [
    ...graph.jumps.flatMap((jump) => checkJump(jump, graph)),
    ...unreachable(graph),
    ...endless(graph),
    ...checkParallels(graph),
  ];
}

function checkJump({ jump, path, region, loop }: PlacedJump, { steps }: Graph): Fault[] {
  const { target, at } = jump;
  if (target === "end") return [];
  if (target === "break" || target === "continue") {
    if (loop === "none")
      return [
        {
          code: "MR6022",
          severity: "error",
          at,
          path,
          problem: `${target} outside of a for`,
          fix: "jump to a step, or to end",
        },
      ];
    if (loop === "parallel" && target === "break")
      return [
        {
          code: "MR6027",
          severity: "warning",
          at,
          path,
          problem: "break in a parallel for: the iterations that run at the same time go on",
          fix: "use continue, or a for that is not parallel",
        },
      ];
    return [];
  }
  const found = steps.find(({ step }) => step.name === target);
  if (!found) {
    const meant = nearest(
      target,
      steps.map(({ step }) => step.name),
    );
    const fix = meant === undefined ? "name a step of this routine" : `write "${meant}", if that is meant`;
    return [{ code: "MR6020", severity: "error", at, path, problem: `the routine has no step "${target}"`, fix }];
  }
  if (found.region === region) return [];
  const problem = `the step "${target}" lies in another loop or parallel branch, and jumps stay within theirs`;
  return [
    { code: "MR6021", severity: "error", at, path, problem, fix: "use break, continue or a condition after the loop" },
  ];
}

/** Nodes that can be reached from `start` by `edges`. */
function reach(start: readonly number[], edges: (id: number) => readonly number[]): ReadonlySet<number> {
  const seen = new Set(start);
  const queue = [...start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const next of edges(id))
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
  return seen;
}

const reachable = ({ nodes, entry }: Graph): ReadonlySet<number> =>
  reach([entry], (id) => {
    const { next, handler, fails } = nodes[id]!;
    return handler !== undefined && fails ? [...next, handler] : next;
  });

/** The first step of each run that nothing leads to. */
function unreachable(graph: Graph): Fault[] {
  const seen = reachable(graph);
  const dead = graph.steps.filter(({ entry, parent, previous }) => {
    const quiet = [parent, previous].some((one) => one && !seen.has(one.entry));
    return !seen.has(entry) && !quiet;
  });
  return dead.map(({ step, entry }) => ({
    code: "MR6025",
    severity: "warning",
    at: step.at,
    path: graph.nodes[entry]!.path,
    problem: `no way leads to the step "${step.name}"`,
    fix: "remove it, or jump to it",
  }));
}

/** A step from which only an error, or Google's limit of steps, leads out. */
function endless(graph: Graph): Fault[] {
  const { nodes, exit, steps } = graph;
  const back: number[][] = nodes.map(() => []);
  for (const { id, next, handler, fails } of nodes)
    for (const to of handler !== undefined && fails ? [...next, handler] : next) back[to]!.push(id);
  const ends = reach([exit], (id) => back[id]!);
  const seen = reachable(graph);
  const stuck = steps.find(({ entry }) => seen.has(entry) && !ends.has(entry));
  if (!stuck) return [];
  return [
    {
      code: "MR6026",
      severity: "warning",
      at: stuck.step.at,
      path: nodes[stuck.entry]!.path,
      problem: `from the step "${stuck.step.name}" no way leads to an end; the execution stops after ${LIMITS.steps} steps`,
      fix: "add a condition that leaves the loop",
    },
  ];
}

function checkParallels({ parallels, returns }: Graph): Fault[] {
  const faults: Fault[] = returns.map(({ at, path }) => ({
    code: "MR6027",
    severity: "warning",
    at,
    path,
    problem: "return within a parallel step: whether it ends the branch or is refused is not documented",
    fix: "assign to a shared variable, and return after the parallel step",
  }));
  for (const { step, path, depth } of parallels) {
    const { at, concurrencyLimit: limit } = step;
    if (depth > LIMITS.parallelNesting)
      faults.push({
        code: "MR6061",
        severity: "error",
        at,
        path,
        problem: `parallel steps are nested ${depth} deep, and Google takes ${LIMITS.parallelNesting}`,
        fix: "move the inner steps after the outer ones",
      });
    const given = limit?.kind === "constant" ? limit.value : undefined;
    if (limit && limit.kind !== "expression" && !(typeof given === "bigint" && given > 0n))
      faults.push({
        code: "MR6062",
        severity: "error",
        at: limit.at,
        path,
        problem: "concurrency_limit is no whole number above 0",
        fix: "write 1 or more, or leave it out",
      });
  }
  return faults;
}
