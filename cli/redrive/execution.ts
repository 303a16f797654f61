import { redriveVariables, type RedriveChoice } from "../../contract/redrive";
import { sleep } from "../../runtime/clock";
import { Unavailable } from "../../runtime/errors";
import { Refused } from "../../runtime/google/http";
import { askGoogle } from "./google";
import type { Place } from "./place";

/** google/cloud/run/v2/execution.proto, as far as it says how an execution has ended. */
interface Execution {
  readonly name: string;
  readonly failedCount?: number;
  readonly cancelledCount?: number;
  readonly logUri?: string;
  readonly conditions?: readonly { readonly type: string; readonly state?: string; readonly message?: string }[];
}

/** google/longrunning/operations.proto */
interface Operation {
  readonly name: string;
  readonly done?: boolean;
  readonly error?: { readonly message?: string };
  readonly metadata: Execution;
  readonly response?: Execution;
}

/** How an execution of a redrive job has ended, or that nobody has waited for its end. */
export interface Executed {
  /** Full name. */
  readonly execution: string;
  readonly logUri?: string;
  /** Why it failed; undefined when it has succeeded, or goes on. */
  readonly failed?: string;
  readonly goesOn: boolean;
}

/**
 * Runs a redrive job with the choice over its own, and waits for its end. google/cloud/run/v2/job.proto
 * @param options.begun told the full name of the execution
 * @param options.signal ends the waiting; the execution goes on
 */
export async function runJob(
  place: Place,
  job: string,
  choice: RedriveChoice,
  { begun, signal }: { readonly begun: (execution: string) => void; readonly signal: AbortSignal },
): Promise<Executed> {
  const env = Object.entries(redriveVariables(choice)).map(([name, value]) => ({ name, value }));
  const body = { overrides: { containerOverrides: [{ env }] } };
  const asked = askGoogle(place, { by: "Cloud Run", url: `${place.run}/v2/${job}:run`, body, once: true });
  let operation = (await asked) as Operation;
  const { name: execution } = operation.metadata;
  begun(execution);
  while (!operation.done) {
    await sleep(place.clock, place.pollMs, signal);
    if (signal.aborted) return { execution, goesOn: true };
    try {
      const url = `${place.run}/v2/${operation.name}`;
      operation = (await askGoogle(place, { by: "Cloud Run's executions", url })) as Operation;
    } catch (error) {
      const problem = `${execution} has begun, but how it ends cannot be seen: ${(error as Error).message}`;
      if (error instanceof Refused) throw new Refused(problem, error.by, error.status);
      throw error instanceof Unavailable ? new Refused(problem, "Cloud Run", 0) : error;
    }
  }
  const { logUri, ...ended } = operation.response ?? operation.metadata;
  const failed = operation.error ? (operation.error.message ?? "it failed") : failureOf(ended);
  return { execution, goesOn: false, ...(logUri && { logUri }), ...(failed !== undefined && { failed }) };
}

/** An operation may end without an error although its execution was cancelled: only the execution knows. */
function failureOf({ conditions = [], failedCount = 0, cancelledCount = 0 }: Omit<Execution, "logUri">) {
  const completed = conditions.find(({ type }) => type === "Completed");
  if (completed?.state === "CONDITION_FAILED") return completed.message ?? "it failed";
  return failedCount + cancelledCount > 0 ? `${failedCount} tasks failed, ${cancelledCount} were cancelled` : undefined;
}
