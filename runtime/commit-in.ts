import { CommitConflict, StoreUnavailable } from "./errors";
import type { Outbox } from "./handler";
import type { Lease } from "./record/lease";
import type { Written } from "./record/transition";
import type { Change, OutboxRow, RecordData, Store, Transactions } from "./store/store";

/** A delivery that commits. */
export interface CommitSession {
  readonly lease: Lease;
  readonly store: Store;
  /** The store is asked no longer than until this instant. */
  readonly untilMs: number;
  /** A fresh outbox, and the change that it and a result make of the record. */
  readonly gathering: () => {
    readonly tx: Outbox;
    readonly rows: readonly OutboxRow[];
    readonly change: (current: RecordData, value: unknown) => Pick<Change, "record" | "addRows">;
  };
  /** Is told what was gathered by the run that counts. */
  readonly keep: (rows: readonly OutboxRow[]) => void;
}

/**
 * `ctx.commitIn`. It travels with the transactions and not with every handler.
 * @throws TypeError when the records live in another kind of store
 */
export async function commitIn<Native>(
  transactions: Transactions<Native>,
  { lease, store, untilMs, gathering, keep }: CommitSession,
  work: (native: Native, outbox: Outbox) => unknown,
): Promise<Written> {
  if (transactions.kind !== store.kind)
    throw new TypeError(`these are transactions of ${transactions.kind}, and the records live in ${store.kind}`);
  const written = await lease.changeBy(async ({ key, version, record: before }) => {
    let record = before;
    // Run anew by the client, it begins with an empty outbox.
    const build = async (native: Native): Promise<Change> => {
      const { tx, rows, change } = gathering();
      const made = change(before, await work(native, tx));
      keep(rows);
      record = made.record;
      return { key, expect: version, ...made };
    };
    const fence = { key, version };
    try {
      const reply = await (store.within?.(transactions, fence, build) ?? transactions.run(fence, build));
      return { record, reply };
    } catch (error) {
      if (error instanceof StoreUnavailable) return { record, reply: error };
      throw error;
    }
  }, untilMs);
  if (written.kind === "refused")
    throw new CommitConflict(
      "the transaction has not found the event's record: is it one of the database that holds the records?",
    );
  return written;
}
