import type { Json } from "../../contract/json";

/** A service of the engine whose state survives a restart. */
export interface Journaled {
  /** Name under which its entries are kept, for example `pubsub`. */
  readonly journalName: string;
  /** Applies one entry, in the order they were appended, before the service starts. */
  replay(entry: Json): void;
  /** The fewest entries that rebuild today's state; written when the journal is compacted. */
  compact(): Iterable<Json>;
}

/** Where services append what must survive. Appends are buffered and written in order; `flush` waits for the disk. */
export interface Journal {
  append(service: string, entry: Json): void;
  flush(): Promise<void>;
}

/** For tests and `--ephemeral`: keeps nothing. */
export const noJournal: Journal = { append() {}, flush: async () => {} };
