import { type Issue, IssuesError } from "../../../contract/issue";
import { WorkflowError } from "../../../language/workflows/error";
import type { Position } from "../../../language/workflows/fault";
import { readSource, type Source } from "../../../language/workflows/source";
import type { Value } from "../../../language/workflows/value";
import type { Stub } from "./execution";

/**
 * Stubs as data: under the name of each function the answers of its calls in order, `return` or `raise`; the last one
 * answers every further call.
 * @param file how the file is called in issues
 * @throws IssuesError MR6103
 */
export function readStubs(text: string, file: string): Readonly<Record<string, Stub>> {
  const issues: Issue[] = [];
  const report = (at: Position, problem: string, fix: string) =>
    void issues.push({ code: "MR6103", severity: "error", path: `${file}:${at.line}:${at.column}`, problem, fix });
  const { source, faults } = readSource(text);
  for (const { at, problem } of faults)
    report(at, problem.replace("the definition", "the file of stubs"), "mend the syntax at the position");
  const stubs: Record<string, Stub> = {};
  if (source && source.kind !== "map")
    report(source.at, "the stubs are no map", "write the name of a function and its answers below it");
  for (const { key, value } of source?.kind === "map" ? source.entries : []) {
    const answers = value.kind === "list" ? value.items : [value];
    const read = answers.map((answer) => readAnswer(answer, report));
    if (read.length === 0)
      report(value.at, `${key} has no answers`, "write `return:` or `raise:` for one call at least");
    stubs[key] = consecutive(read.filter((answer) => answer !== undefined));
  }
  if (issues.length > 0) throw new IssuesError(issues);
  return stubs;
}

interface Answer {
  readonly kind: "return" | "raise";
  readonly value: Value;
}

function readAnswer(source: Source, report: (at: Position, problem: string, fix: string) => void): Answer | undefined {
  const entry = source.kind === "map" && source.entries.length === 1 ? source.entries[0] : undefined;
  if (entry?.key === "return" || entry?.key === "raise") return { kind: entry.key, value: valueOf(entry.value) };
  report(source.at, "an answer is neither return nor raise", "write `return: value` or `raise: value`");
  return undefined;
}

const valueOf = (source: Source): Value => {
  if (source.kind === "scalar") return source.value;
  if (source.kind === "list") return source.items.map(valueOf);
  return new Map(source.entries.map(({ key, value }) => [key, valueOf(value)] as const));
};

function consecutive(answers: readonly Answer[]): Stub {
  let calls = 0;
  return () => {
    const { kind, value } = answers[Math.min(calls++, answers.length - 1)]!;
    if (kind === "raise") throw new WorkflowError(value);
    return value;
  };
}
