import { readFileSync } from "node:fs";
import { type Issue, IssuesError } from "../../contract/issue";
import { checkSource } from "../../language/workflows/check";
import type { Fault } from "../../language/workflows/fault";
import { picturesOf, printMermaid } from "../../language/workflows/graph";
import { inferredIn } from "../../language/workflows/inferred";
import { JsonFault, parseJson, printJson } from "../../language/workflows/json";
import type { Workflow } from "../../language/workflows/model";
import { printWorkflowJson, printWorkflowYaml } from "../../language/workflows/print";
import type { Value } from "../../language/workflows/value";
import { realClock, virtualClock } from "../../local/engine/clock";
import { seededRandom } from "../../local/engine/random";
import { type Coverage, coverageOf } from "../../local/engine/workflows/coverage";
import { type Outcome, runToEnd, startExecution } from "../../local/engine/workflows/execution";
import { checkTerraformJson } from "../../local/engine/workflows/plan-file";
import { readStubs } from "../../local/engine/workflows/stub-file";
import { type Attributes, isObject } from "../../local/plan/values";
import { EXIT, type ExitCode, printIssues, usage } from "../exit";
import type { WorkflowOptions, WorkflowRunOptions } from "../program-workflow";
import type { Terminal } from "../terminal";

/** `millrace workflow check`: what is wrong with definitions, and what unconfirmed behaviour they rely on. */
export async function workflowCheck(
  files: readonly string[],
  options: WorkflowOptions & { readonly inferred?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const plans = files.filter((file) => file.endsWith(".tf.json"));
  const checked = files
    .filter((file) => !plans.includes(file))
    .map((file) => ({ file, ...checkSource(readText(file)) }));
  const issues = [
    ...checked.flatMap(({ file, faults }) => issuesOf(file, faults)),
    ...plans.flatMap((file) => checkTerraformJson(readJson(file), file)),
  ];
  const inferred = checked.flatMap(({ file, workflow }) =>
    workflow && options.inferred ? inferredIn(workflow).map((one) => ({ file, ...one })) : [],
  );
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, issues, ...(options.inferred && { inferred }) }));
  else {
    printIssues(issues, terminal);
    for (const { file, at, path, behaviour } of inferred)
      terminal.out(`${file}:${at.line}:${at.column} ${path}: ${behaviour}`);
    if (issues.length === 0) terminal.err(`${files.join(", ")}: no faults`);
  }
  return issues.some(({ severity }) => severity === "error") ? EXIT.findings : EXIT.ok;
}

/** `millrace workflow fmt`: a definition in its canonical text, on stdout; comments are not kept. */
export async function workflowFmt(file: string, options: WorkflowOptions, terminal: Terminal): Promise<ExitCode> {
  const workflow = load(file, terminal);
  terminal.out(options.json ? printWorkflowJson(workflow) : printWorkflowYaml(workflow).trimEnd());
  return EXIT.ok;
}

/** `millrace workflow graph`: the control flow of a definition, as Mermaid, or as nodes and edges. */
export async function workflowGraph(file: string, options: WorkflowOptions, terminal: Terminal): Promise<ExitCode> {
  const workflow = load(file, terminal);
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, routines: picturesOf(workflow) }));
  else terminal.out(printMermaid(workflow));
  return EXIT.ok;
}

/** `millrace workflow run`: a definition from main to its end, on a clock that jumps unless told otherwise. */
export async function workflowRun(file: string, options: WorkflowRunOptions, terminal: Terminal): Promise<ExitCode> {
  const workflow = load(file, terminal);
  const startMs = options.at === undefined ? Date.now() : Date.parse(options.at);
  if (Number.isNaN(startMs))
    throw usage("workflow run", `--at is no time: "${options.at}"`, "write for example 2026-01-31T09:00:00Z");
  const clock = virtualClock(startMs);
  const coverage = options.coverage ? coverageOf(workflow) : undefined;
  const settings = {
    random: seededRandom(options.seed ?? file),
    argument: argumentOf(options.argument),
    env: environmentOf(options.env),
    stubs: options.stubs === undefined ? {} : readStubs(readText(options.stubs), options.stubs),
    ...(!options.json && progress(terminal)),
    ...(coverage && { onStep: coverage.onStep, onBranch: coverage.onBranch }),
  };
  const outcome = options.realTime
    ? await startExecution(workflow, { ...settings, clock: realClock() }).outcome
    : await runToEnd(startExecution(workflow, { ...settings, clock }), clock);
  if (options.json) terminal.out(documentOf(outcome, coverage));
  else if (outcome.state === "SUCCEEDED") terminal.out(printJson(outcome.result, { prefix: "", indent: "  " }));
  else printIssues([failure(file, outcome)], terminal);
  if (coverage && !options.json) for (const line of coverageLines(coverage)) terminal.err(line);
  return outcome.state === "SUCCEEDED" ? EXIT.ok : EXIT.findings;
}

/** What of the definition the run has taken, and what not. */
const coverageLines = (coverage: Coverage): readonly string[] =>
  (
    [
      ["steps", coverage.steps()],
      ["branches", coverage.branches()],
    ] as const
  ).flatMap(([what, { taken, all, missed }]) => [
    `${what}: ${taken} of ${all}`,
    ...missed.map((name) => `  not taken: ${name}`),
  ]);

/** What a person sees while it runs: logs, and why nothing seems to happen. */
const progress = ({ paintErr: c, ...terminal }: Terminal) => ({
  onLog: ({ severity, payload }: { severity: string; payload: Value }) =>
    terminal.err(`${c.dim(severity)} ${textOf(payload)}`),
  onRetry: ({ routine, step, delaySeconds }: { routine: string; step: string; delaySeconds: number }) =>
    terminal.err(c.dim(`${routine}/${step} failed and is tried again after ${delaySeconds} s`)),
});

const textOf = (value: Value): string => {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? `${value.length} bytes` : printJson(value);
};

/** The outcome as one line of JSON, in the names of Google's executions API; result and payload as JSON in a string. */
function documentOf(outcome: Outcome, coverage: Coverage | undefined): string {
  const { state, steps } = outcome;
  const covered = coverage && { coverage: { steps: coverage.steps(), branches: coverage.branches() } };
  const head = { schemaVersion: 1, state, steps, ...covered };
  if (outcome.state === "SUCCEEDED") return JSON.stringify({ ...head, result: printJson(outcome.result) });
  const { payload, context, stack } = outcome.error;
  const elements = stack.map(({ routine, step, at }) => ({ routine, step, position: at }));
  return JSON.stringify({ ...head, error: { payload: textOf(payload), context, stackTrace: { elements } } });
}

function failure(file: string, { error }: Extract<Outcome, { state: "FAILED" }>): Issue {
  const [at] = error.stack;
  return {
    code: "MR6105",
    severity: "error",
    path: at ? `${file}:${at.at.line}:${at.at.column} ${at.routine}/${at.step}` : file,
    problem: `the execution failed: ${textOf(error.payload)}`,
    fix: "catch the error with try and except, or correct what raised it",
  };
}

function load(file: string, terminal: Terminal): Workflow {
  const { workflow, faults } = checkSource(readText(file));
  const issues = issuesOf(file, faults);
  if (!workflow || issues.some(({ severity }) => severity === "error")) throw new IssuesError(issues);
  printIssues(issues, terminal);
  return workflow;
}

const issuesOf = (file: string, faults: readonly Fault[]): Issue[] =>
  faults.map(({ at, path, ...fault }) => ({
    ...fault,
    path: `${file}:${at.line}:${at.column}${path === "" ? "" : ` ${path}`}`,
  }));

function readJson(file: string): Attributes {
  try {
    const json: unknown = JSON.parse(readText(file));
    if (isObject(json)) return json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new IssuesError([
    {
      code: "MR6104",
      severity: "error",
      path: file,
      problem: "it is no Terraform document in JSON",
      fix: "check the path",
    },
  ]);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such file" : `the file cannot be read: ${code}`;
    throw new IssuesError([{ code: "MR6104", severity: "error", path: file, problem, fix: "check the path" }]);
  }
}

function argumentOf(text: string | undefined): Value {
  if (text === undefined) return null;
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw usage("workflow run", `--argument is no JSON: ${error.message}`, `write for example --argument '{"id": 1}'`);
  }
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf("=");
      if (cut <= 0)
        throw usage("workflow run", `--env takes NAME=VALUE, not "${pair}"`, "write for example --env STAGE=test");
      return [pair.slice(0, cut), pair.slice(cut + 1)];
    }),
  );
}
