import { toGoogleDuration } from "../../../language/duration";
import type { Value } from "../../../language/workflows/value";
import {
  errorResponse,
  jsonResponse,
  type RestHandler,
  type RestRequest,
  type RestResponse,
  StatusError,
} from "../../wire/rest";
import { bodyValue } from "./http";
import type { ExecutionRecord, Revision } from "./types";
import type { Workflows } from "./workflows";

const iso = (ms: number) => new Date(ms).toISOString();

const NAME = "projects/[^/:]+/locations/[^/:]+/workflows";
const PATHS = {
  workflows: new RegExp(`^/v1/(projects/[^/:]+/locations/[^/:]+)/workflows$`),
  workflow: new RegExp(`^/v1/(${NAME}/[^/:]+)$`),
  executions: new RegExp(`^/v1/(${NAME}/[^/:]+)/executions$`),
  execution: new RegExp(`^/v1/(${NAME}/[^/:]+/executions/[^/:]+)(?::(cancel))?$`),
  callbacks: new RegExp(`^/v1/(${NAME}/[^/:]+/executions/[^/:]+)/callbacks$`),
  callback: new RegExp(`^/v1/(${NAME}/[^/:]+/executions/[^/:]+)/callbacks/([^/:]+)$`),
} as const;

const PAGE = { usual: 100, most: 1_000 };

/**
 * What of the REST APIs of Workflows and its executions needs no new workflow: get and list both; delete workflows;
 * create, cancel executions; list callbacks, and the callbacks themselves. `millraceWait=true` on create answers when the execution has
 * ended.
 */
export function workflowsRest(workflows: Workflows): RestHandler {
  return async (request) => {
    try {
      return await answer(workflows, request);
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      throw error;
    }
  };
}

async function answer(workflows: Workflows, request: RestRequest): Promise<RestResponse> {
  const { method, path, query } = request;
  const callback = PATHS.callback.exec(path);
  if (callback) return answerCallback(workflows, callback[1]!, callback[2]!, request);
  const parent = PATHS.workflows.exec(path)?.[1];
  if (parent !== undefined && method === "GET")
    return jsonResponse({
      workflows: workflows
        .workflows()
        .filter(({ config }) => config.name.startsWith(`${parent}/`))
        .map(workflowResource),
    });
  const workflow = PATHS.workflow.exec(path)?.[1];
  if (workflow !== undefined && method === "GET") return jsonResponse(workflowResource(workflows.workflow(workflow)));
  if (workflow !== undefined && method === "DELETE") {
    workflows.workflow(workflow);
    workflows.remove(workflow);
    return jsonResponse(doneOperation(workflow));
  }
  const of = PATHS.executions.exec(path)?.[1];
  if (of !== undefined && method === "POST") return create(workflows, of, request);
  if (of !== undefined && method === "GET") return list(workflows, of, query);
  const [, execution, verb] = PATHS.execution.exec(path) ?? [];
  if (execution !== undefined && method === (verb === undefined ? "GET" : "POST")) {
    if (verb === "cancel") return jsonResponse(executionResource(workflows.cancel(execution), workflows));
    return jsonResponse(executionResource(workflows.get(execution), workflows, query.get("view") ?? "FULL"));
  }
  const listed = PATHS.callbacks.exec(path)?.[1];
  if (listed !== undefined && method === "GET") {
    workflows.get(listed);
    const callbacks = (workflows.callbacks(listed)?.list() ?? []).map(({ id, method, pending, waiters }) => ({
      name: `${listed}/callbacks/${id}`,
      method,
      availablePayloads: Array.from({ length: pending }, () => "payload"),
      waiters: String(waiters),
    }));
    return jsonResponse({ callbacks });
  }
  throw new StatusError("UNIMPLEMENTED", `${method} ${path}: the plan makes the workflows, and no client does`);
}

async function create(workflows: Workflows, workflow: string, { body, query }: RestRequest): Promise<RestResponse> {
  const given = parsed(body);
  const argument = textField(given, "argument");
  const labels = given.labels ?? {};
  if (typeof labels !== "object") throw new StatusError("INVALID_ARGUMENT", "labels is no map");
  const begun = workflows.create(workflow, {
    ...(argument !== undefined && { argument }),
    labels: labels as Readonly<Record<string, string>>,
  });
  if (query.get("millraceWait") === "true")
    return jsonResponse(executionResource(await workflows.ended(begun.name), workflows));
  return jsonResponse(executionResource(begun, workflows));
}

function parsed(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new StatusError("INVALID_ARGUMENT", "the body is no JSON object");
}

function textField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === "string") return value;
  throw new StatusError("INVALID_ARGUMENT", `${name} is no string; it holds JSON as text`);
}

function list(workflows: Workflows, workflow: string, query: URLSearchParams): RestResponse {
  const size = Math.min(PAGE.most, Number(query.get("pageSize") ?? 0) || PAGE.usual);
  const from = Number(query.get("pageToken") ?? 0);
  const state = stateIn(query.get("filter") ?? "");
  const all = workflows.list(workflow).filter((record) => state === undefined || record.state === state);
  const view = query.get("view") ?? "BASIC";
  return jsonResponse({
    executions: all.slice(from, from + size).map((record) => executionResource(record, workflows, view)),
    ...(from + size < all.length && { nextPageToken: String(from + size) }),
  });
}

/** The one filter that is understood here. */
function stateIn(filter: string): string | undefined {
  if (filter.trim() === "") return undefined;
  const state = /^\s*state\s*=\s*"([A-Z]+)"\s*$/.exec(filter)?.[1];
  if (state !== undefined) return state;
  throw new StatusError(
    "UNIMPLEMENTED",
    `the filter ${JSON.stringify(filter)} is not understood here; write state="FAILED"`,
  );
}

/** google/longrunning/operations.proto: what takes a moment at Google's is done here at once. */
const doneOperation = (workflow: string) => ({
  name: `${workflow.split("/workflows/")[0]}/operations/${workflow.slice(workflow.lastIndexOf("/") + 1)}`,
  done: true,
  response: { "@type": "type.googleapis.com/google.protobuf.Empty" },
});

/** google/cloud/workflows/v1/workflows.proto, `Workflow` */
const workflowResource = ({ id, config }: Revision) => ({
  name: config.name,
  state: "ACTIVE",
  revisionId: id,
  ...(config.serviceAccountEmail !== undefined && { serviceAccount: config.serviceAccountEmail }),
  sourceContents: config.source,
  userEnvVars: config.env,
});

/** google/cloud/workflows/executions/v1/executions.proto, `Execution`; BASIC leaves out what may be long. */
export function executionResource(record: ExecutionRecord, workflows: Pick<Workflows, "steps">, view = "FULL") {
  const { name, state, revision, startMs, endMs, argument, result, error, labels } = record;
  const steps = workflows.steps(name);
  return {
    name,
    state,
    workflowRevisionId: revision,
    createTime: iso(startMs),
    startTime: iso(startMs),
    ...(endMs !== undefined && { endTime: iso(endMs), duration: toGoogleDuration(endMs - startMs) }),
    labels,
    ...(steps.length > 0 && { status: { currentSteps: steps } }),
    ...(view !== "BASIC" && {
      argument,
      ...(result !== undefined && { result }),
      ...(error && {
        error: {
          payload: error.payload,
          context: error.context,
          stackTrace: {
            elements: error.stack.map(({ step, routine, line, column }) => ({
              step,
              routine,
              position: { line: String(line), column: String(column) },
            })),
          },
        },
      }),
    }),
  };
}

/**
 * A request to a callback: taken, one at a time; too many; or to an execution that has ended.
 * https://cloud.google.com/workflows/docs/creating-callback-endpoints
 */
async function answerCallback(
  workflows: Workflows,
  execution: string,
  id: string,
  { method, path, query, headers, body }: RestRequest,
): Promise<RestResponse> {
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(",") : (value ?? ""));
  const request = new Map<string, Value>([
    ["body", body.length === 0 ? null : bodyValue(body, one(headers["content-type"]))],
    ["headers", new Map(Object.entries(headers).map(([name, value]) => [name, one(value)] as const))],
    ["method", method],
    ["query", new Map(query)],
    ["url", query.size > 0 ? `${path}?${query.toString()}` : path],
  ]);
  const received = new Map<string, Value>([
    ["http_request", request],
    ["received_time", new Date(workflows.now()).toISOString()],
    ["type", "HTTP"],
  ]);
  const callbacks = workflows.callbacks(execution);
  const answered = callbacks?.offer(id, method, received) ?? "unknown";
  // What it is answered with must be kept before the answer goes out, and the execution takes it a moment later.
  await new Promise((resolve) => setImmediate(resolve));
  switch (answered) {
    case "taken":
      return jsonResponse({});
    case "busy":
      return errorResponse(new StatusError("RESOURCE_EXHAUSTED", "a request to this callback waits already"));
    case "wrong method":
      return errorResponse(new StatusError("NOT_FOUND", `the callback does not take ${method}`));
    default:
      return errorResponse(new StatusError("NOT_FOUND", "the execution has ended, or it has no such callback"));
  }
}
