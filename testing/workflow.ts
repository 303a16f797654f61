import { type Issue, IssuesError } from "../contract/issue";
import { checkSource } from "../language/workflows/check";
import { WorkflowError } from "../language/workflows/error";
import type { Workflow } from "../language/workflows/model";
import { virtualClock } from "../local/engine/clock";
import { seededRandom } from "../local/engine/random";
import { callbackSlots } from "../local/engine/workflows/callbacks";
import { type Coverage, coverageOf } from "../local/engine/workflows/coverage";
import { type Outcome, runToEnd, startExecution, type Stub as EngineStub } from "../local/engine/workflows/execution";
import { type Data, dataOf, valueOf } from "./workflow-values";

export type { Coverage, Covered } from "../local/engine/workflows/coverage";

/** A definition: one that was built, or its text in YAML or JSON. */
export type TestedWorkflow = { toYaml(): string } | string;

/** What answers a call: arguments in, the answer out; throw what `workflowError` or `httpError` gives to fail. */
export type WorkflowStub = (args: Readonly<Record<string, unknown>>) => unknown;

/** Answers of consecutive calls; the last one answers every further call. */
export type WorkflowStubs = Readonly<Record<string, WorkflowStub | readonly WorkflowStub[]>>;

export interface RunWorkflowOptions {
  /** Argument of main. @default null */
  readonly argument?: unknown;
  /** Variables of `sys.get_env`; Google's have values of a test project. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** By routine and step, `main/charge`, or by the function's name. @default none: a call without one ends the test */
  readonly stubs?: WorkflowStubs;
  /** When the execution begins. @default 2026-01-01T00:00:00Z */
  readonly at?: string;
  /** Seed of `uuid.generate`. @default 1 */
  readonly seed?: number | string;
  /** Gathers coverage over several runs of one definition. @default this run's own */
  readonly coverage?: Coverage;
}

/** A call that left the workflow. */
export interface WorkflowCall {
  readonly function: string;
  /** Routine and step. */
  readonly step: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What an execution did. */
export interface WorkflowRun {
  readonly state: "SUCCEEDED" | "FAILED";
  /** Undefined when it failed. */
  readonly result: unknown;
  /** What was raised, undefined when it succeeded. */
  readonly error: unknown;
  /** `main/charge`, each time that it was taken. */
  readonly steps: readonly string[];
  /** Variables of main when it ended. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly calls: readonly WorkflowCall[];
  readonly logs: readonly { readonly severity: string; readonly entry: unknown }[];
  /** Delays before retries, seconds. */
  readonly retries: readonly number[];
  /** Time that passed by the execution's clock. */
  readonly seconds: number;
  readonly coverage: Coverage;
}

const START = "2026-01-01T00:00:00Z";

/** What Google sets, for a test. */
const ENVIRONMENT = {
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  GOOGLE_CLOUD_PROJECT_ID: "test-project",
  GOOGLE_CLOUD_PROJECT_NUMBER: "123456789012",
  GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME: "workflow@test-project.iam.gserviceaccount.com",
  GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: "00000000-0000-4000-8000-000000000000",
  GOOGLE_CLOUD_WORKFLOW_ID: "test",
  GOOGLE_CLOUD_WORKFLOW_REVISION_ID: "000001-abc",
};

/**
 * Runs a definition to its end, on a clock that jumps: a week of sleep takes no time.
 * @throws IssuesError with the faults of the definition, or MR6101 for a call that no stub answers
 */
export async function runWorkflow(definition: TestedWorkflow, options: RunWorkflowOptions = {}): Promise<WorkflowRun> {
  const {
    argument = null,
    env,
    stubs = {},
    at = START,
    seed = 1,
    coverage = coverageOf(modelOf(definition)),
  } = options;
  const { workflow } = coverage;
  const startMs = Date.parse(at);
  if (Number.isNaN(startMs)) throw new TypeError(`at is no time: ${JSON.stringify(at)}`);
  const clock = virtualClock(startMs);
  const steps: string[] = [];
  const calls: WorkflowCall[] = [];
  const logs: WorkflowRun["logs"][number][] = [];
  const retries: number[] = [];
  let variables: Readonly<Record<string, unknown>> = {};
  const execution = startExecution(workflow, {
    clock,
    random: seededRandom(seed),
    argument: valueOf(argument),
    env: { ...ENVIRONMENT, ...urlsOf(definition), ...env },
    stubs: Object.fromEntries(Object.entries(stubs).map(([name, stub]) => [name, engineStub(stub)])),
    callbacks: callbackSlots(clock, (id) => `http://localhost/callbacks/${id}`),
    onStep(event) {
      steps.push(`${event.routine}/${event.step}`);
      coverage.onStep(event);
    },
    onBranch: coverage.onBranch,
    onCall: ({ function: name, routine, step, args }) =>
      calls.push({ function: name, step: `${routine}/${step}`, args: dataOf(args) as Record<string, unknown> }),
    onLog: ({ severity, payload }) => logs.push({ severity, entry: dataOf(payload) }),
    onRetry: ({ delaySeconds }) => retries.push(delaySeconds),
    onLeave: (event) => {
      if (event.routine === "main") variables = dataOf(event.variables) as Record<string, unknown>;
    },
  });
  const outcome = await runToEnd(execution, clock);
  return {
    ...endOf(outcome),
    steps,
    variables,
    calls,
    logs,
    retries,
    seconds: (clock.now() - startMs) / 1_000,
    coverage,
  };
}

/** Gathers the coverage of a definition over several runs. @throws IssuesError with its faults */
export const workflowCoverage = (definition: TestedWorkflow): Coverage => coverageOf(modelOf(definition));

/** An error that a stub throws: a map with tags, or anything that may be raised. */
export const workflowError = (error: Data): WorkflowError => new WorkflowError(valueOf(error));

/** The error of a request that was answered with 400 or more. */
export const httpError = (
  code: number,
  body: Data = null,
  headers: Readonly<Record<string, string>> = {},
): WorkflowError =>
  workflowError({
    message: `HTTP server responded with error code ${code}`,
    tags: ["HttpError"],
    code,
    headers,
    body,
  });

function modelOf(definition: TestedWorkflow): Workflow {
  const text = typeof definition === "string" ? definition : definition.toYaml();
  const { workflow, faults } = checkSource(text);
  const errors = faults.filter(({ severity }) => severity === "error");
  if (workflow && errors.length === 0) return workflow;
  throw new IssuesError(
    errors.map(({ code, at, path, problem, fix }): Issue => ({
      code,
      severity: "error",
      path: [`${at.line}:${at.column}`, path].filter(Boolean).join(" "),
      problem,
      fix,
    })),
  );
}

/** Where the constructs of a definition are: at the audience of their tokens, which is known before they exist. */
const urlsOf = (definition: TestedWorkflow): Record<string, string> => {
  if (typeof definition === "string" || !("targets" in definition)) return {};
  const targets = definition.targets as Readonly<Record<string, { readonly audience: string }>>;
  return Object.fromEntries(Object.entries(targets).map(([name, { audience }]) => [name, audience] as const));
};

function engineStub(stub: WorkflowStub | readonly WorkflowStub[]): EngineStub {
  const answers = typeof stub === "function" ? [stub] : stub;
  let calls = 0;
  return async (args) => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    if (!answer) throw new TypeError("a stub without answers");
    return valueOf(await answer(dataOf(args) as Record<string, unknown>));
  };
}

const endOf = (outcome: Outcome): Pick<WorkflowRun, "state" | "result" | "error"> =>
  outcome.state === "SUCCEEDED"
    ? { state: "SUCCEEDED", result: dataOf(outcome.result), error: undefined }
    : { state: "FAILED", result: undefined, error: dataOf(outcome.error.payload) };
