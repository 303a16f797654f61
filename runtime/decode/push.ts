import type { IncomingHttpHeaders } from "node:http";
import type { EventMeta } from "../../contract/contract";
import { type Decoded, fromBase64, instant, parseJson, undecodable } from "./incoming";

/** Pub/Sub's envelope. Both spellings of the id and the time are sent; the emulators differ in which they leave out. */
interface Envelope {
  readonly message?: {
    readonly data?: unknown;
    readonly attributes?: unknown;
    readonly messageId?: unknown;
    readonly message_id?: unknown;
    readonly publishTime?: unknown;
    readonly publish_time?: unknown;
    readonly orderingKey?: unknown;
    readonly ordering_key?: unknown;
  };
  readonly subscription?: unknown;
  readonly deliveryAttempt?: unknown;
}

/** A wrapped push: https://cloud.google.com/pubsub/docs/push#receive_push */
export function decodeEnvelope(body: unknown): Decoded {
  const { message, subscription, deliveryAttempt } = (body ?? {}) as Envelope;
  if (typeof message !== "object" || message === null) return undecodable("the body has no message");
  const id = message.messageId ?? message.message_id;
  if (typeof id !== "string" || id === "") return undecodable("the message has no messageId");
  const { data: encoded = "", attributes = {} } = message;
  const data = fromBase64(encoded);
  if (!data) return undecodable("the message's data is not base64");
  if (!isAttributes(attributes)) return undecodable("the message's attributes are not text");
  return {
    ok: true,
    incoming: {
      data,
      payload: () => parseJson(data),
      meta: meta(id, attributes, {
        orderingKey: message.orderingKey ?? message.ordering_key,
        publishTime: message.publishTime ?? message.publish_time,
        deliveryAttempt,
        source: subscription,
      }),
    },
  };
}

/** Header prefix of the metadata of an unwrapped push. */
const PREFIX = "x-goog-pubsub-";
export const MESSAGE_ID_HEADER = `${PREFIX}message-id`;

/** Headers that the transport sets itself; every other one is taken for an attribute of the message. */
const TRANSPORT_HEADERS = new Set(
  (
    "accept accept-encoding accept-language authorization cache-control connection content-encoding content-length " +
    "content-type cookie date expect forwarded from function-execution-id host keep-alive traceparent tracestate " +
    "transfer-encoding upgrade user-agent via"
  ).split(" "),
);
const TRANSPORT_PREFIXES = ["x-goog-", "x-forwarded-", "x-cloud-", "x-serverless-", "x-appengine-", "x-google-"];

/**
 * An unwrapped push with metadata: https://cloud.google.com/pubsub/docs/payload-unwrapping. HTTP has lower-cased the
 * names of the attributes. The emulator calls the ordering key's header `x-goog-ordering-key`.
 */
export function decodeUnwrapped(headers: IncomingHttpHeaders, data: Buffer): Decoded {
  const id = text(headers[MESSAGE_ID_HEADER]);
  if (!id) return undecodable(`the header ${MESSAGE_ID_HEADER} is empty`);
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (TRANSPORT_HEADERS.has(name) || TRANSPORT_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    attributes[name] = text(value) ?? "";
  }
  const attempt = text(headers[`${PREFIX}delivery-attempt`]);
  return {
    ok: true,
    incoming: {
      data,
      payload: () => parseJson(data),
      meta: meta(id, attributes, {
        orderingKey: text(headers[`${PREFIX}ordering-key`]) ?? text(headers["x-goog-ordering-key"]),
        publishTime: text(headers[`${PREFIX}publish-time`]),
        deliveryAttempt: attempt === undefined ? undefined : Number(attempt),
        source: text(headers[`${PREFIX}subscription-name`]),
      }),
    },
  };
}

interface Untrusted {
  readonly orderingKey: unknown;
  readonly publishTime: unknown;
  readonly deliveryAttempt: unknown;
  readonly source: unknown;
}

function meta(id: string, attributes: Readonly<Record<string, string>>, rest: Untrusted): EventMeta {
  const publishTimeMs = instant(rest.publishTime);
  const { orderingKey, deliveryAttempt, source } = rest;
  return {
    id,
    attributes,
    ...(typeof orderingKey === "string" && orderingKey !== "" && { orderingKey }),
    ...(publishTimeMs !== undefined && { publishTimeMs }),
    // Absent or 0 without a dead-letter policy.
    ...(Number.isInteger(deliveryAttempt) &&
      (deliveryAttempt as number) > 0 && { deliveryAttempt: deliveryAttempt as number }),
    ...(typeof source === "string" && source !== "" && { source }),
  };
}

const text = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(", ") : value);

const isAttributes = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.values(value).every((item) => typeof item === "string");
