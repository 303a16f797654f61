import { StatusError } from "./rest";

/** Longest message either way; Pub/Sub's own limit is 10 MB for a publish request. */
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;

/** Compressed flag and length. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const HEADER_BYTES = 5;

export function frame(payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  framed[0] = 0;
  framed.writeUInt32BE(payload.length, 1);
  framed.set(payload, HEADER_BYTES);
  return framed;
}

/** Cuts what arrives into messages. Every byte is copied once at most, however small the pieces are. */
export function createSplitter(): (chunk: Buffer) => readonly Buffer[] {
  let chunks: Buffer[] = [];
  let bytes = 0;
  /** Payload length of the message that is arriving. */
  let expected: number | undefined;

  const take = (count: number): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
    const rest = all.subarray(count);
    chunks = rest.length > 0 ? [rest] : [];
    bytes = rest.length;
    return all.subarray(0, count);
  };
  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (expected === undefined) {
        if (bytes < HEADER_BYTES) return messages;
        const header = take(HEADER_BYTES);
        if (header[0] !== 0) throw new StatusError("UNIMPLEMENTED", "compressed messages are not taken");
        expected = header.readUInt32BE(1);
        if (expected > MAX_MESSAGE_BYTES)
          throw new StatusError("RESOURCE_EXHAUSTED", `message of ${expected} bytes; at most ${MAX_MESSAGE_BYTES}`);
      }
      if (bytes < expected) return messages;
      messages.push(take(expected));
      expected = undefined;
    }
  };
}
