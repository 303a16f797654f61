import type { StandardSchemaV1 } from "@standard-schema/spec";
import { DEDUPE_ATTRIBUTE } from "../contract/store";
import type { EventExtras, EventTopic, OutgoingMessage } from "../contract/topic";
import type { OutboxRow } from "./store/store";
import { TRACE_ATTRIBUTE } from "./trace";

/** Publishes to a topic by its address, or an event that is checked against the schema of its topic. */
export interface Publish<Result> {
  /** @param topic `projects/{project}/topics/{topic}` */
  (topic: string, message: OutgoingMessage): Result;
  /** @throws TypeError when the event does not fit the topic's schema; RangeError when its name has no address */
  <Schema extends StandardSchemaV1>(
    topic: EventTopic<Schema>,
    event: StandardSchemaV1.InferInput<Schema>,
    extras?: EventExtras,
  ): Result;
}

/** The same, without what its overloads say of each other. */
export type PublishArguments = [topic: string | EventTopic, given: unknown, extras?: EventExtras];

/** What all messages of one delivery share. */
export interface Sender {
  /** Addresses by the names of topics: `MILLRACE_TOPICS`. */
  readonly topics?: string | undefined;
  /** The trace that the messages belong to. */
  readonly traceparent?: string | undefined;
  readonly expireAtMs: number;
}

/** A Firestore document holds 1 MiB (https://cloud.google.com/firestore/quotas); this leaves room for its other fields. */
export const MAX_ROW_BYTES = 900_000;

const TOPIC = /^projects\/[^/]+\/topics\/[^/]+$/;

/** @param id dedupe id: equal on every copy of the message */
export function toRow(
  id: string,
  { topics, traceparent, expireAtMs }: Sender,
  ...[topic, given, extras]: PublishArguments
): OutboxRow {
  const typed = typeof topic === "string" ? undefined : topic;
  const address = typed ? typed.address(topics) : (topic as string);
  if (!TOPIC.test(address)) throw new RangeError(`"${address}" is not projects/{project}/topics/{topic}`);
  const message = typed ? typed.message(given, extras) : (given as OutgoingMessage);
  const data = bytesOf(message.data);
  const attributes = message.attributes ?? {};
  if (data.length === 0 && Object.keys(attributes).length === 0)
    throw new RangeError(`a message to ${address} has neither data nor attributes; Pub/Sub refuses such a message`);
  const row = {
    id,
    topic: address,
    data,
    attributes: {
      ...(traceparent !== undefined && { [TRACE_ATTRIBUTE]: traceparent }),
      ...attributes,
      [DEDUPE_ATTRIBUTE]: id,
    },
    ...(message.orderingKey !== undefined && { orderingKey: message.orderingKey }),
    expireAtMs,
  };
  if (sizeOf(row) > MAX_ROW_BYTES)
    throw new RangeError(`a message to ${address} is larger than the ${MAX_ROW_BYTES} bytes that an outbox row holds`);
  return row;
}

function bytesOf(data: unknown): Buffer {
  if (data === undefined) return Buffer.alloc(0);
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
}

/** Bytes that a row occupies as a document, roughly. */
export function sizeOf({ data, attributes }: Pick<OutboxRow, "data" | "attributes">): number {
  let bytes = data.length;
  for (const [name, value] of Object.entries(attributes)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}
