import type { Fault } from "../fault";
import type { Workflow } from "../model";
import { readWorkflow } from "../read";
import { checkCalls } from "./calls";
import { graphOf } from "./graph";
import { checkJumps } from "./jumps";
import { checkShared, checkVariables } from "./variables";

/** Every fault of a definition that was read without errors, routine by routine. */
function checkWorkflow(workflow: Workflow): readonly Fault[] {
  return [...workflow.routines.values()].flatMap((routine) => {
    const graph = graphOf(routine);
    const params = routine.params.map(({ name }) => name);
    return [
      ...checkCalls(routine, workflow),
      ...checkJumps(graph),
      ...checkVariables(graph, params),
      ...checkShared(graph, params),
    ];
  });
}

export interface CheckedSource {
  /** Nothing when the text has errors of structure. */
  readonly workflow?: Workflow;
  /** In the order of the text. */
  readonly faults: readonly Fault[];
}

/**
 * Reads a definition in YAML or JSON and checks it. What has errors of structure is checked no further: a part that
 * is missing would be reported a second time as a step or a variable that is not there.
 */
export function checkSource(text: string): CheckedSource {
  const { workflow, faults } = readWorkflow(text);
  if (!workflow || faults.some(({ severity }) => severity === "error")) return { faults: ordered(faults) };
  return { workflow, faults: ordered([...faults, ...checkWorkflow(workflow)]) };
}

const ordered = (faults: readonly Fault[]): readonly Fault[] =>
  [...faults].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
