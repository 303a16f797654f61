import { milliseconds, toGoogleDuration } from "../../../language/duration";
import { type ProtoJson } from "../../wire/proto-json";
import { StatusError } from "../../wire/rest";
import type { NewTask, Tasks } from "./tasks";
import { type Attempt, burstOf, type Task } from "./types";

const iso = (ms: number) => new Date(ms).toISOString();

export function queueResource({ config, paused, purgedMs }: ReturnType<Tasks["queue"]>): ProtoJson {
  const { name, rate, retry } = config;
  return {
    name,
    rateLimits: {
      maxDispatchesPerSecond: rate.perSecond,
      maxBurstSize: burstOf(rate.perSecond),
      maxConcurrentDispatches: rate.concurrent,
    },
    retryConfig: {
      maxAttempts: retry.attempts,
      ...(retry.maxDurationMs > 0 && { maxRetryDuration: toGoogleDuration(retry.maxDurationMs) }),
      minBackoff: toGoogleDuration(retry.minMs),
      maxBackoff: toGoogleDuration(retry.maxMs),
      maxDoublings: retry.doublings,
    },
    state: paused ? "PAUSED" : "RUNNING",
    ...(purgedMs !== undefined && { purgeTime: iso(purgedMs) }),
  };
}

/** google.rpc.Code of an answer, as Cloud Tasks shows it in the status of an attempt; UNKNOWN for the others. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 10,
  429: 8,
  500: 13,
  503: 14,
  504: 4,
};

const attemptResource = ({ scheduleMs, dispatchMs, responseMs, status }: Attempt): ProtoJson => ({
  scheduleTime: iso(scheduleMs),
  dispatchTime: iso(dispatchMs),
  ...(responseMs !== undefined && { responseTime: iso(responseMs) }),
  ...(status !== undefined && { responseStatus: { code: CODES[status] ?? 2, message: `HTTP status code ${status}` } }),
});

/** @param full with the body, `responseView: FULL` */
export function taskResource(task: Task, full = false): ProtoJson {
  const { request, first, last } = task;
  return {
    name: task.name,
    httpRequest: {
      url: request.url,
      httpMethod: request.method,
      headers: { ...request.headers, "User-Agent": "Google-Cloud-Tasks" },
      ...(full && request.body !== "" && { body: request.body }),
      ...(request.oidc && { oidcToken: request.oidc }),
    },
    scheduleTime: iso(task.scheduleMs),
    createTime: iso(task.createdMs),
    dispatchDeadline: toGoogleDuration(task.deadlineMs),
    dispatchCount: task.dispatches,
    responseCount: task.responses,
    ...(first && { firstAttempt: { dispatchTime: iso(first.dispatchMs) } }),
    ...(last && { lastAttempt: attemptResource(last) }),
    view: full ? "FULL" : "BASIC",
  };
}

interface TaskJson {
  readonly name?: string;
  readonly httpRequest?: {
    readonly url?: string;
    readonly httpMethod?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly oidcToken?: { readonly serviceAccountEmail?: string; readonly audience?: string };
    readonly oauthToken?: object;
  };
  readonly appEngineHttpRequest?: object;
  readonly scheduleTime?: string;
  readonly dispatchDeadline?: string;
}

export function taskOf(task: TaskJson): NewTask {
  const { name, httpRequest: http, scheduleTime, dispatchDeadline } = task;
  if (task.appEngineHttpRequest)
    throw new StatusError("UNIMPLEMENTED", "App Engine targets are not simulated; give the task an httpRequest");
  if (!http) throw new StatusError("INVALID_ARGUMENT", "Task.messageType must be set: give it an httpRequest");
  const { url = "", httpMethod, headers = {}, body = "", oidcToken } = http;
  const method = !httpMethod || httpMethod === "HTTP_METHOD_UNSPECIFIED" ? "POST" : httpMethod;
  const email = oidcToken?.serviceAccountEmail;
  return {
    ...(name && { name }),
    request: {
      url,
      method,
      headers,
      body,
      // "If not specified, the URI specified in target will be used", target.proto: `OidcToken.audience`.
      ...(email && { oidc: { serviceAccountEmail: email, audience: oidcToken.audience || url } }),
    },
    ...(scheduleTime !== undefined && { scheduleMs: Date.parse(scheduleTime) }),
    ...(dispatchDeadline !== undefined && { deadlineMs: milliseconds(dispatchDeadline) }),
  };
}
