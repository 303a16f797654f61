import { DEDUPE_ATTRIBUTE } from "../contract/store";
import type { OutgoingMessage, Transaction } from "./handler";
import type { DocumentData, Effect, OutboxRow } from "./store/store";

/** What a `Transaction` has gathered. */
export interface Gathered {
  readonly effects: readonly Effect[];
  readonly rows: readonly OutboxRow[];
}

export interface TransactionOptions {
  /** Contract name, for messages to its author. */
  readonly handler: string;
  /** Root collections the contract declares. */
  readonly writes: readonly string[];
  /** Prefix of row ids: equal whenever this commit is tried again. */
  readonly rowPrefix: string;
  readonly expireAtMs: number;
}

/** A Firestore document holds 1 MiB (https://cloud.google.com/firestore/quotas); this leaves room for its other fields. */
export const MAX_ROW_BYTES = 900_000;

const TOPIC = /^projects\/[^/]+\/topics\/[^/]+$/;
const SEGMENT = /^(?!\.\.?$)(?!__.*__$)[^/]+$/;

/** @returns a transaction, and what is asked of it, which grows as it is */
export function gather(options: TransactionOptions): Gathered & { readonly tx: Transaction } {
  const effects: Effect[] = [];
  const rows: OutboxRow[] = [];
  const touched = new Set<string>();

  const claimPath = (path: string) => {
    const segments = path.split("/");
    if (segments.length % 2 !== 0 || !segments.every((segment) => SEGMENT.test(segment)))
      throw new RangeError(`"${path}" is not the path of a document; write for example "orders/17"`);
    if (!options.writes.includes(segments[0]!))
      throw new RangeError(
        `contract "${options.handler}" does not declare that it writes "${segments[0]}"; add it to writes`,
      );
    // Firestore applies the writes of a commit in order; two to one document are an oversight, not an intention.
    if (touched.has(path)) throw new RangeError(`"${path}" is written twice in one commit`);
    touched.add(path);
  };
  const put = (op: "set" | "create") => (path: string, data: DocumentData) => {
    claimPath(path);
    effects.push({ op, path, data });
  };
  const tx: Transaction = {
    set: put("set"),
    create: put("create"),
    delete(path) {
      claimPath(path);
      effects.push({ op: "delete", path });
    },
    publish(topic, message) {
      rows.push(toRow(topic, message, `${options.rowPrefix}-${rows.length}`, options.expireAtMs));
    },
  };
  return { tx, effects, rows };
}

function toRow(topic: string, message: OutgoingMessage, id: string, expireAtMs: number): OutboxRow {
  if (!TOPIC.test(topic)) throw new RangeError(`"${topic}" is not projects/{project}/topics/{topic}`);
  const data = bytesOf(message.data);
  const attributes = message.attributes ?? {};
  if (data.length === 0 && Object.keys(attributes).length === 0)
    throw new RangeError(`a message to ${topic} has neither data nor attributes; Pub/Sub refuses such a message`);
  const row = {
    id,
    topic,
    data,
    attributes: { ...attributes, [DEDUPE_ATTRIBUTE]: id },
    ...(message.orderingKey !== undefined && { orderingKey: message.orderingKey }),
    expireAtMs,
  };
  if (sizeOf(row) > MAX_ROW_BYTES)
    throw new RangeError(`a message to ${topic} is larger than the ${MAX_ROW_BYTES} bytes that an outbox row holds`);
  return row;
}

function bytesOf(data: unknown): Buffer {
  if (data === undefined) return Buffer.alloc(0);
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
}

/** Bytes that a row occupies as a document, roughly. */
export function sizeOf({ data, attributes }: Pick<OutboxRow, "data" | "attributes">): number {
  let bytes = data.length;
  for (const [name, value] of Object.entries(attributes)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}
