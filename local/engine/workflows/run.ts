import { IssuesError, renderIssue } from "../../../contract/issue";
import { parseJson } from "../../../language/workflows/json";
import type { Workflow } from "../../../language/workflows/model";
import type { Value } from "../../../language/workflows/value";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { Random } from "../random";
import { type CallbackSlots, callbackSlots } from "./callbacks";
import { type Execution, type Outcome, startExecution, type Stub } from "./execution";
import { createHistory, type Told } from "./history";
import type { Transport } from "./http";
import { encodeValue } from "./told-json";
import { type ExecutionError, type ExecutionRecord, idOf, type Revision, workflowOf } from "./types";

/** How executions reach what is outside of them. */
export interface Ways {
  /** Sends requests as an identity. */
  transport(email: string | undefined): Transport;
  /** Answers a connector; nothing for one that nothing here stands in for. */
  connector(name: string, transport: Transport): Stub | undefined;
  /** Origin of the engine's port: callbacks are below it. */
  origin(): string;
}

/** What an interruption has left of an execution. */
export interface Left {
  readonly told: readonly Told[];
  readonly buffered: ReadonlyMap<string, Value>;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly ways: Ways;
  readonly left: Left;
  readonly keepTold: (told: Told) => void;
  readonly keepCallback: (id: string, request: Value | undefined) => void;
}

/** An execution that is under way. */
export interface Running {
  readonly execution: Execution;
  readonly callbacks: CallbackSlots;
  /** How it ended; never, when it was stopped. */
  readonly ended: Promise<Pick<ExecutionRecord, "state" | "result" | "error">>;
}

/** Runs an execution, from where it was interrupted if it was. */
export function runExecution(
  { name, argument }: ExecutionRecord,
  { id, config }: Revision,
  workflow: Workflow,
  options: RunOptions,
): Running {
  const { clock, events, ways, left } = options;
  const callbacks = callbackSlots(
    clock,
    (callback) => `${ways.origin()}/v1/${name}/callbacks/${callback}`,
    left.buffered,
    options.keepCallback,
  );
  const transport = ways.transport(config.serviceAccountEmail);
  const execution = startExecution(workflow, {
    clock,
    random: options.random.fork(name),
    argument: parseJson(argument),
    env: { ...config.env, ...builtIn(name, id, config) },
    transport,
    connector: (called) => ways.connector(called, transport),
    callbacks,
    history: createHistory(left.told, options.keepTold),
    onLog: ({ severity, payload, routine, step }) =>
      events.emit({ type: "workflowLogged", execution: name, routine, step, severity, text: textOf(payload) }),
    onRetry: ({ routine, step, delaySeconds }) =>
      events.emit({ type: "workflowRetried", execution: name, routine, step, delaySeconds }),
  });
  return { execution, callbacks, ended: execution.outcome.then(endOf, failed) };
}

const textOf = (value: Value): string => (typeof value === "string" ? value : encodeValue(value));

/** https://cloud.google.com/workflows/docs/reference/environment-variables */
function builtIn(
  execution: string,
  revision: string,
  { name, projectNumber, serviceAccountEmail = "" }: Revision["config"],
) {
  const [, project = "", , location = ""] = name.split("/");
  return {
    GOOGLE_CLOUD_LOCATION: location,
    GOOGLE_CLOUD_PROJECT_ID: project,
    GOOGLE_CLOUD_PROJECT_NUMBER: projectNumber,
    GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME: serviceAccountEmail,
    GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: idOf(execution),
    GOOGLE_CLOUD_WORKFLOW_ID: idOf(workflowOf(execution)),
    GOOGLE_CLOUD_WORKFLOW_REVISION_ID: revision,
  };
}

function endOf(outcome: Outcome): Pick<ExecutionRecord, "state" | "result" | "error"> {
  if (outcome.state === "SUCCEEDED") return { state: "SUCCEEDED", result: encodeValue(outcome.result) };
  const { payload, context, stack } = outcome.error;
  return {
    state: "FAILED",
    error: {
      payload: encodeValue(payload),
      context,
      stack: stack.map(({ step, routine, at: { line, column } }) => ({ step, routine, line, column })),
    },
  };
}

/** What no workflow could catch: a function that nothing stands in for, a request to another machine. */
function failed(error: unknown): { readonly state: "FAILED"; readonly error: ExecutionError } {
  if (!(error instanceof IssuesError)) throw error;
  const context = error.issues.map(renderIssue).join("\n");
  return { state: "FAILED", error: { payload: JSON.stringify(context), context, stack: [] } };
}
