import type { IncomingHttpHeaders } from "node:http";
import { type Decoded, instant, undecodable } from "../decode/incoming";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Transport } from "../transport";
import { payloadOf } from "./body";
import { taskStatus } from "./status";

const NAME_HEADER = "x-cloudtasks-taskname";

/**
 * HTTP tasks of Cloud Tasks: https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler
 *
 * The event's id is `{queue}/{task}`, the same for every attempt. Its delivery attempt counts what never reached the
 * handler too. After the queue's last attempt a task is deleted: set MILLRACE_MAX_DELIVERY_ATTEMPTS to the queue's
 * `max_attempts`, so that the last attempt parks it.
 */
export function cloudTasks(): Transport {
  return { recognises, decode, status: taskStatus, parks: true };
}

// An unwrapped push turns attributes, which anybody may choose, into headers.
const recognises = (headers: IncomingHttpHeaders) =>
  headers[NAME_HEADER] !== undefined && headers[MESSAGE_ID_HEADER] === undefined;

function decode(headers: IncomingHttpHeaders, data: Buffer): Decoded {
  const header = (name: string) => String(headers[name] ?? "");
  const name = header(NAME_HEADER);
  const queue = header("x-cloudtasks-queuename");
  if (!name || !queue) return undecodable("the task has no name, or its queue has none");
  // Counts from 0, attempts that met no instance or were cut off included; TaskExecutionCount leaves those out.
  const retries = Number(header("x-cloudtasks-taskretrycount") || Number.NaN);
  const seconds = Number(header("x-cloudtasks-tasketa") || Number.NaN);
  const etaMs = Number.isFinite(seconds) ? Math.round(seconds * 1_000) : instant(header("x-cloudtasks-tasketa"));
  return {
    ok: true,
    incoming: {
      data,
      payload: payloadOf(headers["content-type"], data),
      givesUpAfter: Number.POSITIVE_INFINITY,
      meta: {
        id: `${queue}/${name}`,
        source: queue,
        attributes: {},
        ...(etaMs !== undefined && { publishTimeMs: etaMs }),
        ...(Number.isInteger(retries) && { deliveryAttempt: retries + 1 }),
      },
    },
  };
}
