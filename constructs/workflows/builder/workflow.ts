import { checkSource } from "../../../language/workflows/check";
import type { Fault } from "../../../language/workflows/fault";
import type { Routine, Workflow } from "../../../language/workflows/model";
import { printWorkflowJson, printWorkflowYaml } from "../../../language/workflows/print";
import type { IPushTarget } from "../../core";
import type { Callee } from "./callee";
import { NOWHERE, templateOf } from "./data";
import type { Data, Dynamic, Expr } from "./expression";
import { Block, type DefinitionRecord, emptyRecord, guarded, Names, refuse, variable } from "./recorder";
import { Steps } from "./steps";
import type { AnySubworkflow } from "./subworkflow";
import { tidied } from "./tidy";

/** Makes a sub-workflow part of a definition, once. @returns its name */
function includeRoutine(record: DefinitionRecord, sub: AnySubworkflow): string {
  const { name } = sub;
  const maker = record.makers.get(name);
  if (maker && maker !== sub) refuse(name, `two sub-workflows are called "${name}"`, "rename one of them");
  if (maker) return name;
  record.makers.set(name, sub);
  const params = Object.entries(sub.params);
  recordRoutine(
    record,
    name,
    params.map(([key, one]) => ({
      name: key,
      ...(one.optional && { default: guarded(name, () => templateOf(one.default)) }),
    })),
    (w) => sub.body(w, Object.fromEntries(params.map(([key]) => [key, variable(key)]))),
  );
  return name;
}

function recordRoutine(
  record: DefinitionRecord,
  name: string,
  params: Routine["params"],
  body: (w: Steps) => unknown,
): void {
  const names = new Names(record, name);
  for (const one of params) names.variable(one.name, name);
  const block = new Block(names);
  const w = new Steps(block);
  const result = body(w);
  if (result !== undefined) w.return(names.has("result") ? `${name}_result` : "result", result as Data);
  if (block.steps.length === 0 && !block.jump) refuse(name, "the routine has no steps", "add one at least");
  record.routines.set(name, tidied({ name, params, steps: block.whole(name), at: NOWHERE }));
}

/** A whole definition: what deploys, and what it needs. */
export class WorkflowDefinition<A = unknown> {
  /** Exists for the compiler alone. */
  declare protected readonly argument?: A;

  constructor(
    /** The definition as the parser would read it. */
    readonly model: Workflow,
    /** What it calls, and its identity must be allowed to. */
    readonly callees: readonly Callee[],
    /** Variables of `sys.get_env` by name: where the constructs are that it calls. */
    readonly targets: Readonly<Record<string, IPushTarget>>,
  ) {}

  /** What deploys: JSON in one line, which has none of YAML's traps. At most 128 KB. */
  toJson(): string {
    return printWorkflowJson(this.model);
  }

  /** For reading. */
  toYaml(): string {
    return printWorkflowYaml(this.model);
  }

  /** Everything that is wrong with it; positions are those of the YAML. */
  check(): readonly Fault[] {
    return checkSource(this.toYaml()).faults;
  }
}

/**
 * A workflow without an argument. Its body may give back the result.
 * @throws IssuesError MR1550 for what cannot be built, at the line that builds it
 */
export function workflow(body: (w: Steps) => Data | void): WorkflowDefinition<void>;
/**
 * A workflow with an argument.
 * @param argument name of the parameter
 * @throws IssuesError MR1550 for what cannot be built, at the line that builds it
 */
export function workflow<A = Dynamic>(
  argument: string,
  body: (w: Steps, argument: Expr<A>) => Data | void,
): WorkflowDefinition<A>;
export function workflow(
  first: string | ((w: Steps) => unknown),
  second?: (w: Steps, argument: Expr<Dynamic>) => unknown,
): WorkflowDefinition {
  const record = emptyRecord(includeRoutine);
  record.makers.set("main", record);
  if (typeof first === "string")
    recordRoutine(record, "main", [{ name: first }], (w) => second!(w, variable<Dynamic>(first)));
  else recordRoutine(record, "main", [], first);
  const { main, ...subs } = Object.fromEntries(record.routines);
  const routines = new Map([["main", main!] as const, ...Object.entries(subs)]);
  const targets = Object.fromEntries([...record.urls].map(([target, name]) => [name, target] as const));
  return new WorkflowDefinition({ routines }, [...record.callees.values()], targets);
}
