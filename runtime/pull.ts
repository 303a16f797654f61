import { IssuesError } from "../contract/issue";
import { logIssues, logOf } from "./core";
import type { Handler } from "./handler";
import { startWorker, type WorkOptions } from "./pull/worker";
import type { Host } from "./serve";

export type { Source, Stream, StreamListener } from "./pull/google";
export type { Pulled } from "./pull/lanes";
export { startWorker, type Worker, type WorkOptions } from "./pull/worker";

/**
 * Takes messages of a pull subscription for the life of a process; on SIGTERM finishes what is being handled for up to
 * 8 s, gives the rest back and exits. A process that must not start says why in its log and exits with 1.
 */
export async function work(handler: Handler, options: WorkOptions, host: Host = process): Promise<void> {
  try {
    const worker = await startWorker(handler, options);
    worker.log.info("working", { subscription: options.subscription });
    const stop = () => {
      worker.log.info("shutting down");
      void worker.close().finally(() => host.exit(0));
    };
    host.once("SIGTERM", stop);
    host.once("SIGINT", stop);
  } catch (error) {
    if (!(error instanceof IssuesError)) throw error;
    logIssues(logOf(handler, options), error.issues);
    host.exit(1);
  }
}
