import type { Json } from "../../../contract/json";
import type { Snapshot } from "./history";
import type { Message, SubscriptionConfig, TopicConfig } from "./types";

type EncodedMessage = { readonly [key: string]: Json };

/** One change of the broker, as the journal keeps it. */
export type Entry =
  | { op: "topic"; config: TopicConfig }
  | { op: "dropTopic" | "dropSubscription" | "dropSnapshot"; name: string }
  | { op: "snapshot"; snapshot: Snapshot }
  | { op: "lastId"; id: string }
  | { op: "subscription"; config: SubscriptionConfig }
  | { op: "publish"; topic: string; message: EncodedMessage }
  | { op: "pending"; subscription: string; message: EncodedMessage; failures: number }
  | { op: "retained"; subscription: string; message: EncodedMessage }
  | { op: "kept"; topic: string; message: EncodedMessage }
  | { op: "ack"; subscription: string; id: string }
  | { op: "fail"; subscription: string; id: string; failures: number };

/** How each kind of entry changes the broker. */
export interface Replay {
  topic(config: TopicConfig): void;
  dropTopic(name: string): void;
  subscription(config: SubscriptionConfig): void;
  dropSubscription(name: string): void;
  publish(topic: string, message: Message): void;
  pending(subscription: string, message: Message, failures: number): void;
  /** Acked on a subscription and retained for it. */
  retained(subscription: string, message: Message): void;
  /** Retained by a topic, for subscriptions to come. */
  kept(topic: string, message: Message): void;
  /** The last message id that was given. */
  lastId(id: string): void;
  snapshot(snapshot: Snapshot): void;
  dropSnapshot(name: string): void;
  ack(subscription: string, id: string): void;
  fail(subscription: string, id: string, failures: number): void;
}

export const encodeMessage = ({ data, ...rest }: Message): EncodedMessage => ({
  ...rest,
  data: data.toString("base64"),
});

const decodeMessage = (encoded: EncodedMessage): Message => {
  const { data, ...rest } = encoded as unknown as Omit<Message, "data"> & { data: string };
  return { ...rest, data: Buffer.from(data, "base64") };
};

export function replayInto(entry: Entry, replay: Replay): void {
  switch (entry.op) {
    case "topic":
      return replay.topic(entry.config);
    case "dropTopic":
      return replay.dropTopic(entry.name);
    case "subscription":
      return replay.subscription(entry.config);
    case "dropSubscription":
      return replay.dropSubscription(entry.name);
    case "publish":
      return replay.publish(entry.topic, decodeMessage(entry.message));
    case "pending":
      return replay.pending(entry.subscription, decodeMessage(entry.message), entry.failures);
    case "retained":
      return replay.retained(entry.subscription, decodeMessage(entry.message));
    case "kept":
      return replay.kept(entry.topic, decodeMessage(entry.message));
    case "snapshot":
      return replay.snapshot(entry.snapshot);
    case "dropSnapshot":
      return replay.dropSnapshot(entry.name);
    case "lastId":
      return replay.lastId(entry.id);
    case "ack":
      return replay.ack(entry.subscription, entry.id);
    default:
      return replay.fail(entry.subscription, entry.id, entry.failures);
  }
}
