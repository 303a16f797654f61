import { type Filter, parseFilter } from "../../../language/filter";
import { StatusError } from "../../wire/rest";
import type { Message, SubscriptionConfig, TopicConfig } from "./types";

/** Limits of Pub/Sub that a caller can break. https://cloud.google.com/pubsub/quotas#resource_limits and pubsub.proto */
export const LIMITS = {
  messageBytes: 10_000_000,
  attributes: 100,
  attributeKeyBytes: 256,
  attributeValueBytes: 1024,
  orderingKeyBytes: 1024,
  publishMessages: 1000,
  ackDeadlineMs: [10_000, 600_000],
  /** Of a subscription and of a topic. */
  retentionMs: [600_000, 2_678_400_000],
  deliveryAttempts: [5, 100],
  backoffMs: [0, 600_000],
} as const;

const bytes = (text: string) => Buffer.byteLength(text);

/** `projects/{project}/{kind}/{id}` with an id that Google accepts. */
export function checkName(name: string, kind: "topics" | "subscriptions" | "snapshots"): void {
  const id = new RegExp(`^projects/[^/]+/${kind}/(.+)$`).exec(name)?.[1];
  if (id === undefined || !/^(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/.test(id))
    throw new StatusError(
      "INVALID_ARGUMENT",
      `Invalid [${kind}] name: (name=${name}); it must be projects/{project}/${kind}/{id}, where the id has 3 to 255 ` +
        `letters, digits, - _ . ~ + or %, starts with a letter and not with goog`,
    );
}

type Unpublished = Pick<Message, "data" | "attributes" | "orderingKey">;

/** Why a message cannot be published, if it cannot. */
export function messageFault({ data, attributes, orderingKey }: Unpublished): string | undefined {
  const entries = Object.entries(attributes);
  const size = data.length + entries.reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  if (data.length === 0 && entries.length === 0) return "a message needs data or at least one attribute";
  if (size > LIMITS.messageBytes) return `a message of ${size} bytes; at most ${LIMITS.messageBytes} are allowed`;
  if (entries.length > LIMITS.attributes)
    return `${entries.length} attributes; at most ${LIMITS.attributes} are allowed`;
  for (const [key, value] of entries) {
    if (key === "" || (key.startsWith("goog") && !key.startsWith("googclient_")))
      return `attribute key "${key}" must not be empty and must not start with goog`;
    if (bytes(key) > LIMITS.attributeKeyBytes)
      return `attribute key of ${bytes(key)} bytes; at most ${LIMITS.attributeKeyBytes} are allowed`;
    if (bytes(value) > LIMITS.attributeValueBytes)
      return `attribute "${key}" holds ${bytes(value)} bytes; at most ${LIMITS.attributeValueBytes} are allowed`;
  }
  return bytes(orderingKey) > LIMITS.orderingKeyBytes
    ? `ordering key of ${bytes(orderingKey)} bytes; at most ${LIMITS.orderingKeyBytes} are allowed`
    : undefined;
}

const within = (value: number, [least, most]: readonly [number, number]) => value >= least && value <= most;

/** Why Google would refuse a topic. */
export const topicFault = ({ retentionMs }: TopicConfig): string | undefined =>
  retentionMs === undefined || within(retentionMs, LIMITS.retentionMs)
    ? undefined
    : `message retention ${retentionMs / 1000} s; it must be 10 minutes to 31 days`;

/** Why Google would refuse a subscription. */
export function subscriptionFault(config: SubscriptionConfig): string | undefined {
  if (!within(config.ackDeadlineMs, LIMITS.ackDeadlineMs))
    return `ack deadline ${config.ackDeadlineMs / 1000} s; it must be 10 to 600 s`;
  if (!within(config.retentionMs, LIMITS.retentionMs))
    return `message retention ${config.retentionMs / 1000} s; it must be 10 minutes to 31 days`;
  if (config.deadLetter && !within(config.deadLetter.maxAttempts, LIMITS.deliveryAttempts))
    return `max_delivery_attempts ${config.deadLetter.maxAttempts}; it must be 5 to 100`;
  if (config.retry && !(within(config.retry.minMs, LIMITS.backoffMs) && within(config.retry.maxMs, LIMITS.backoffMs)))
    return "retry back-off must be 0 to 600 s";
  if (config.push && !/^https?:$/.test(protocolOf(config.push.endpoint)))
    return `push endpoint "${config.push.endpoint}" is not an http or https URL`;
  if (config.retry && config.retry.minMs > config.retry.maxMs) return "minimum back-off exceeds the maximum";
  // https://cloud.google.com/pubsub/docs/exactly-once-delivery: pull alone
  return config.exactlyOnce && config.push ? "exactly-once delivery works with pull alone" : undefined;
}

const protocolOf = (url: string) => (URL.canParse(url) ? new URL(url).protocol : "");

/** @throws INVALID_ARGUMENT for a filter that does not parse */
export function filterOf({ filter }: SubscriptionConfig): Filter | undefined {
  if (!filter) return undefined;
  const parsed = parseFilter(filter);
  if (parsed.ok) return parsed.filter;
  const [fault] = parsed.faults;
  throw new StatusError("INVALID_ARGUMENT", `Invalid filter: ${fault!.message} (at ${fault!.offset})`);
}

/** The last part of a name. */
export const idOf = (name: string): string => name.split("/").at(-1) ?? name;
