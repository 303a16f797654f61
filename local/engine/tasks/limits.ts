import { formatDuration } from "../../../language/duration";
import type { Task } from "./types";

/** google/cloud/tasks/v2/task.proto and target.proto; https://cloud.google.com/tasks/docs/quotas */
const LIMITS = {
  deadlineMs: { min: 15_000, max: 1_800_000 },
  aheadMs: 30 * 86_400_000,
  bytes: 1_048_576,
  urlLength: 2_083,
  headerBytes: 81_920,
} as const;

export const TASK_ID = /^[A-Za-z0-9_-]{1,500}$/;

const BODY_METHODS = new Set(["POST", "PUT", "PATCH"]);

/** Why Cloud Tasks refuses a task, if it does. */
export function taskFault({ request, scheduleMs, deadlineMs }: Task, now: number): string | undefined {
  const { url, method, headers, body } = request;
  const { min, max } = LIMITS.deadlineMs;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    return `HttpRequest.url must start with http:// or https://, not ${JSON.stringify(url)}`;
  if (url.length > LIMITS.urlLength)
    return `HttpRequest.url has ${url.length} characters; the most is ${LIMITS.urlLength}`;
  if (body !== "" && !BODY_METHODS.has(method)) return `HttpRequest.body must be empty with ${method}`;
  if (deadlineMs < min || deadlineMs > max)
    return `Task.dispatchDeadline must be between [15s, 30m], not ${formatDuration(deadlineMs)}`;
  if (scheduleMs - now > LIMITS.aheadMs) return "Task.scheduleTime must be at most 30 days in the future";
  const headerBytes = Object.entries(headers).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (headerBytes > LIMITS.headerBytes) return `HttpRequest.headers have ${headerBytes} bytes; the most is 80 KB`;
  const bytes = Buffer.byteLength(body, "base64") + headerBytes + url.length;
  return bytes > LIMITS.bytes ? `Task size too large: ${bytes} bytes; the most is 1 MB` : undefined;
}
