import type { IncomingHttpHeaders } from "node:http";
import { accountOf, type Caller, REDRIVE_HEADER } from "../../contract/callers";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Door } from "./door";
import type { Verdict } from "./token";

/**
 * What only one kind of caller sets. Cloud Tasks and Cloud Scheduler set theirs on every request and let nobody set
 * them, so that nothing which comes through them can leave that out.
 * https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#HttpRequest
 * https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
 */
const MARKS = [
  ["x-cloudtasks-taskname", "tasks"],
  ["x-cloudscheduler", "scheduler"],
  [MESSAGE_ID_HEADER, "pubsub"],
  ["x-millrace-workflow-execution", "workflows"],
] as const satisfies readonly (readonly [header: string, caller: Caller])[];

/** Callers whose requests may be without a mark; so may a wrapped push, which is no CloudEvent. */
const UNMARKED: readonly Caller[] = ["eventarc", "workflows", "direct"];

/**
 * A door for the callers alone that a contract names: an account must be wired for one of them, and what a request shows
 * of its sender must be of a kind that its account is wired for.
 * @param told accounts as `MILLRACE_CALLERS` lists them
 */
export function callersDoor(
  open: (accounts: readonly string[]) => Door,
  told: readonly string[],
  callers: readonly Caller[],
): Door {
  const door = open(told.map(accountOf));
  return async (headers) => {
    const verdict = await door(headers);
    return verdict.ok && !mayCall(headers, verdict.email) ? excluded(headers, verdict.email) : verdict;
  };

  function mayCall(headers: IncomingHttpHeaders, email: string): boolean {
    const wired = callers.filter((caller) => told.includes(`${caller}:${email}`) || told.includes(email));
    const shown = shownBy(headers);
    if (shown.length > 0) return shown.every((caller) => wired.includes(caller));
    if (headers[REDRIVE_HEADER] !== undefined) return wired.length > 0;
    const pushes = headers["ce-specversion"] === undefined;
    return wired.some((caller) => UNMARKED.includes(caller) || (pushes && caller === "pubsub"));
  }

  function excluded(headers: IncomingHttpHeaders, email: string): Verdict {
    const as = shownBy(headers).join(" and ") || "a caller without a mark";
    return {
      ok: false,
      status: 403,
      code: "MR3026",
      reason: `${email} calls as ${as}; the contract takes events of ${callers.join(", ")}, each by its own accounts`,
    };
  }
}

const shownBy = (headers: IncomingHttpHeaders): readonly Caller[] =>
  MARKS.flatMap(([header, caller]) => (headers[header] === undefined ? [] : caller));
