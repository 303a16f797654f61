import type { DocumentData, OutboxRow, RecordData } from "../store";

/** How records and rows are laid out as documents. Times are Timestamps: a TTL policy reads no other type. */

export function recordFields({ expireAtMs, firstSeenMs, error, ...rest }: RecordData): DocumentData {
  return { ...rest, error, firstSeen: new Date(firstSeenMs), expireAt: new Date(expireAtMs) };
}

export function recordOf(fields: DocumentData): RecordData {
  const { firstSeen, expireAt, ...rest } = fields;
  return {
    ...(rest as unknown as Omit<RecordData, "firstSeenMs" | "expireAtMs">),
    firstSeenMs: (firstSeen as Date).getTime(),
    expireAtMs: (expireAt as Date).getTime(),
  };
}

/** Attributes are kept as text: their names are the publisher's, and Firestore refuses some (`__x__`). */
export function rowFields({ topic, data, attributes, orderingKey, expireAtMs }: OutboxRow): DocumentData {
  return { topic, data, attributes: JSON.stringify(attributes), orderingKey, expireAt: new Date(expireAtMs) };
}

export function rowOf(id: string, fields: DocumentData): OutboxRow {
  const { orderingKey } = fields as { readonly orderingKey?: string };
  return {
    id,
    topic: fields["topic"] as string,
    data: fields["data"] as Buffer,
    attributes: JSON.parse(fields["attributes"] as string) as Record<string, string>,
    ...(orderingKey !== undefined && { orderingKey }),
    expireAtMs: (fields["expireAt"] as Date).getTime(),
  };
}
