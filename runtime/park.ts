import { DEDUPE_ATTRIBUTE } from "../contract/store";
import type { EventMeta } from "../contract/contract";
import type { OutboxRow } from "./store/store";
import { TRACE_ATTRIBUTE } from "./trace";

/** Why an event was parked. */
export interface Cause {
  /** Class of the error, or `AttemptsExhausted`, `KeyReuse`. */
  readonly class: string;
  readonly message: string;
}

/** Attributes that a parked message carries beside its own. */
export const PARK_ATTRIBUTES = {
  handler: "millrace-handler",
  cause: "millrace-cause",
  message: "millrace-cause-message",
  attempts: "millrace-attempts",
  fingerprint: "millrace-fingerprint",
  record: "millrace-record",
  messageId: "millrace-message-id",
  source: "millrace-source",
  /** How many of the message's own attributes found no room. */
  dropped: "millrace-attributes-dropped",
} as const;

/** Limits of a message: https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_ATTRIBUTES = 100;
const MAX_VALUE_BYTES = 1_024;

export interface Parked {
  /** Dedupe id: equal whenever this parking is tried again. */
  readonly id: string;
  readonly topic: string;
  readonly meta: EventMeta;
  readonly data: Buffer;
  readonly handler: string;
  readonly cause: Cause;
  readonly attempts: number;
  readonly recordKey?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly expireAtMs: number;
}

/** The message that goes to the dead-letter topic: the original, and why it is there. */
export function deadLetterRow(parked: Parked): OutboxRow {
  const { meta, cause } = parked;
  const ours = Object.entries({
    [DEDUPE_ATTRIBUTE]: parked.id,
    [PARK_ATTRIBUTES.handler]: parked.handler,
    [PARK_ATTRIBUTES.cause]: cause.class,
    [PARK_ATTRIBUTES.message]: cause.message,
    [PARK_ATTRIBUTES.attempts]: String(parked.attempts),
    [PARK_ATTRIBUTES.fingerprint]: parked.fingerprint,
    [PARK_ATTRIBUTES.record]: parked.recordKey,
    [PARK_ATTRIBUTES.messageId]: meta.id,
    [PARK_ATTRIBUTES.source]: meta.source,
    // Of an event that said nothing of it, the trace of the request that brought it.
    [TRACE_ATTRIBUTE]: meta.traceparent,
  }).flatMap(([name, value]) => (value ? [[name, clip(value)] as const] : []));
  const theirs = Object.entries(meta.attributes);
  // One place is left for the count of those that found none.
  const room = MAX_ATTRIBUTES - ours.length - 1;
  const dropped = Math.max(0, theirs.length - room);
  return {
    id: parked.id,
    topic: parked.topic,
    data: parked.data,
    attributes: {
      ...Object.fromEntries(theirs.slice(0, room)),
      ...Object.fromEntries(ours),
      ...(dropped > 0 && { [PARK_ATTRIBUTES.dropped]: String(dropped) }),
    },
    ...(meta.orderingKey !== undefined && { orderingKey: meta.orderingKey }),
    expireAtMs: parked.expireAtMs,
  };
}

/** At most 1024 bytes, never half a character. */
function clip(value: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= MAX_VALUE_BYTES) return value;
  let end = MAX_VALUE_BYTES;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
