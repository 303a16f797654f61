import { REDRIVE_HEADER } from "../../contract/callers";
import { type Contract, DEADLINE_MARGIN_MS } from "../../contract/contract";
import { logDelivery, prepare, type RuntimeOptions } from "../core";
import type { Incoming } from "../decode/incoming";
import { deliver } from "../deliver";
import { Refused } from "../google/http";
import type { Handler } from "../handler";
import { createShutdown } from "../shutdown";
import { concernsUncalled } from "../uncalled";

/** The handler that events are delivered to again, and no other. */
export interface Target {
  readonly contract: Pick<Contract, "manifest">;
  /**
   * @returns whether it was acknowledged: handled, or parked again
   * @throws Refused when no event would be let in; anything else concerns this one alone
   */
  deliver(event: Incoming): Promise<boolean>;
}

/**
 * The handler inside this process, with the store and the variables it is deployed with.
 * @throws IssuesError when contract or store disagree with the environment
 */
export function toHandler(handler: Handler, options: RuntimeOptions = {}): Target {
  const prepared = prepare(handler, options, concernsUncalled);
  const { clock, log } = prepared;
  const deadlineMs = handler.contract.manifest.timeLimitMs + DEADLINE_MARGIN_MS;
  const shutdown = createShutdown();
  return {
    contract: handler.contract,
    async deliver(event) {
      const receivedMs = clock.now();
      const delivered = await deliver(event, receivedMs, shutdown, { ...prepared, deadlineMs });
      logDelivery(log, event, delivered, clock.now() - receivedMs);
      const { kind } = delivered.outcome;
      return kind === "done" || kind === "replayed" || kind === "parked";
    },
  };
}

export interface ToUrlOptions {
  /** OIDC token of a permitted caller for the handler's audience. */
  readonly idToken: () => Promise<string>;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
}

/** What Pub/Sub itself takes for an acknowledgement: https://cloud.google.com/pubsub/docs/push#receive_push */
const ACKS: readonly number[] = [102, 200, 201, 202, 204];
/** What a front door says, or a login page in front of it, before any handler has seen the event. */
const CLOSED: readonly number[] = [301, 302, 303, 307, 308, 401, 403, 404];

/** The deployed handler, over HTTP: each event as a Pub/Sub push to its address alone. */
export function toUrl(contract: Target["contract"], url: string, options: ToUrlOptions): Target {
  const send = options.fetch ?? fetch;
  return {
    contract,
    async deliver({ meta, data }) {
      const message = {
        messageId: meta.id,
        data: data.toString("base64"),
        attributes: meta.attributes,
        ...(meta.orderingKey && { orderingKey: meta.orderingKey }),
        ...(meta.publishTimeMs !== undefined && { publishTime: new Date(meta.publishTimeMs).toISOString() }),
      };
      const response = await send(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${await options.idToken()}`,
          [REDRIVE_HEADER]: "1",
        },
        body: JSON.stringify({ message, ...(meta.source && { subscription: meta.source }) }),
        // A login page answers 200 to whoever follows it there.
        redirect: "manual",
        signal: AbortSignal.timeout(contract.manifest.timeLimitMs + DEADLINE_MARGIN_MS),
      });
      await response.arrayBuffer();
      const { status } = response;
      if (CLOSED.includes(status)) throw new Refused(`${url} answers ${status}`, "the handler's address", status);
      return ACKS.includes(status);
    },
  };
}
