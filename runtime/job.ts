import { IssuesError } from "../contract/issue";
import { logIssues, logOf } from "./core";
import type { Handler } from "./handler";
import { type Job, toJob } from "./job/job";
import { type JobOptions, startTask } from "./job/shard";
import type { Host } from "./serve";

export { defineJob, type Items, type ItemSource, type Job, type Shard } from "./job/job";
export { type JobOptions, type RunningTask, startTask, type TaskSummary } from "./job/shard";
export type { JobTask } from "./job/task";

/**
 * Runs one task of a Cloud Run job for the life of a process, which exits with 0 when every item is done or parked and
 * with 1 when Cloud Run is to try the task again; that attempt goes on where this one ended. On SIGTERM finishes what
 * is being handled for up to 8 s. A process that must not start says why in its log and exits with 1.
 */
export async function runJob(given: Job | Handler, options: JobOptions = {}, host: Host = process): Promise<void> {
  const { handler } = toJob(given);
  try {
    const running = await startTask(given, options);
    const stop = () => {
      running.log.info("shutting down");
      void running.close();
    };
    host.once("SIGTERM", stop);
    host.once("SIGINT", stop);
    const { complete } = await running.ended;
    host.exit(complete ? 0 : 1);
  } catch (error) {
    if (error instanceof IssuesError) logIssues(logOf(handler, options), error.issues);
    else logOf(handler, options).error("the task failed", { error });
    host.exit(1);
  }
}
