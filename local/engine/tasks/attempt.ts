import { formatDuration } from "../../../language/duration";
import type { PushRequest, PushResult } from "../delivery";
import type { QueueRouting, Task, TaskRequest } from "./types";

const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/** Queue of a task, by its name. */
export const queueOf = (task: string): string => task.slice(0, task.lastIndexOf("/tasks/"));

/**
 * What is sent for one attempt. The headers are those of production for HTTP targets: no retry reason, the previous
 * response on a retry only, no content type of its own.
 * https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler
 */
export function requestOf(task: Task, routing?: QueueRouting): PushRequest {
  const { name, scheduleMs, dispatches, executions, last } = task;
  const request = routed(task.request, routing);
  const headers = Object.entries(request.headers).map(([key, value]) => [key.toLowerCase(), value]);
  const seconds = Math.floor(scheduleMs / 1_000);
  return {
    endpoint: request.url,
    method: request.method,
    headers: {
      ...(Object.fromEntries(headers) as Record<string, string>),
      "user-agent": "Google-Cloud-Tasks",
      "x-cloudtasks-queuename": idOf(queueOf(name)),
      "x-cloudtasks-taskname": idOf(name),
      "x-cloudtasks-taskretrycount": String(dispatches),
      "x-cloudtasks-taskexecutioncount": String(executions),
      "x-cloudtasks-tasketa": `${seconds}.${String((scheduleMs - seconds * 1_000) * 1_000).padStart(6, "0")}`,
      ...(last?.status !== undefined && { "x-cloudtasks-taskpreviousresponse": String(last.status) }),
    },
    body: Buffer.from(request.body, "base64"),
    timeoutMs: task.deadlineMs,
    ...(request.oidc && { oidc: request.oidc }),
    source: queueOf(name),
    messageId: idOf(name),
    attempt: dispatches + 1,
  };
}

/** The task's request as its queue sends it. */
function routed(request: TaskRequest, routing: QueueRouting | undefined): TaskRequest {
  if (!routing) return request;
  const { url: parts = {}, method = request.method, headers, oidc = request.oidc } = routing;
  const url = new URL(request.url);
  const { scheme, host, port, path } = parts;
  if (scheme !== undefined) url.protocol = scheme.toLowerCase();
  if (host !== undefined) {
    url.hostname = host;
    url.port = port ?? "";
  } else if (port !== undefined) url.port = port;
  if (path !== undefined) url.pathname = path;
  return {
    ...request,
    url: Object.keys(parts).length === 0 ? request.url : url.href,
    method,
    headers: { ...request.headers, ...headers },
    ...(oidc && { oidc }),
  };
}

export const isDone = (result: PushResult): boolean =>
  result.kind === "status" && result.status >= 200 && result.status < 300;

/** For a person. */
export function reasonOf(result: PushResult, deadlineMs: number): string {
  if (result.kind === "status") return `status ${result.status}`;
  return result.kind === "timeout" ? `timeout after ${formatDuration(deadlineMs)}` : `unreachable: ${result.reason}`;
}
