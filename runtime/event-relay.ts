import { RELAY_TOPIC } from "../contract/environment";
import { eventRelay } from "../contract/event-relay";
import { realClock } from "./clock";
import { metadataAccessToken } from "./google/access-token";
import { restPublisher } from "./google/publisher";
import { type Context, defineHandler } from "./handler";
import type { OutboxRow } from "./store/store";

/** https://cloud.google.com/pubsub/quotas#resource_limits; what is longer stands in the data too. */
const LONGEST_ATTRIBUTE = 1_024;

/**
 * The message that carries an event on: a CloudEvent in Pub/Sub's binary mode, its data as JSON.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/pubsub-protocol-binding.md
 */
export function relayed(topic: string, payload: unknown, { event }: Pick<Context, "event">): OutboxRow {
  const { id, source = "", publishTimeMs, orderingKey } = event;
  const attributes = {
    ...event.attributes,
    id,
    source,
    specversion: "1.0",
    datacontenttype: "application/json",
    ...(publishTimeMs !== undefined && { time: new Date(publishTimeMs).toISOString() }),
  };
  const kept = Object.entries(attributes).filter(([, value]) => Buffer.byteLength(value) <= LONGEST_ATTRIBUTE);
  return {
    id,
    topic,
    expireAtMs: Infinity,
    data: Buffer.from(JSON.stringify(payload) ?? ""),
    attributes: Object.fromEntries(kept.map(([name, value]) => [`ce-${name}`, value])),
    ...(orderingKey !== undefined && { orderingKey }),
  };
}

const publisher = restPublisher({
  emulatorHost: process.env["PUBSUB_EMULATOR_HOST"],
  accessToken: metadataAccessToken({ clock: realClock(undefined), fetch }),
  fetch,
});

/** Publishes each event to the topic of the environment, and acknowledges it once Pub/Sub has it. */
export default defineHandler(eventRelay, async (payload, ctx) => {
  await publisher.publish([relayed(process.env[RELAY_TOPIC] ?? "", payload, ctx)]);
});
