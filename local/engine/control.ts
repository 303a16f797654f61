import { IssuesError } from "../../contract/issue";
import { errorResponse, jsonResponse, type RestHandler, StatusError } from "../wire/rest";
import type { Endpoints } from "./endpoints";
import type { EngineEvent, Events } from "./events";

/** What the engine tells about itself. */
export interface Control {
  readonly endpoints: () => Endpoints;
  /** Beside the endpoints: anything JSON. */
  readonly status: () => object;
  readonly events: Events;
  /** @returns false when the time was up first */
  readonly idle: (timeoutMs: number) => Promise<boolean>;
  /** Reads the stack anew. @throws IssuesError with what is wrong with it */
  readonly reload: () => Promise<object>;
}

/** Where the engine's own API starts; its version is part of the path. */
export const CONTROL = "/millrace/v1";

/** Longest wait for idleness in one call, milliseconds of the wall clock. */
const MAX_WAIT_MS = 600_000;

/**
 * `GET /millrace/v1/status`: endpoints, targets and subscriptions. `GET /millrace/v1/events`: one event per line as it
 * happens. `GET /millrace/v1/idle?timeoutMs=…`: answers when nothing is left to deliver, with `{"idle": …}`.
 * `POST /millrace/v1/reload`: brings what runs to the stack as it is now, or answers 409 with `{"issues": […]}`.
 */
export function controlRest(control: Control): RestHandler {
  return async ({ method, path, query, signal }) => {
    const verb = path === `${CONTROL}/reload` ? "POST" : "GET";
    if (method !== verb) return errorResponse(new StatusError("UNIMPLEMENTED", `${path} answers ${verb} only`));
    switch (path) {
      case `${CONTROL}/reload`:
        try {
          return jsonResponse(await control.reload());
        } catch (error) {
          if (!(error instanceof IssuesError)) throw error;
          return { ...jsonResponse({ issues: error.issues }), status: 409 };
        }
      case `${CONTROL}/status`:
        return jsonResponse({ ...control.endpoints(), ...control.status() });
      case `${CONTROL}/events`:
        return {
          status: 200,
          headers: { "content-type": "application/x-ndjson" },
          body: stream(control.events, signal),
        };
      case `${CONTROL}/idle`: {
        const timeoutMs = Number(query.get("timeoutMs") ?? 60_000);
        if (!(timeoutMs >= 0 && timeoutMs <= MAX_WAIT_MS))
          return errorResponse(new StatusError("INVALID_ARGUMENT", `timeoutMs is a number from 0 to ${MAX_WAIT_MS}`));
        return jsonResponse({ idle: await control.idle(timeoutMs) });
      }
      default:
        return errorResponse(
          new StatusError("NOT_FOUND", `${CONTROL} has status, events, idle and reload, not ${path}`),
        );
    }
  };
}

/** Events as lines, until the reader goes away. */
async function* stream(events: Events, signal: AbortSignal): AsyncGenerator<string> {
  const waiting: EngineEvent[] = [];
  let wake = () => {};
  const off = events.on((event) => {
    waiting.push(event);
    wake();
  });
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      const lines = waiting.splice(0).map((event) => `${JSON.stringify(event)}\n`);
      if (lines.length > 0) yield lines.join("");
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    off();
    signal.removeEventListener("abort", stop);
  }
}
