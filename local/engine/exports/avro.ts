import { createHash } from "node:crypto";
import type { Message } from "../pubsub";

/** What a file holds. https://cloud.google.com/pubsub/docs/cloudstorage#avro */
const schemaOf = (writeMetadata: boolean) => ({
  type: "record",
  name: "AvroPubsubMessageRecord",
  namespace: "com.google.pubsub.v1",
  fields: [
    ...(writeMetadata
      ? [
          { name: "subscription_name", type: "string" },
          { name: "message_id", type: "string" },
          { name: "publish_time", type: { type: "long", logicalType: "timestamp-micros" } },
          { name: "attributes", type: { type: "map", values: "string" } },
        ]
      : []),
    { name: "data", type: "bytes" },
  ],
});

/** Variable-length zig-zag, as Avro writes every number. */
function long(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

const bytes = (value: Buffer): Buffer => Buffer.concat([long(value.length), value]);
const text = (value: string): Buffer => bytes(Buffer.from(value));

/** A map is a block of entries and an empty one. */
const map = (entries: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    ...(entries.length > 0 ? [long(entries.length), ...entries.flatMap(([key, value]) => [text(key), value])] : []),
    long(0),
  ]);

function record({ id, data, attributes, publishedMs }: Message, subscription: string, writeMetadata: boolean): Buffer {
  if (!writeMetadata) return bytes(data);
  return Buffer.concat([
    text(subscription),
    text(id),
    long(BigInt(Math.floor(publishedMs)) * 1_000n),
    map(Object.entries(attributes).map(([key, value]) => [key, text(value)])),
    bytes(data),
  ]);
}

/**
 * An Avro object container with one block. https://avro.apache.org/docs/1.11.1/specification/#object-container-files
 * @param mark what the file's sync marker is made of
 */
export function avroFile(
  messages: readonly Message[],
  options: { readonly subscription: string; readonly writeMetadata: boolean; readonly mark: string },
): Buffer {
  const { subscription, writeMetadata, mark } = options;
  const sync = createHash("md5").update(mark).digest();
  const block = Buffer.concat(messages.map((message) => record(message, subscription, writeMetadata)));
  return Buffer.concat([
    Buffer.from("Obj\u0001", "latin1"),
    map([
      ["avro.schema", text(JSON.stringify(schemaOf(writeMetadata)))],
      ["avro.codec", text("null")],
    ]),
    sync,
    long(messages.length),
    long(block.length),
    block,
    sync,
  ]);
}
