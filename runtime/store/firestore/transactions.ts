import { OUTBOX_COLLECTION, RECORDS_COLLECTION } from "../../../contract/store";
import { commitIn } from "../../commit-in";
import { StoreUnavailable } from "../../errors";
import type { DocumentData, Transactions } from "../store";
import { recordFields, rowFields } from "./documents";

/** A `Firestore` of `@google-cloud/firestore`, as far as it is used here. */
export interface FirestoreDatabase<Native> {
  runTransaction<T>(body: (transaction: Native) => Promise<T>): Promise<T>;
  doc(path: string): { get(): Promise<object> };
}

/** What the client's transactions and snapshots are to us; their own types would tie this file to one version of it. */
interface NativeTransaction {
  get(document: unknown): Promise<Snapshot>;
  set(document: unknown, data: object): unknown;
}
interface Snapshot {
  readonly updateTime?: { readonly seconds: number; readonly nanoseconds: number };
}

/** Undoes a transaction whose record belongs to somebody else. */
class Fenced extends Error {}

/** Codes of gRPC after which nobody knows, or another try may help: cancelled to aborted, internal, unavailable. */
const PASSING: readonly unknown[] = [1, 2, 4, 8, 10, 13, 14];

/**
 * The record is read first, as Firestore asks, and compared with the version that the delivery has seen: the
 * transaction itself sees to it that it stays so until it is committed.
 */
export function firestoreTransactions<Native>(db: FirestoreDatabase<Native>): Transactions<Native> {
  return {
    kind: "firestore",
    commit: commitIn,
    async run({ key, version }, work) {
      const record = db.doc(`${RECORDS_COLLECTION}/${key}`);
      let thrown: { readonly error: unknown } | undefined;
      try {
        await db.runTransaction(async (transaction) => {
          thrown = undefined;
          const native = transaction as NativeTransaction;
          if (versionOf(await native.get(record)) !== version) throw new Fenced();
          const change = await work(transaction).catch((error: unknown) => {
            thrown = { error };
            throw error;
          });
          native.set(record, defined(recordFields(change.record)));
          for (const row of change.addRows ?? [])
            native.set(db.doc(`${OUTBOX_COLLECTION}/${row.id}`), defined(rowFields(row)));
        });
        const written = versionOf(await record.get());
        return { applied: true, version: written!, updatedMs: Date.parse(written!) };
      } catch (error) {
        if (error instanceof Fenced) return { applied: false };
        if (thrown && error === thrown.error) throw error;
        const { code, message } = error as { readonly code?: unknown; readonly message: string };
        if (PASSING.includes(code)) throw new StoreUnavailable(`Firestore: ${message}`, { cause: error });
        throw error;
      }
    },
  };
}

/** As the REST API writes it: with 0, 3, 6 or 9 digits of a second. */
function versionOf({ updateTime }: Snapshot): string | undefined {
  if (!updateTime) return undefined;
  const { seconds, nanoseconds } = updateTime;
  const digits = String(nanoseconds)
    .padStart(9, "0")
    .replace(/(000){1,3}$/, "");
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}${digits && `.${digits}`}Z`;
}

/** The client refuses fields that are undefined. */
const defined = (data: DocumentData): object =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
