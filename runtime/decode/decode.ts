import type { IncomingHttpHeaders } from "node:http";
import { decodeBinary, decodeStructured } from "./cloudevent";
import { type Decoded, parseJson, undecodable } from "./incoming";
import { decodeEnvelope, decodeUnwrapped, MESSAGE_ID_HEADER } from "./push";

/**
 * Recognises what carries an event by a closed list. Whatever is not on it is refused, so that nothing which merely
 * looks like an event is acknowledged; the order matters where an attribute of a message could pass for a header.
 */
export function decode(headers: IncomingHttpHeaders, body: Buffer): Decoded {
  if (headers[MESSAGE_ID_HEADER] !== undefined) return decodeUnwrapped(headers, body);
  const contentType = (headers["content-type"] ?? "").toLowerCase();
  if (contentType.startsWith("application/cloudevents-batch"))
    return undecodable("batches of CloudEvents need { transports: [cloudEventsBatch()] }");
  if (contentType.startsWith("application/cloudevents")) {
    if (!/^application\/cloudevents(\+json)?\s*(;|$)/.test(contentType))
      return undecodable(`CloudEvents in the format ${contentType} are not known; use application/cloudevents+json`);
    return decodeStructured(body);
  }
  if (headers["ce-specversion"] !== undefined) return decodeBinary(headers, body);
  let envelope: unknown;
  try {
    envelope = parseJson(body);
  } catch {
    envelope = undefined;
  }
  if (typeof envelope === "object" && envelope !== null && "message" in envelope) return decodeEnvelope(envelope);
  return undecodable(
    "neither a Pub/Sub push nor a CloudEvent; an unwrapped push is only recognised with write_metadata",
  );
}
