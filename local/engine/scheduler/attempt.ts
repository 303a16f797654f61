import { formatDuration } from "../../../language/duration";
import { StatusError } from "../../wire/rest";
import type { PushTransport } from "../delivery";
import type { Publication } from "../pubsub";
import type { AttemptResult } from "./job";
import type { JobConfig } from "./types";

const USER_AGENT = "Google-Cloud-Scheduler";

/** The headers of every attempt. google/cloud/scheduler/v1/target.proto, `HttpTarget.headers` */
export const headersOf = (name: string, scheduledMs: number): Readonly<Record<string, string>> => ({
  "x-cloudscheduler": "true",
  "x-cloudscheduler-jobname": name.slice(name.lastIndexOf("/") + 1),
  "x-cloudscheduler-scheduletime": new Date(scheduledMs).toISOString().replace(".000Z", "Z"),
});

/** Makes one attempt: a request that must be answered 2xx in time, or a publish. */
export async function makeAttempt(
  config: JobConfig,
  scheduledMs: number,
  attempt: number,
  ways: { readonly push: PushTransport; readonly publish: (topic: string, message: Publication) => string },
): Promise<AttemptResult> {
  const { target, name, attemptDeadlineMs } = config;
  if (target.kind === "pubsub") {
    try {
      const { data, attributes } = target;
      return { ok: true, reason: `published ${ways.publish(target.topic, { data, attributes })}` };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { ok: false, reason: error.message };
    }
  }
  const { url, method, headers, body, oidc, oauth } = target;
  const own = headers["user-agent"];
  const result = await ways.push({
    endpoint: url,
    method,
    headers: {
      // "Defaults to application/octet-stream" where there is a body, target.proto.
      ...(body.length > 0 && { "content-type": "application/octet-stream" }),
      ...headers,
      "user-agent": own === undefined ? USER_AGENT : `${own} ${USER_AGENT}`,
      ...headersOf(name, scheduledMs),
    },
    body,
    timeoutMs: attemptDeadlineMs,
    ...(oidc && { oidc }),
    ...(oauth && { oauth }),
    source: name,
    messageId: String(scheduledMs),
    attempt,
  });
  switch (result.kind) {
    case "status":
      return { ok: result.status >= 200 && result.status < 300, reason: `status ${result.status}` };
    case "timeout":
      return { ok: false, reason: `timeout after ${formatDuration(attemptDeadlineMs)}` };
    default:
      return { ok: false, reason: `unreachable: ${result.reason}` };
  }
}
