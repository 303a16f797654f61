import { type Clock, realClock } from "../clock";
import { Unavailable } from "../errors";
import { metadataAccessToken } from "../google/access-token";
import { brief } from "../google/http";
import type { Report } from "../transport";

/** Attribute with the `url` that `events.create_callback_endpoint` gave to the workflow that waits. */
export const CALLBACK_ATTRIBUTE = "millrace-callback";

export interface WorkflowCallbacksOptions {
  /** Gives an OAuth access token. @default the metadata server's, for the identity the service runs as */
  readonly accessToken?: () => Promise<string>;
  /** Callbacks on loopback are posted to as well, without a token of Google's. For the local engine. @default false */
  readonly loopback?: boolean;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  /** @default the wall clock */
  readonly clock?: Clock;
}

/**
 * The only addresses that are given an access token: whoever publishes chooses the attribute.
 * https://cloud.google.com/workflows/docs/reference/executions/rest/v1/projects.locations.workflows.executions.callbacks/sendHttpCallback
 */
const CALLBACK =
  /^https:\/\/workflowexecutions\.googleapis\.com\/v1\/projects\/\w[\w.:-]*\/locations\/[\w-]+\/workflows\/[\w-]+\/executions\/[\w-]+\/callbacks\/\w[\w.-]*$/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/v1\/projects\/[^?#]*\/callbacks\/[\w.-]+$/;

/**
 * Tells a workflow that waits what became of an event, whatever carried that: `{ outcome, result }` when it is done,
 * `{ outcome, error }` when it is parked. It is told before the delivery is acknowledged, so at least once: a workflow
 * that has moved on answers 404, one that has not looked yet 429; both are fine.
 */
export function workflowCallbacks(options: WorkflowCallbacksOptions = {}): Report {
  const { fetch: send = fetch, clock = realClock(), loopback = false } = options;
  const accessToken = options.accessToken ?? metadataAccessToken({ clock, fetch: send });
  return async ({ meta }, { outcome, result }) => {
    const url = meta.attributes[CALLBACK_ATTRIBUTE];
    if (url === undefined) return;
    if (outcome.kind !== "done" && outcome.kind !== "replayed" && outcome.kind !== "parked") return;
    const local = loopback && LOOPBACK.test(url);
    // No retry will make an address of it, and the event has ended: whoever waits runs into its timeout.
    if (!local && !CALLBACK.test(url)) return;
    const told =
      outcome.kind === "parked"
        ? { outcome: "parked", error: outcome.cause }
        : { outcome: "done", result: result === undefined ? null : (JSON.parse(result) as unknown) };
    let response: Response;
    try {
      response = await send(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${local ? "local" : await accessToken()}`,
        },
        body: JSON.stringify(told),
        signal: AbortSignal.timeout(10_000),
      });
    } catch (error) {
      throw new Unavailable(`the workflow was not told: ${(error as Error).message}`, { cause: error });
    }
    const text = await response.text();
    if (response.ok || response.status === 404 || response.status === 429) return;
    throw new Unavailable(`the workflow was not told: ${response.status} ${brief(text)}`);
  };
}
