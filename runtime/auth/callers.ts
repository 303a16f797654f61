import { accountOf, type Caller, REDRIVE_HEADER } from "../../contract/callers";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Door } from "./door";

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

/** Callers whose requests may be without a mark; the first has none in a wrapped push, which is no CloudEvent. */
const UNMARKED: readonly Caller[] = ["pubsub", "eventarc", "workflows", "direct"];

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
    if (!verdict.ok) return verdict;
    const { email } = verdict;
    const wired = callers.filter((caller) => told.includes(`${caller}:${email}`) || told.includes(email));
    const shown = MARKS.flatMap(([header, caller]) => (headers[header] === undefined ? [] : caller));
    const redriven = headers[REDRIVE_HEADER] !== undefined;
    const unmarked = headers["ce-specversion"] === undefined ? UNMARKED : UNMARKED.slice(1);
    const mayCall =
      shown.length > 0
        ? shown.every((caller) => wired.includes(caller))
        : wired.some((caller) => redriven || unmarked.includes(caller));
    if (mayCall) return verdict;
    const reason = `${email} calls${shown.map((caller) => ` as ${caller}`).join()}; the contract takes events of ${callers.join()}, each by accounts of its own`;
    return { ok: false, status: 403, code: "MR3026", reason };
  };
}
