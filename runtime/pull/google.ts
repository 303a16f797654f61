import type { Message, SubscriptionOptions } from "@google-cloud/pubsub";
import type { Pulled } from "./lanes";

/** A stream of messages from one subscription. */
export interface Stream {
  /** Takes nothing more. Resolves once every message it has given is acked or nacked; after `withinMs` they all are. */
  close(withinMs: number): Promise<void>;
}

export interface StreamListener {
  readonly message: (message: Pulled) => void;
  /** The stream has ended by itself. */
  readonly failed: (error: Error) => void;
}

/** Where messages come from. */
export interface Source {
  open(listener: StreamListener): Stream;
  close(): Promise<void>;
}

export interface GoogleSourceOptions {
  /** `projects/{project}/subscriptions/{subscription}` */
  readonly subscription: string;
  /** `host:port` of an emulator. @default Google */
  readonly emulatorHost?: string | undefined;
  /** Messages and bytes that are held at a time; Pub/Sub sends no more before some of them are acked. */
  readonly maxHeld: number;
  readonly maxHeldBytes: number;
}

/** Longest that a message is kept from Pub/Sub: https://cloud.google.com/pubsub/docs/lease-management */
export const MAX_HOLD_MS = 3_600_000;

/**
 * Google's client, loaded only here: it costs most of a second and 2.5 MB.
 * @throws Error when `@google-cloud/pubsub` is not installed
 */
export async function googleSource(options: GoogleSourceOptions): Promise<Source> {
  const { PubSub, Duration } = await import("@google-cloud/pubsub");
  const [, projectId] = options.subscription.split("/");
  const { emulatorHost } = options;
  const client = new PubSub({ projectId: projectId!, ...(emulatorHost && { apiEndpoint: emulatorHost }) });
  const settings = (closeWithinMs: number): SubscriptionOptions => ({
    flowControl: {
      maxMessages: options.maxHeld,
      maxBytes: options.maxHeldBytes,
      // The lanes hold the caps, on messages and on bytes. They must see everything that has arrived, to give it back
      // at once when an earlier message of its key fails or the worker stops.
      allowExcessMessages: true,
    },
    // Limits hold for each stream.
    streamingOptions: { maxStreams: 1 },
    maxExtensionTime: Duration.from({ milliseconds: MAX_HOLD_MS }),
    // By default the client nacks what is still being handled.
    closeOptions: { behavior: "WAIT", timeout: Duration.from({ milliseconds: closeWithinMs }) },
  });
  return {
    open({ message, failed }) {
      // A stream that ends by itself lets what it has brought be handled.
      const subscription = client.subscription(options.subscription, settings(MAX_HOLD_MS));
      let open = true;
      subscription.on("message", (received: Message) => message(pulled(received)));
      subscription.on("error", (error: Error) => {
        if (open) failed(error);
        open = false;
      });
      subscription.on("close", () => {
        if (open) failed(new Error("the stream was closed"));
        open = false;
      });
      return {
        async close(withinMs) {
          open = false;
          subscription.setOptions(settings(withinMs));
          await subscription.close();
        },
      };
    },
    close: () => client.close(),
  };
}

const pulled = (message: Message): Pulled => ({
  id: message.id,
  data: message.data,
  attributes: message.attributes,
  orderingKey: message.orderingKey ?? "",
  publishTimeMs: message.publishTime.getTime(),
  deliveryAttempt: message.deliveryAttempt,
  async ack() {
    // Without exactly-once delivery this resolves at once; with it, only when the ack counts.
    await message.ackWithResponse();
  },
  nack: () => message.nack(),
});
