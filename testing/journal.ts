import { DEDUPE_ATTRIBUTE } from "../contract/store";
import type { Clock } from "../runtime/clock";
import { PARK_ATTRIBUTES } from "../runtime/park";
import type { Change, DocumentData, OutboxRow, RecordData, Store } from "../runtime/store/store";
import { runWithin } from "./instance";

/** A write of a handler's document that the store has applied. */
export interface DocumentWrite {
  /** Which delivery of the test, from 1. */
  readonly delivery: number;
  /** Virtual milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly op: "set" | "create" | "delete";
  readonly path: string;
  /** Absent for a deletion. */
  readonly data?: DocumentData;
}

/** A message that has left for Pub/Sub. */
export interface PublishedMessage {
  readonly delivery: number;
  readonly atMs: number;
  readonly topic: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
  /** Equal on every copy of one message. */
  readonly dedupeId: string;
}

/** A message that has reached the dead-letter topic. */
export interface ParkedMessage extends PublishedMessage {
  /**
   * `handler`: the runtime parked it, and says why. `transport`: the subscription gave up after its last delivery, as
   * Pub/Sub does with what is never acknowledged.
   */
  readonly by: "handler" | "transport";
  /** Class of the error, or `AttemptsExhausted`, `KeyReuse`; of what the subscription gave up on, the last outcome. */
  readonly cause: string;
}

/** A write to a record that the store has applied. */
export interface RecordWrite {
  readonly delivery: number;
  readonly atMs: number;
  readonly key: string;
  readonly before: RecordData | undefined;
  readonly record: RecordData;
  /** Documents written in the same commit; 1 for a transaction of the handler's own. */
  readonly effects: number;
}

/** What has happened, in the order in which it happened. */
export interface Journal {
  readonly writes: DocumentWrite[];
  readonly records: RecordWrite[];
  readonly published: PublishedMessage[];
  readonly parked: ParkedMessage[];
  /** Committed and not yet removed, by row id. */
  readonly outbox: Map<string, OutboxRow>;
  /** The documents as the writes have left them. */
  readonly documents: Map<string, DocumentData>;
  /** The store, with what is written through it noted as the delivery's. */
  watch(store: Store, delivery: number): Store;
  /** Notes messages as sent. */
  publish(rows: readonly OutboxRow[], delivery: number): void;
  /** The last record written under a key. */
  recordOf(key: string): RecordData | undefined;
}

/** @param busy marks real work, so that virtual time waits for a store that does real input and output */
export function createJournal(clock: Clock, deadLetterTopic: string | undefined, busy: () => () => void): Journal {
  const last = new Map<string, RecordData>();
  const really = async <T>(call: () => Promise<T>): Promise<T> => {
    const over = busy();
    try {
      return await call();
    } finally {
      over();
    }
  };

  const note = (change: Change, delivery: number, more = 0) => {
    const { key, record, effects = [], addRows = [], removeRows = [] } = change;
    const atMs = clock.now();
    journal.records.push({ delivery, atMs, key, before: last.get(key), record, effects: effects.length + more });
    last.set(key, record);
    for (const effect of effects) {
      const { op, path } = effect;
      const data = effect.op === "delete" ? undefined : structuredClone(effect.data);
      journal.writes.push({ delivery, atMs, op, path, ...(data && { data }) });
      if (data) journal.documents.set(path, data);
      else journal.documents.delete(path);
    }
    for (const row of addRows) journal.outbox.set(row.id, row);
    for (const id of removeRows) journal.outbox.delete(id);
  };

  const journal: Journal = {
    writes: [],
    records: [],
    published: [],
    parked: [],
    outbox: new Map(),
    documents: new Map(),
    recordOf: (key) => last.get(key),
    watch: (store, delivery) => ({
      kind: store.kind,
      read: (key) => really(() => store.read(key)),
      rows: (ids) => really(() => store.rows(ids)),
      commit: async (change) => {
        const reply = await really(() => store.commit(change));
        if (reply.applied) note(change, delivery);
        return reply;
      },
      async within(transactions, fence, work) {
        let over = busy();
        let made: Change | undefined;
        try {
          // What the handler does in it is its own affair, and may take virtual time.
          const reply = await runWithin(store, transactions, fence, async (native) => {
            over();
            try {
              return (made = await work(native));
            } finally {
              over = busy();
            }
          });
          if (reply.applied) note(made!, delivery, 1);
          return reply;
        } finally {
          over();
        }
      },
    }),
    publish(rows, delivery) {
      for (const { id, topic, data, attributes, orderingKey } of rows) {
        const message = {
          delivery,
          atMs: clock.now(),
          topic,
          data: Buffer.from(data),
          attributes,
          ...(orderingKey !== undefined && { orderingKey }),
          dedupeId: attributes[DEDUPE_ATTRIBUTE] ?? id,
        };
        if (topic !== deadLetterTopic) journal.published.push(message);
        else journal.parked.push({ ...message, by: "handler", cause: attributes[PARK_ATTRIBUTES.cause] ?? "unknown" });
      }
    },
  };
  return journal;
}
