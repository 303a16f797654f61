import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { IssuesError } from "../contract/issue";
import { type Core, createCore, logIssues, logOf, type RuntimeOptions } from "./core";
import { checkSize } from "./errors";
import type { Handler } from "./handler";

/** A request of the Functions Framework: Express's, with the bytes of the body kept aside. */
export interface FunctionRequest extends IncomingMessage {
  readonly rawBody?: Buffer;
  /** Path and query as sent; Express shortens `url` below a mount point. */
  readonly originalUrl?: string;
}

/** An HTTP function for `@google-cloud/functions-framework`. */
export type HttpFunction = (request: FunctionRequest, response: ServerResponse) => Promise<void>;

/** A process as `toFunction` uses it. */
export interface FunctionHost extends Pick<NodeJS.EventEmitter, "listeners" | "on" | "removeListener"> {
  exit(code: number): void;
}

/** How long the process lives on for answers that have not left yet. */
const LAST_WORDS_MS = 1_000;

/**
 * Makes an HTTP function of a handler. A function that must not start says why in its log and exits with 1, before
 * the framework listens.
 */
export function toFunction(handler: Handler, options: RuntimeOptions = {}, host: FunctionHost = process): HttpFunction {
  let core: Core;
  try {
    core = createCore(handler, options);
  } catch (error) {
    if (error instanceof IssuesError) {
      logIssues(logOf(handler, options), error.issues);
      host.exit(1);
    }
    throw error;
  }
  const own = new Set(host.listeners("SIGTERM"));
  const answering = new Set<Promise<void>>();
  let watched = false;

  /**
   * The framework ends the process at once on SIGTERM and drops what is in flight. It listens only after this module
   * has been loaded, so its listener is replaced with the first request: earlier there is nothing to lose.
   */
  const watch = (server: Server | undefined) => {
    if (watched) return;
    watched = true;
    for (const listener of host.listeners("SIGTERM"))
      if (!own.has(listener)) host.removeListener("SIGTERM", listener as () => void);
    host.on("SIGTERM", async () => {
      core.log.info("shutting down");
      server?.close();
      server?.closeIdleConnections();
      await core.drain();
      await Promise.race([Promise.all(answering), new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
      host.exit(0);
    });
  };

  const answer = async (request: FunctionRequest, response: ServerResponse): Promise<void> => {
    const { method = "", headers, rawBody } = request;
    const path = (request.originalUrl ?? request.url ?? "/").split("?", 1)[0]!;
    const body = async () => {
      checkSize(rawBody?.length ?? 0);
      return rawBody ?? Buffer.alloc(0);
    };
    const { status, text, type, close } = await core.handle({ method, path, headers, body });
    if (close) response.setHeader("connection", "close");
    response.writeHead(status, text ? { "content-type": type ?? "text/plain; charset=utf-8" } : undefined);
    await new Promise<void>((sent) => response.end(text, () => sent()));
  };

  return async (request, response) => {
    watch((request.socket as { server?: Server }).server);
    const work = answer(request, response);
    answering.add(work);
    try {
      await work;
    } finally {
      answering.delete(work);
    }
  };
}
