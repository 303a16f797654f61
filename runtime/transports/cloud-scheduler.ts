import type { IncomingHttpHeaders } from "node:http";
import { ENV } from "../../contract/environment";
import { type Decoded, instant, undecodable } from "../decode/incoming";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Transport } from "../transport";
import { payloadOf } from "./body";
import { taskStatus } from "./status";

const MARK_HEADER = "x-cloudscheduler";
/** A run that somebody started by hand names no job. */
const BY_HAND = "by-hand";

export interface CloudSchedulerOptions {
  /**
   * Attempts of one run: the job's `retry_count` + 1.
   * @default MILLRACE_MAX_DELIVERY_ATTEMPTS, and 1 without it, which is Scheduler's own default
   */
  readonly attempts?: number;
}

/**
 * HTTP jobs of Cloud Scheduler: https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
 *
 * The event's id is `{job}/{scheduled time}`: a run and its retries are one event, the next run is another. Scheduler
 * does not say which attempt it is, so the record counts.
 */
export function cloudScheduler(options: CloudSchedulerOptions = {}): Transport {
  const givesUpAfter = options.attempts ?? (Number(process.env[ENV.maxDeliveryAttempts]) || 1);
  return {
    // An unwrapped push turns attributes, which anybody may choose, into headers.
    recognises: (headers) => headers[MARK_HEADER] !== undefined && headers[MESSAGE_ID_HEADER] === undefined,
    decode: (headers, data) => decode(headers, data, givesUpAfter),
    status: taskStatus,
    parks: true,
  };
}

function decode(headers: IncomingHttpHeaders, data: Buffer, givesUpAfter: number): Decoded {
  const header = (name: string) => String(headers[name] ?? "");
  const job = header("x-cloudscheduler-jobname") || BY_HAND;
  const time = header("x-cloudscheduler-scheduletime");
  const scheduledMs = instant(time);
  if (scheduledMs === undefined)
    return undecodable(`the run has no scheduled time ("${time}"): nobody could tell its retries from it`);
  return {
    ok: true,
    incoming: {
      data,
      payload: payloadOf(headers["content-type"], data),
      givesUpAfter,
      meta: { id: `${job}/${time}`, source: job, attributes: {}, publishTimeMs: scheduledMs },
    },
  };
}
