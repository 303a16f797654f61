import { realClock } from "./clock";
import { metadataAccessToken } from "./google/access-token";
import { type Publisher, restPublisher } from "./google/publisher";
import { createEventPublisher, type EventPublisher, type EventPublisherOptions } from "./publish/events";

export { defineTopic, type EventExtras, type EventTopic, formatTopics, type OutgoingMessage } from "../contract/topic";
export type { Publisher } from "./google/publisher";
export { type EventPublisher, OrderingPaused } from "./publish/events";
export { type GoogleClient, googlePublisher } from "./publish/google";

export interface PubsubPublisherOptions {
  /** `host:port` of an emulator. @default PUBSUB_EMULATOR_HOST, and Google without it */
  readonly emulatorHost?: string;
  /** Gives an OAuth access token. @default the metadata server's, for the identity the service runs as */
  readonly accessToken?: () => Promise<string>;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
}

/** Publishes over Pub/Sub's REST API, as the runtime itself does. */
export function pubsubPublisher(options: PubsubPublisherOptions = {}): Publisher {
  const send = options.fetch ?? fetch;
  return restPublisher({
    emulatorHost: options.emulatorHost ?? process.env["PUBSUB_EMULATOR_HOST"],
    accessToken: options.accessToken ?? metadataAccessToken({ clock: realClock(), fetch: send }),
    fetch: send,
  });
}

/** Publishes events from a process that is no handler. @param options.publisher @default pubsubPublisher() */
export const eventPublisher = (
  options: Omit<EventPublisherOptions, "publisher"> & { readonly publisher?: Publisher } = {},
): EventPublisher => createEventPublisher({ ...options, publisher: options.publisher ?? pubsubPublisher() });
