import type { IncomingHttpHeaders } from "node:http";
import { decodeBinary, decodeCloudEvent, isCloudEvent, isJson } from "../decode/cloudevent";
import { decode } from "../decode/decode";
import type { Decoded } from "../decode/incoming";
import { MESSAGE_ID_HEADER } from "../decode/push";
import { pushStatus } from "../outcome";
import type { Transport } from "../transport";
import { decodeDocumentEvent } from "./document-event";

/** Prefix of a CloudEvent's attributes, in headers and in messages alike. */
const PREFIX = "ce-";

/**
 * What Eventarc sends beside JSON in a CloudEvent's binary mode: events of Firestore documents, which are Protobuf, and
 * events that did not fit into headers (a document's name that ends in a space), which stay messages of Pub/Sub with
 * the attributes of the event. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/pubsub-protocol-binding.md
 */
export function eventarc(): Transport {
  return { recognises: () => true, decode: understand, status: pushStatus };
}

function understand(headers: IncomingHttpHeaders, body: Buffer): Decoded {
  const sent = isCloudEvent(headers) && headers[MESSAGE_ID_HEADER] === undefined;
  const decoded = (sent ? decodeCloudEvent : decode)(headers, body);
  if (!decoded.ok) return decoded;
  const { meta, data } = decoded.incoming;
  const isEvent = meta.attributes["ce-specversion"] !== undefined && headers["ce-specversion"] === undefined;
  if (!isEvent) return readable(decoded, String(headers["content-type"]));

  const attributes = Object.entries(meta.attributes).filter(([name]) => name.startsWith(PREFIX));
  const contentType = meta.attributes["ce-datacontenttype"] ?? meta.attributes["content-type"];
  const event = decodeBinary(
    {
      // Values of headers are percent-encoded, those of attributes are not.
      ...Object.fromEntries(attributes.map(([name, value]) => [name, encodeURIComponent(value)])),
      ...(contentType !== undefined && { "content-type": contentType }),
    },
    data,
  );
  if (!event.ok) return event;
  const { deliveryAttempt, orderingKey, publishTimeMs } = meta;
  const transport = {
    ...(deliveryAttempt !== undefined && { deliveryAttempt }),
    ...(orderingKey !== undefined && { orderingKey }),
    ...(event.incoming.meta.publishTimeMs === undefined && publishTimeMs !== undefined && { publishTimeMs }),
  };
  const incoming = { ...event.incoming, meta: { ...event.incoming.meta, ...transport } };
  return readable({ ok: true, incoming }, contentType ?? "");
}

/** Makes JSON of what is Protobuf, where it is known what the Protobuf says. */
function readable(decoded: Extract<Decoded, { ok: true }>, contentType: string): Decoded {
  const { incoming } = decoded;
  const { data, meta } = incoming;
  if (isJson(contentType) || !contentType.startsWith("application/protobuf")) return decoded;
  if (!meta.attributes["type"]?.startsWith("google.cloud.firestore.document.")) return decoded;
  return { ok: true, incoming: { ...incoming, payload: () => decodeDocumentEvent(data) } };
}
