import { IssuesError } from "../contract/issue";
import { logIssues, logOf } from "./core";
import type { Handler } from "./handler";
import { type ServeOptions, startServer } from "./server";

/** A process as `serve` uses it. */
export interface Host {
  once(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Serves a handler for the life of a process: listens on `PORT`; on SIGTERM finishes what is in flight for up to 8 s,
 * gives the rest back and exits. A process that must not start says why in its log and exits with 1.
 */
export async function serve(handler: Handler, options: ServeOptions = {}, host: Host = process): Promise<void> {
  try {
    const serving = await startServer(handler, options);
    const { log } = serving.core;
    log.info("listening", { port: serving.port });
    const stop = () => {
      log.info("shutting down");
      void serving.close().finally(() => host.exit(0));
    };
    host.once("SIGTERM", stop);
    host.once("SIGINT", stop);
  } catch (error) {
    if (!(error instanceof IssuesError)) throw error;
    logIssues(logOf(handler, options), error.issues);
    host.exit(1);
  }
}
