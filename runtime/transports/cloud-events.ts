import { decodeCloudEvent, isCloudEvent } from "../decode/cloudevent";
import { MESSAGE_ID_HEADER } from "../decode/push";
import { pushStatus } from "../outcome";
import type { Transport } from "../transport";

/**
 * CloudEvents in HTTP's binary and structured modes. A handler that was started without packaging understands them
 * anyway; in a bundle they are chosen, since they are 1.6 KB of it.
 */
export function cloudEvents(): Transport {
  return {
    // An unwrapped push turns attributes, which anybody may choose, into headers.
    recognises: (headers) => isCloudEvent(headers) && headers[MESSAGE_ID_HEADER] === undefined,
    decode: decodeCloudEvent,
    status: pushStatus,
  };
}
