import type { StoreKind } from "../../contract/contract";
import type { commitIn } from "../commit-in";

/** Where an event stands. `CLAIMED` is live while its lease lasts; `DONE` and `PARKED` are final. */
export type RecordState = "CLAIMED" | "RELEASED" | "DONE" | "PARKED";

/** What is kept of one event. It is never deleted on failure: with it would go the token and the count of attempts. */
export interface RecordData {
  readonly state: RecordState;
  /** Grows with every change of owner; a downstream that remembers the highest one can fence too. From 1. */
  readonly token: number;
  /** Nonce of the delivery that wrote last, so that it recognises its own write when the reply was lost. */
  readonly owner: string;
  /** Grows with every write by one owner. Firestore keeps `updateTime` when a write changes nothing. */
  readonly revision: number;
  /** CLAIMED: the lease ends this long after the write, by the store's clock. */
  readonly leaseMs: number;
  /** RELEASED: no attempt earlier than this long after the write, by the store's clock. */
  readonly delayMs: number;
  /** Claims so far. */
  readonly attempts: number;
  /** Leases that ended because their owner fell silent. */
  readonly lostLeases: number;
  readonly handler: string;
  readonly epoch: number;
  /** The message that was claimed last. */
  readonly messageId: string;
  /** Hash of what two events of this key must share. */
  readonly fingerprint?: string;
  readonly firstSeenMs: number;
  /** JSON of the handler's result, replayed to duplicates. */
  readonly result?: string;
  /** JSON of what each step of `ctx.once` has returned, empty for nothing, until the event is done. */
  readonly steps?: Readonly<Record<string, string>> | undefined;
  /** The failure that released or parked it. */
  readonly error?: { readonly class: string; readonly message: string };
  /** Ids of outbox rows written with this record and not yet published. */
  readonly outbox: readonly string[];
  /** From then on the record counts as absent. */
  readonly expireAtMs: number;
}

/** A message to be published because something was committed. */
export interface OutboxRow {
  /** Also its dedupe id: equal on every copy that is ever published. */
  readonly id: string;
  /** `projects/{project}/topics/{topic}`. */
  readonly topic: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
  readonly expireAtMs: number;
}

export type DocumentValue =
  | null
  | boolean
  | number
  | string
  | Date
  | Uint8Array
  | readonly DocumentValue[]
  | { readonly [field: string]: DocumentValue | undefined };

/** Fields of a document. A field that is `undefined` is left out. */
export type DocumentData = { readonly [field: string]: DocumentValue | undefined };

/** A write to the handler's own documents. `path` is relative to the database: `orders/17`. */
export type Effect =
  | { readonly op: "set" | "create"; readonly path: string; readonly data: DocumentData }
  | { readonly op: "delete"; readonly path: string };

/** What a write to a record must find there to happen: opaque, different after each write. */
export type Version = string;

/** A record as the store holds it. */
export interface Stored {
  readonly record: RecordData;
  readonly version: Version;
  /** Instant of the last write by the store's clock, milliseconds since the Unix epoch. */
  readonly updatedMs: number;
}

export interface Snapshot {
  /** Absent when there is no record. Whether it has expired is for the reader to judge. */
  readonly stored?: Stored;
  /** Instant of the read by the same clock as `updatedMs`. */
  readonly readMs: number;
}

/** One atomic write: the record, and what must happen with it or not at all. */
export interface Change {
  readonly key: string;
  /** The version the record must have; undefined: it must not exist. */
  readonly expect: Version | undefined;
  readonly record: RecordData;
  readonly effects?: readonly Effect[];
  readonly addRows?: readonly OutboxRow[];
  readonly removeRows?: readonly string[];
}

export type CommitReply =
  | { readonly applied: true; readonly version: Version; readonly updatedMs: number }
  /** A precondition failed, of the record or of an effect; nothing was written. */
  | { readonly applied: false };

/**
 * Transactions of a store's own client. What a user reads and writes in one and the change of a record happen together
 * or not at all. Made by `inFirestore` and `inPostgres`.
 */
export interface Transactions<Native> {
  readonly kind: StoreKind;
  /**
   * Runs `work` in a transaction, with the change that it resolves to; perhaps several times, as the client does on
   * contention.
   * @param fence the version that the record must have
   * @returns not applied when it has another one; then nothing of it was written
   * @throws StoreUnavailable when it is unknown whether it was committed; whatever `work` throws, which undoes it
   */
  run(fence: Fence, work: (native: Native) => Promise<Change>): Promise<CommitReply>;
  /** How a delivery commits in them; the same for all kinds. */
  readonly commit: typeof commitIn;
}

/** The state of a record that a write builds on. */
export interface Fence {
  readonly key: string;
  readonly version: Version;
}

/**
 * Where records live. Everything else, from leases to replay, is built on these three operations. All of them reject
 * with `StoreUnavailable` when it is unknown whether or not they happened; a write may be sent again then, because its
 * precondition fails if the first one did happen.
 */
export interface Store {
  readonly kind: StoreKind;
  read(key: string): Promise<Snapshot>;
  commit(change: Change): Promise<CommitReply>;
  /** The outbox rows that still exist, in the order of `ids`. */
  rows(ids: readonly string[]): Promise<readonly OutboxRow[]>;
  /** Ids of outbox rows, ascending, those after `after` alone. @default the store cannot list them */
  pending?(limit: number, after?: string): Promise<readonly string[]>;
  /** Runs a transaction of the store's own client. For what watches a store. @default the transactions by themselves */
  within?<Native>(
    transactions: Transactions<Native>,
    fence: Fence,
    work: (native: Native) => Promise<Change>,
  ): Promise<CommitReply>;
  /** What keeps the store from working at all, known before it is first used. */
  fault?(): { readonly problem: string; readonly fix: string } | undefined;
}
