import { StatusError } from "../../wire/rest";
import type { Micros } from "./time";

/** Limits of https://cloud.google.com/firestore/quotas (writes and transactions). */
const MAX_AGE_MS = 270_000;
const MAX_IDLE_MS = 60_000;

/** An open transaction: what it has read must still be so when it commits. */
export interface Transaction {
  readonly id: string;
  readonly database: string;
  readonly readOnly: boolean;
  /** Name → the `updateTime` that was read, undefined for a missing document. */
  readonly reads: Map<string, Micros | undefined>;
  /** Set by a query: the database's last commit then. Any later commit may have changed the query's result. */
  queriedAt?: Micros;
  readonly startedMs: number;
  usedMs: number;
}

export interface Transactions {
  begin(database: string, readOnly: boolean): Transaction;
  /** @throws StatusError INVALID_ARGUMENT when it is unknown, closed, expired or of another database */
  use(id: unknown, database: string): Transaction;
  close(id: string): void;
}

/** @param now engine milliseconds */
export function createTransactions(now: () => number): Transactions {
  const open = new Map<string, Transaction>();
  let sequence = 0;
  const expired = (transaction: Transaction) =>
    now() - transaction.startedMs > MAX_AGE_MS || now() - transaction.usedMs > MAX_IDLE_MS;
  return {
    begin(database, readOnly) {
      for (const [id, transaction] of open) if (expired(transaction)) open.delete(id);
      // The instant keeps ids of an earlier run of the engine from meeting those of this one.
      const id = Buffer.from(`${now()}.${++sequence}`).toString("base64");
      const transaction = { id, database, readOnly, reads: new Map(), startedMs: now(), usedMs: now() };
      open.set(id, transaction);
      return transaction;
    },
    use(id, database) {
      const transaction = typeof id === "string" ? open.get(id) : undefined;
      if (!transaction || transaction.database !== database || expired(transaction))
        throw new StatusError("INVALID_ARGUMENT", "the transaction is unknown, closed or expired");
      transaction.usedMs = now();
      return transaction;
    },
    close: (id) => void open.delete(id),
  };
}
