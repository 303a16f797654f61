import { isJson } from "../decode/cloudevent";
import { type Incoming, parseJson } from "../decode/incoming";

/**
 * The payload of a body that may say what it is. Without a content type, or as the octets that Google's APIs default
 * to, it is JSON, as everywhere else.
 */
export function payloadOf(contentType: string | undefined, body: Buffer): Incoming["payload"] {
  return contentType?.startsWith("text/") && !isJson(contentType) ? () => body.toString("utf8") : () => parseJson(body);
}
