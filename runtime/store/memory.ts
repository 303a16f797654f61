import { type Clock, realClock } from "../clock";
import type { DocumentData, OutboxRow, Store, Stored } from "./store";

/** A store inside one process, for tests and for handlers whose duplicates all reach the same instance. */
export interface MemoryStore extends Store {
  readonly kind: "memory";
  /** The documents that handlers have written, by path. */
  readonly documents: ReadonlyMap<string, DocumentData>;
  readonly records: ReadonlyMap<string, Stored>;
  readonly outbox: ReadonlyMap<string, OutboxRow>;
}

/** How many expired records one write looks for, so that the map does not grow for ever and no write stalls. */
const SWEEP = 4;

export function memoryStore(options: { readonly clock?: Clock } = {}): MemoryStore {
  const clock = options.clock ?? realClock();
  const records = new Map<string, Stored>();
  const documents = new Map<string, DocumentData>();
  const outbox = new Map<string, OutboxRow>();
  let writes = 0;

  // A map iterates in order of insertion and every write re-inserts, so the stalest records come first.
  const sweep = (now: number) => {
    let looked = 0;
    for (const [key, { record }] of records) {
      if (looked++ === SWEEP || record.expireAtMs > now) return;
      records.delete(key);
    }
  };

  return {
    kind: "memory",
    records,
    documents,
    outbox,
    async read(key) {
      const stored = records.get(key);
      return { readMs: clock.now(), ...(stored && { stored }) };
    },
    async commit({ key, expect, record, effects = [], addRows = [], removeRows = [] }) {
      if (records.get(key)?.version !== expect) return { applied: false };
      if (effects.some((effect) => effect.op === "create" && documents.has(effect.path))) return { applied: false };
      const updatedMs = clock.now();
      const version = String(++writes);
      records.delete(key);
      // Records are never changed in place; documents are the handler's, which may.
      records.set(key, { record, version, updatedMs });
      for (const effect of effects)
        if (effect.op === "delete") documents.delete(effect.path);
        else documents.set(effect.path, structuredClone(effect.data));
      for (const row of addRows) outbox.set(row.id, { ...row, data: Buffer.from(row.data) });
      for (const id of removeRows) outbox.delete(id);
      sweep(updatedMs);
      return { applied: true, version, updatedMs };
    },
    async rows(ids) {
      return ids.flatMap((id) => outbox.get(id) ?? []);
    },
  };
}
