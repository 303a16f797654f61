import type { StandardSchemaV1 } from "@standard-schema/spec";
import { defineContract, type EventMeta } from "../../../contract/contract";
import { memoryStore } from "../../../runtime";
import { type Core, type CoreReply, createCore, type RuntimeOptions } from "../../../runtime/core";
import { defineHandler, type Handler } from "../../../runtime/handler";
import {
  cloudEvents,
  cloudEventsBatch,
  cloudScheduler,
  cloudTasks,
  eventarc,
  workflowSteps,
} from "../../../runtime/transports";
import { environmentFor } from "../support/environment";
import { goodClaims, strippedToken } from "../support/tokens";

/** A handler behind every sender there is, and what has become of it. */
export interface Receiver {
  readonly handler: Handler;
  readonly options: RuntimeOptions;
  readonly core: Core;
  /** Events that the handler was given, in order. */
  readonly events: { readonly meta: EventMeta; readonly payload: unknown }[];
  /** Messages that were published, parked ones included. */
  readonly published: string[];
  readonly lines: Record<string, unknown>[];
  post(headers: Readonly<Record<string, string>>, body: Buffer): Promise<CoreReply>;
}

const anything: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};

/** In the order of packaging. @param schema @default anything goes */
export function startReceiver(schema: StandardSchemaV1 = anything): Receiver {
  const events: Receiver["events"] = [];
  const published: string[] = [];
  const lines: Receiver["lines"] = [];
  let deliveries = 0;
  const contract = defineContract({
    name: "everything",
    input: schema,
    // Each delivery is an event of its own: what is acknowledged has been handled, not replayed.
    key: (_input, { id }) => `${++deliveries}/${id}`,
    effects: "at-least-once",
    store: "memory",
  });
  const handler = defineHandler(contract, (payload, { event }) => {
    // The trace is the request's.
    const { traceparent: _trace, ...meta } = event;
    return { handled: events.push({ meta, payload }) };
  });
  const options: RuntimeOptions = {
    env: { ...environmentFor(handler), PUBSUB_EMULATOR_HOST: "pubsub.test" },
    transports: [cloudScheduler(), cloudTasks(), workflowSteps(), cloudEventsBatch(), cloudEvents(), eventarc()],
    store: memoryStore(),
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    fetch: async (_url, init) => {
      published.push(init!.body as string);
      return Response.json({ messageIds: ["1"] });
    },
  };
  const core = createCore(handler, options);
  const authorization = strippedToken(goodClaims(Date.now()));
  return {
    handler,
    options,
    core,
    events,
    published,
    lines,
    post: (headers, body) =>
      core.handle({ method: "POST", path: "/", headers: { authorization, ...headers }, body: async () => body }),
  };
}
