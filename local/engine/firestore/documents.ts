import type { Json } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { Journal, Journaled } from "../journal";
import { type Collections, createCollections } from "./collections";
import { type Micros, formatMicros } from "./time";
import { type Transaction, createTransactions } from "./transactions";
import { type Applied, type StoredDocument, type Write, applyWrite } from "./write";

/** One write operation that was committed: told once per operation, however often the same document is written. */
export interface DocumentWrite {
  readonly database: string;
  readonly name: string;
  /** `expire` is a deletion by a TTL policy, which counts as no write. */
  readonly kind: "update" | "delete" | "transform" | "expire";
  readonly commitTime: string;
  /** False when the write left the document exactly as it was. */
  readonly changed: boolean;
  /** Writes of this name so far, this one included. */
  readonly writes: number;
  /** The document after the write; undefined when it is gone. */
  readonly document: StoredDocument | undefined;
  /** The document before the commit; the same as after it when nothing has changed. */
  readonly before: StoredDocument | undefined;
  /** Whether no later write of the commit touches the document. */
  readonly last: boolean;
}

export interface CommitResult {
  readonly commitTime: Micros;
  /** One per write and in their order; a deletion has no document. */
  readonly results: readonly Applied[];
}

export interface ReadResult {
  readonly readTime: Micros;
  /** One per name and in their order; undefined is missing. */
  readonly documents: readonly (StoredDocument | undefined)[];
}

/** The documents of every database, in memory. Databases are named `projects/{project}/databases/{database}`. */
export interface Documents extends Journaled {
  /**
   * Applies all writes, one after another, or none.
   * @throws StatusError of the first write that cannot be applied; ABORTED when what the transaction read has changed
   */
  commit(database: string, writes: readonly Write[], transaction?: string): CommitResult;
  read(database: string, names: readonly string[], transaction?: string): ReadResult;
  /** Runs `select` on the database's documents; in a transaction any later commit then aborts it. */
  query<T>(
    database: string,
    select: (documents: Collections) => T,
    transaction?: string,
  ): { readTime: Micros; result: T };
  begin(database: string, readOnly: boolean): string;
  rollback(database: string, transaction: string): void;
  /** Write operations ever committed on a document's name, deletions included; 0 for one never written. */
  writesOf(name: string): number;
  /** `writesOf` of every name of a database that was ever written. */
  allWrites(database: string): ReadonlyMap<string, number>;
  /** Deletes documents as a TTL policy does: unconditionally, without counting a write. */
  expire(database: string, names: readonly string[]): void;
  /** Forgets a database's documents and counts. */
  clear(database: string): void;
  databases(): Iterable<string>;
  /** @returns a function that removes the listener */
  onWrite(listener: (write: DocumentWrite) => void): () => void;
}

export interface DocumentsOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly onWrite?: (write: DocumentWrite) => void;
}

const JOURNAL_NAME = "firestore";

/** One journal entry per commit: the state it left behind, not the writes. */
interface Entry {
  readonly database: string;
  readonly at: Micros;
  readonly put?: readonly (StoredDocument & { readonly writes: number })[];
  readonly gone?: readonly { readonly name: string; readonly writes: number }[];
  readonly cleared?: true;
}

export function createDocuments({ clock, journal, onWrite }: DocumentsOptions): Documents {
  const databases = new Map<string, Collections>();
  const transactions = createTransactions(() => clock.now());
  const listeners = new Set(onWrite ? [onWrite] : []);

  const open = (database: string): Collections => {
    let found = databases.get(database);
    if (!found) databases.set(database, (found = createCollections()));
    return found;
  };
  // The engine's clock counts milliseconds; commits within one are told apart by microseconds, strictly rising.
  // A virtual clock may stand between two milliseconds.
  const micros = () => Math.floor(clock.now() * 1_000);
  const nextCommit = (documents: Collections) => Math.max(micros(), documents.last + 1);
  const readTime = (documents: Collections) => Math.max(micros(), documents.last);
  const append = (entry: Entry) => journal.append(JOURNAL_NAME, entry as unknown as Json);
  const tell = (write: DocumentWrite) => {
    for (const listener of listeners) listener(write);
  };

  /** Optimistic: nothing is locked, a transaction that has read what is no longer so must be run again. */
  const checkReads = (transaction: Transaction) => {
    const documents = open(transaction.database);
    const moved = transaction.queriedAt !== undefined && documents.last !== transaction.queriedAt;
    const stale = [...transaction.reads].some(([name, seen]) => documents.get(name)?.updateTime !== seen);
    if (!moved && !stale) return;
    transactions.close(transaction.id);
    throw new StatusError("ABORTED", "what the transaction has read was changed meanwhile; run it again");
  };

  const join = (database: string, id: string | undefined) => {
    const transaction = id === undefined ? undefined : transactions.use(id, database);
    if (transaction) checkReads(transaction);
    return transaction;
  };

  const store = (database: string, at: Micros, changes: ReadonlyMap<string, StoredDocument | undefined>) => {
    const documents = open(database);
    documents.last = at;
    const put: (StoredDocument & { writes: number })[] = [];
    const gone: { name: string; writes: number }[] = [];
    for (const [name, document] of changes) {
      const writes = documents.writes.get(name) ?? 0;
      if (document) put.push({ ...document, writes });
      else gone.push({ name, writes });
      if (document) documents.put(document);
      else documents.remove(name);
    }
    append({ database, at, ...(put.length > 0 && { put }), ...(gone.length > 0 && { gone }) });
  };

  return {
    journalName: JOURNAL_NAME,

    commit(database, writes, transactionId) {
      const documents = open(database);
      const transaction = join(database, transactionId);
      if (transaction?.readOnly && writes.length > 0)
        throw new StatusError("INVALID_ARGUMENT", "a read-only transaction cannot write");
      if (transaction) transactions.close(transaction.id);
      if (writes.length === 0) return { commitTime: readTime(documents), results: [] };

      const commitTime = nextCommit(documents);
      // REQUEST_TIME has the precision of a millisecond, one value for the whole commit (write.proto, ServerValue).
      const requestTime = formatMicros(Math.floor(commitTime / 1_000) * 1_000);
      const staged = new Map<string, StoredDocument | undefined>();
      const results = writes.map((write) => {
        const current = staged.has(write.name) ? staged.get(write.name) : documents.get(write.name);
        const applied = applyWrite(current, write, commitTime, requestTime);
        staged.set(write.name, applied.document);
        return applied;
      });
      const counts = writes.map(({ name }) => {
        const count = (documents.writes.get(name) ?? 0) + 1;
        documents.writes.set(name, count);
        return count;
      });
      const befores = new Map(writes.map(({ name }) => [name, documents.get(name)]));
      const lasts = new Map(writes.map(({ name }, i) => [name, i]));
      store(database, commitTime, staged);
      for (const [i, { name, kind }] of writes.entries()) {
        const { document, changed } = results[i]!;
        const told = { before: befores.get(name), last: lasts.get(name) === i };
        const at = formatMicros(commitTime);
        tell({ database, name, kind, commitTime: at, changed, writes: counts[i]!, document, ...told });
      }
      return { commitTime, results };
    },

    read(database, names, transactionId) {
      const documents = open(database);
      const transaction = join(database, transactionId);
      const found = names.map((name) => documents.get(name));
      for (const [i, name] of names.entries()) transaction?.reads.set(name, found[i]?.updateTime);
      return { readTime: readTime(documents), documents: found };
    },

    query(database, select, transactionId) {
      const documents = open(database);
      const transaction = join(database, transactionId);
      if (transaction) transaction.queriedAt = documents.last;
      return { readTime: readTime(documents), result: select(documents) };
    },

    begin: (database, readOnly) => transactions.begin(database, readOnly).id,
    rollback: (database, id) => transactions.close(transactions.use(id, database).id),

    writesOf: (name) => databases.get(databaseOf(name))?.writes.get(name) ?? 0,
    allWrites: (database) => databases.get(database)?.writes ?? new Map<string, number>(),

    expire(database, names) {
      const documents = open(database);
      const present = names.filter((name) => documents.get(name));
      if (present.length === 0) return;
      const at = nextCommit(documents);
      const befores = present.map((name) => documents.get(name));
      store(database, at, new Map(present.map((name) => [name, undefined])));
      for (const [i, name] of present.entries()) {
        const writes = documents.writes.get(name) ?? 0;
        const told = { document: undefined, before: befores[i], last: true };
        tell({ database, name, kind: "expire", commitTime: formatMicros(at), changed: true, writes, ...told });
      }
    },

    clear(database) {
      const at = nextCommit(open(database));
      databases.delete(database);
      open(database).last = at;
      append({ database, at, cleared: true });
    },

    databases: () => databases.keys(),

    onWrite(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    replay(json) {
      const entry = json as unknown as Entry;
      if (entry.cleared) databases.delete(entry.database);
      const documents = open(entry.database);
      documents.last = Math.max(documents.last, entry.at);
      for (const { writes, ...document } of entry.put ?? []) {
        documents.put(document);
        documents.writes.set(document.name, writes);
      }
      for (const { name, writes } of entry.gone ?? []) {
        documents.remove(name);
        documents.writes.set(name, writes);
      }
    },

    *compact() {
      for (const [database, documents] of databases)
        for (const entry of entriesOf(database, documents)) yield entry as unknown as Json;
    },
  };
}

function* entriesOf(database: string, documents: Collections): Iterable<Entry> {
  const at = documents.last;
  const writesOf = (name: string) => documents.writes.get(name) ?? 0;
  yield { database, at };
  for (const document of documents.all())
    yield { database, at, put: [{ ...document, writes: writesOf(document.name) }] };
  const gone = [...documents.writes.keys()].filter((name) => !documents.get(name));
  if (gone.length > 0) yield { database, at, gone: gone.map((name) => ({ name, writes: writesOf(name) })) };
}

const databaseOf = (name: string): string => name.split("/").slice(0, 4).join("/");
