import { milliseconds, toGoogleDuration } from "../../../language/duration";
import { errorResponse, jsonResponse, type RestHandler, StatusError } from "../../wire/rest";
import type { RunJobs } from "./jobs";
import type { ExecutionOverrides, ExecutionStatus, RunJobConfig, TaskStatus } from "./types";

const iso = (ms: number) => new Date(ms).toISOString();
const count = ({ tasks }: ExecutionStatus, state: TaskStatus["state"]) =>
  tasks.filter((task) => task.state === state).length;

const CONDITIONS = {
  running: "CONDITION_RECONCILING",
  waiting: "CONDITION_PENDING",
  succeeded: "CONDITION_SUCCEEDED",
  failed: "CONDITION_FAILED",
  cancelled: "CONDITION_FAILED",
} as const;

const completed = (state: keyof typeof CONDITIONS, message?: string) => ({
  type: "Completed",
  state: CONDITIONS[state],
  ...(state === "cancelled" && { executionReason: "CANCELLED" }),
  ...(message !== undefined && { message }),
});

/** google/cloud/run/v2/execution.proto: `Execution` */
export function executionResource(execution: ExecutionStatus) {
  const { name, job, settings, createdMs, endedMs, state, tasks } = execution;
  return {
    name,
    job,
    createTime: iso(createdMs),
    startTime: iso(createdMs),
    ...(endedMs !== undefined && { completionTime: iso(endedMs) }),
    parallelism: settings.parallelism,
    taskCount: settings.tasks,
    template: { maxRetries: settings.retries, timeout: toGoogleDuration(settings.timeoutMs) },
    runningCount: count(execution, "running"),
    succeededCount: count(execution, "succeeded"),
    failedCount: count(execution, "failed"),
    cancelledCount: count(execution, "cancelled"),
    retriedCount: tasks.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    conditions: [completed(state)],
    // What a client has seen of it is what there is.
    observedGeneration: "1",
    reconciling: state === "running",
  };
}

/** google/cloud/run/v2/task.proto: `Task` */
const taskResource = (execution: ExecutionStatus, { index, state, attempts, reason }: TaskStatus) => ({
  name: `${execution.name}/tasks/${execution.name.slice(execution.name.lastIndexOf("/") + 1)}-task${index}`,
  execution: execution.name,
  job: execution.job,
  index,
  retried: Math.max(0, attempts - 1),
  conditions: [completed(state, reason)],
});

const jobResource = ({ name, tasks, parallelism, retries, timeoutMs }: RunJobConfig, latest?: ExecutionStatus) => ({
  name,
  template: {
    taskCount: tasks,
    parallelism,
    template: { maxRetries: retries, timeout: toGoogleDuration(timeoutMs) },
  },
  ...(latest && {
    latestCreatedExecution: { name: latest.name, createTime: iso(latest.createdMs) },
  }),
});

/** google/longrunning/operations.proto: done once the execution has ended, whichever way. */
function operationResource(execution: ExecutionStatus) {
  const { name, state } = execution;
  const [parent] = name.split("/jobs/");
  const failed = count(execution, "failed");
  const type = { "@type": "type.googleapis.com/google.cloud.run.v2.Execution" };
  return {
    name: `${parent}/operations/${name.slice(name.lastIndexOf("/") + 1)}`,
    metadata: { ...type, ...executionResource(execution) },
    done: state !== "running",
    ...(state === "succeeded" && { response: { ...type, ...executionResource(execution) } }),
    ...(state === "failed" && { error: { code: 13, message: `${failed} of ${execution.tasks.length} tasks failed` } }),
    ...(state === "cancelled" && { error: { code: 1, message: "the execution was cancelled" } }),
  };
}

interface RunBody {
  readonly overrides?: {
    readonly containerOverrides?: readonly {
      readonly args?: readonly string[];
      readonly clearArgs?: boolean;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
    readonly taskCount?: number;
    readonly timeout?: string;
  };
}

/** What a request to run a job asks for. @throws StatusError when it cannot be read */
export function overridesOf(body: Buffer): ExecutionOverrides {
  let request: RunBody;
  try {
    request = body.length === 0 ? {} : (JSON.parse(body.toString("utf8")) as RunBody);
  } catch {
    throw new StatusError("INVALID_ARGUMENT", "the body is not JSON");
  }
  const { containerOverrides = [], taskCount, timeout } = request.overrides ?? {};
  const [container] = containerOverrides;
  if (taskCount !== undefined && !(Number.isInteger(taskCount) && taskCount >= 1 && taskCount <= 10_000))
    throw new StatusError("INVALID_ARGUMENT", `overrides.task_count: ${taskCount} must be between 1 and 10000`);
  const args = container?.clearArgs ? [] : container?.args;
  const env = container?.env ?? [];
  return {
    ...(taskCount !== undefined && { tasks: taskCount }),
    ...(timeout !== undefined && { timeoutMs: milliseconds(timeout) }),
    ...(args && args.length > 0 && { args }),
    ...(env.length > 0 && { environment: Object.fromEntries(env.map(({ name, value = "" }) => [name, value])) }),
  };
}

const PARENT = "projects/[^/:]+/locations/[^/:]+";
const JOB = new RegExp(`^/v2/(${PARENT}/jobs/[^/:]+)(?::(run))?$`);
const JOBS = new RegExp(`^/v2/(${PARENT})/jobs$`);
const EXECUTION = new RegExp(`^/v2/(${PARENT}/jobs/[^/:]+/executions/[^/:]+)(?:(/tasks)|:(cancel))?$`);
const EXECUTIONS = new RegExp(`^/v2/(${PARENT}/jobs/[^/:]+)/executions$`);
const OPERATION = new RegExp(`^/v2/(${PARENT})/operations/([^/:]+)(?::(wait))?$`);

/**
 * What of the Cloud Run Admin API needs no new job: run, with overrides; get, list and delete jobs; get and list
 * executions and their tasks; cancel; operations, which may be waited for. https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs
 */
export function runJobsRest(jobs: RunJobs): RestHandler {
  const operation = async (parent: string, id: string, wait: boolean) => {
    const all = jobs.jobs().flatMap(({ name }) => jobs.executions(name));
    const found = all.find(({ name }) => name.startsWith(`${parent}/`) && name.endsWith(`/${id}`));
    if (!found) throw new StatusError("NOT_FOUND", `Operation '${id}' does not exist.`);
    return operationResource(wait ? await jobs.ended(found.name) : found);
  };
  const answer = async (method: string, path: string, body: Buffer): Promise<unknown> => {
    const match = (pattern: RegExp) => pattern.exec(path);
    const [, job, verb] = match(JOB) ?? [];
    if (job && method === "POST" && verb === "run") return operationResource(jobs.run(job, overridesOf(body)));
    if (job && method === "GET" && !verb) return jobResource(jobs.job(job), jobs.executions(job)[0]);
    if (job && method === "DELETE" && !verb) {
      const resource = jobResource(jobs.job(job));
      jobs.remove(job);
      const name = `${job.split("/jobs/")[0]}/operations/${job.slice(job.lastIndexOf("/") + 1)}`;
      return { name, done: true, response: { "@type": "type.googleapis.com/google.cloud.run.v2.Job", ...resource } };
    }
    const [, parent] = match(JOBS) ?? [];
    if (parent && method === "GET")
      return {
        jobs: jobs
          .jobs()
          .filter(({ name }) => name.startsWith(`${parent}/`))
          .map((one) => jobResource(one, jobs.executions(one.name)[0])),
      };
    const [, listed] = match(EXECUTIONS) ?? [];
    if (listed && method === "GET") return { executions: jobs.executions(listed).map(executionResource) };
    const [, execution, tasks, cancel] = match(EXECUTION) ?? [];
    if (execution && method === "GET" && !cancel) {
      const found = jobs.execution(execution);
      return tasks ? { tasks: found.tasks.map((task) => taskResource(found, task)) } : executionResource(found);
    }
    if (execution && method === "POST" && cancel) return operationResource(jobs.cancel(execution));
    const [, where, id, wait] = match(OPERATION) ?? [];
    if (where && id && method === (wait ? "POST" : "GET")) return operation(where, id, wait !== undefined);
    throw new StatusError("UNIMPLEMENTED", `${method} ${path}: the plan makes the jobs, and no client does`);
  };
  return async ({ method, path, body }) => {
    try {
      return jsonResponse(await answer(method, path, body));
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      throw error;
    }
  };
}
