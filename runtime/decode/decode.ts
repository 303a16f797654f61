import type { IncomingHttpHeaders } from "node:http";
import { decodeCloudEvent, isCloudEvent } from "./cloudevent";
import { type Decoded, parseJson, undecodable } from "./incoming";
import { decodeEnvelope, decodeUnwrapped, MESSAGE_ID_HEADER } from "./push";

/**
 * Recognises what carries an event by a closed list. Whatever is not on it is refused, so that nothing which merely
 * looks like an event is acknowledged; the order matters where an attribute of a message could pass for a header.
 *
 * A bundle has CloudEvents only if packaging was told of them: then the transport `cloudEvents` is among its own.
 */
export function decode(headers: IncomingHttpHeaders, body: Buffer): Decoded {
  if (headers[MESSAGE_ID_HEADER] !== undefined) return decodeUnwrapped(headers, body);
  if (!process.env["MILLRACE_PACKAGED"]) {
    if (isCloudEvent(headers)) return decodeCloudEvent(headers, body);
  }
  let envelope: unknown;
  try {
    envelope = parseJson(body);
  } catch {
    envelope = undefined;
  }
  if (typeof envelope === "object" && envelope !== null && "message" in envelope) return decodeEnvelope(envelope);
  return undecodable(
    "neither a Pub/Sub push nor an event of the handler's transports; an unwrapped push is only recognised with write_metadata",
  );
}
