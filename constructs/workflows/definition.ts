import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Construct } from "constructs";
import { checkSource } from "../../language/workflows/check";
import type { Workflow as WorkflowModel } from "../../language/workflows/model";
import { addIssue, isKnown, MillraceStack } from "../core";
import { WorkflowDefinition } from "./builder";

/** A definition: built in TypeScript, in a file, or as text, YAML or JSON. */
export type WorkflowSource = WorkflowDefinition | { readonly file: string } | { readonly source: string };

/** A definition that was read. */
export interface ResolvedDefinition {
  readonly source: string;
  /** Nothing where the text has faults, or holds what Terraform resolves later. */
  readonly model?: WorkflowModel;
  readonly built?: WorkflowDefinition;
}

/** Reads and checks a definition; every fault is an issue of the construct. */
export function resolveDefinition(construct: Construct, from: WorkflowSource): ResolvedDefinition {
  const built = from instanceof WorkflowDefinition ? from : undefined;
  // Positions in one line of JSON help nobody; what deploys means the same.
  const [text, file] = built
    ? [built.toYaml(), undefined]
    : textOf(construct, from as Exclude<WorkflowSource, WorkflowDefinition>);
  const source = built ? built.toJson() : text;
  if (text === "" || !isKnown(text)) return { source };
  const { workflow, faults } = checkSource(text);
  for (const { code, severity, at, path, problem, fix } of faults) {
    const where = [file && `${file}:${at.line}:${at.column}`, !file && !built && `line ${at.line}:${at.column}`, path];
    addIssue(construct, code, { problem: `${where.filter(Boolean).join(" ")}: ${problem}`, fix }, severity);
  }
  return { source, ...(workflow && { model: workflow }), ...(built && { built }) };
}

function textOf(
  construct: Construct,
  from: { readonly file: string } | { readonly source: string },
): readonly [string, string | undefined] {
  if ("source" in from) return [from.source, undefined];
  const { handlersDir } = MillraceStack.of(construct).context;
  try {
    return [readFileSync(resolve(handlersDir, from.file), "utf8"), from.file];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = `${from.file} cannot be read below ${handlersDir}: ${code === "ENOENT" ? "there is no such file" : code}`;
    addIssue(construct, "MR1556", { problem, got: from.file });
    return ["", from.file];
  }
}
