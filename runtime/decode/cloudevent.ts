import type { IncomingHttpHeaders } from "node:http";
import { decodeEnvelope } from "./push";
import { type Decoded, fromBase64, instant, parseJson, undecodable } from "./incoming";

/** Attributes that have a place of their own in `EventMeta`, or are of no use to a handler. */
const PLACED = new Set(["id", "source", "time", "specversion", "datacontenttype", "data", "data_base64"]);

const REQUIRED = ["id", "source", "type"] as const;

/** Eventarc's event for a message of a topic: the envelope of a wrapped push, inside a CloudEvent. */
const MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";

/** Whether a request says that it is an event in binary or structured mode. */
export const isCloudEvent = (headers: IncomingHttpHeaders): boolean =>
  headers["ce-specversion"] !== undefined || /^application\/cloudevents/i.test(headers["content-type"] ?? "");

/** A request that `isCloudEvent`, in either mode. */
export function decodeCloudEvent(headers: IncomingHttpHeaders, body: Buffer): Decoded {
  const contentType = (headers["content-type"] ?? "").toLowerCase();
  if (!contentType.startsWith("application/cloudevents")) return decodeBinary(headers, body);
  if (contentType.startsWith("application/cloudevents-batch"))
    return undecodable("batches of CloudEvents need { transports: [cloudEventsBatch()] }");
  if (!/^application\/cloudevents(\+json)?\s*(;|$)/.test(contentType))
    return undecodable(`CloudEvents in the format ${contentType} are not known; use application/cloudevents+json`);
  return decodeStructured(body);
}

/** Binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#31-binary-content-mode */
export function decodeBinary(headers: IncomingHttpHeaders, body: Buffer): Decoded {
  const attributes: Record<string, unknown> = {};
  for (const name of Object.keys(headers))
    if (name.startsWith("ce-")) attributes[name.slice(3)] = unescape(String(headers[name]));
  const contentType = headers["content-type"];
  return decodeEvent(attributes, body, () => {
    if (contentType === undefined || isJson(contentType)) return parseJson(body);
    return contentType.startsWith("text/") ? body.toString("utf8") : body;
  });
}

/** Structured mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export function decodeStructured(body: Buffer): Decoded {
  let event: unknown;
  try {
    event = parseJson(body);
  } catch {
    return undecodable("the CloudEvent is not JSON");
  }
  return decodeObject(event);
}

/** A CloudEvent in JSON, parsed. */
export function decodeObject(event: unknown): Decoded {
  if (typeof event !== "object" || event === null || Array.isArray(event))
    return undecodable("the CloudEvent is not an object");
  const attributes = event as Record<string, unknown>;
  const { data, data_base64: encoded, datacontenttype: contentType } = attributes;
  if (encoded !== undefined) {
    const bytes = fromBase64(encoded);
    if (!bytes) return undecodable("the CloudEvent's data_base64 is not base64");
    if (data !== undefined) return undecodable("the CloudEvent has both data and data_base64");
    const json = typeof contentType !== "string" || isJson(contentType);
    return decodeEvent(attributes, bytes, () => (json ? parseJson(bytes) : bytes));
  }
  const bytes = data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data));
  return decodeEvent(attributes, bytes, () => data);
}

function decodeEvent(attributes: Readonly<Record<string, unknown>>, data: Buffer, payload: () => unknown): Decoded {
  const { id, source, type, specversion, time } = attributes;
  if (specversion !== "1.0") return undecodable(`CloudEvents version ${JSON.stringify(specversion)} is not known`);
  for (const name of REQUIRED)
    if (typeof attributes[name] !== "string" || attributes[name] === "")
      return undecodable(`the CloudEvent has no ${name}`);

  if (type === MESSAGE_PUBLISHED) {
    try {
      return decodeEnvelope(payload());
    } catch {
      return undecodable("the CloudEvent's data is not JSON");
    }
  }
  const extensions: Record<string, string> = {};
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (PLACED.has(name)) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      extensions[name] = String(value);
  }
  const publishTimeMs = instant(time);
  return {
    ok: true,
    incoming: {
      data,
      payload,
      meta: {
        id: id as string,
        source: source as string,
        attributes: extensions,
        ...(publishTimeMs !== undefined && { publishTimeMs }),
        // https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/partitioning.md
        ...(typeof attributes["partitionkey"] === "string" && { orderingKey: attributes["partitionkey"] }),
      },
    },
  };
}

export const isJson = (contentType: string) => /^[^;]*[/+]json\s*(;|$)/i.test(contentType);

/** Header values are percent-encoded; one that is not stays as it is. */
function unescape(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
