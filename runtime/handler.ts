import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Contract, Effects, EventMeta } from "../contract/contract";
import type { Log } from "./log";
import type { Publish } from "./outgoing";
import type { DocumentData, Transactions } from "./store/store";

/** Messages that leave if, and only if, a commit happens. */
export interface Outbox {
  /** Publishes after the commit, at least once; every copy carries the same `millrace-dedupe-id` attribute. */
  readonly publish: Publish<void>;
}

/** What one `ctx.commit` writes: all of it, together with the record that the event is done, or nothing. */
export interface Transaction extends Outbox {
  /** Writes a document, replacing one that exists. `path` is relative to the database: `orders/17`. */
  set(path: string, data: DocumentData): void;
  /** Writes a document that must not exist yet; otherwise the commit is refused with `CommitConflict`. */
  create(path: string, data: DocumentData): void;
  delete(path: string): void;
}

/** What a handler knows of the delivery it handles. */
export interface Context {
  readonly event: EventMeta;
  /** Fires when the handler should stop: time limit, shutdown, or the event now belongs to another delivery. */
  readonly signal: AbortSignal;
  /** Grows with every claim of this event; a downstream that refuses lower ones is fenced too. */
  readonly token: number;
  /** Claims of this event so far, this one included, from 1. */
  readonly attempt: number;
  /** A failure of this attempt parks the event. */
  readonly isLastAttempt: boolean;
  /** Milliseconds left until `signal` fires for the time limit, at least 0. */
  remaining(): number;
  /** The same for every attempt of this event: what to send to a downstream that deduplicates. */
  readonly idempotencyKey: string;
  /**
   * Runs `effect` unless an earlier attempt of this event has recorded the step, and records what it returns, as JSON.
   * A recorded step is never run by a later attempt; a crash between effect and record repeats it, with the same key.
   * @param step unique within the handler: a letter, then letters, digits, `_` and `-`
   * @param effect is given the key of this step: what to send to a downstream that deduplicates
   * @returns what the step returned when it was recorded, after a round trip through JSON
   * @throws LeaseLost when another delivery owns the event, or it is done; StoreUnavailable when the store does not
   * answer: the step may be repeated
   */
  once<T>(step: string, effect: (key: string) => T): Promise<Awaited<T>>;
  readonly log: Log;
  /**
   * Publishes now, at least once, whatever becomes of the event. What an attempt publishes first, second and so on has
   * the same `millrace-dedupe-id` as with every other attempt. To publish if and only if the event is done, use the
   * outbox of `commit`.
   * @throws Unavailable when Pub/Sub does not answer; the message may have been published
   */
  readonly publish: Publish<Promise<void>>;
}

export interface TransactionalContext extends Context {
  /**
   * Writes the handler's effects and the record that the event is done in one atomic commit, once per delivery.
   * What `write` returns is kept as the event's result. Afterwards the event is done, whatever the handler does.
   * @throws LeaseLost when another delivery owns the event; nothing was written
   * @throws CommitConflict when a document of `tx.create` exists; nothing was written
   * @throws StoreUnavailable when the store does not answer in time; a later delivery finds out what happened
   */
  commit(write: (tx: Transaction) => unknown): Promise<void>;
  /**
   * The same in a transaction of the store's own client, for effects that depend on what is read. The record is
   * written in it last; what `work` resolves to is kept as the event's result.
   * @param transactions `inFirestore(db)`, `inPostgres(pool)`: of the database that holds the records
   * @param work may be run several times, as the client does on contention; whatever it throws undoes all of it
   * @throws LeaseLost when another delivery owns the event; nothing was written
   * @throws StoreUnavailable when it is unknown whether it was committed; a later delivery finds out
   * @throws TypeError when they are transactions of another store than the contract's
   */
  commitIn<Native>(
    transactions: Transactions<Native>,
    work: (native: Native, outbox: Outbox) => unknown,
  ): Promise<void>;
}

export type { OutgoingMessage } from "../contract/topic";

export type ContextOf<E extends Effects> = E extends "transactional" ? TransactionalContext : Context;

/** A contract and the function that keeps it: the default export of an entry module. */
export interface Handler<Schema extends StandardSchemaV1 = StandardSchemaV1, E extends Effects = Effects> {
  readonly contract: Contract<Schema, E>;
  /** What it resolves to is kept as the event's result, as JSON, unless `ctx.commit` has given one. */
  run(input: StandardSchemaV1.InferOutput<Schema>, ctx: ContextOf<E>): unknown;
}

/** Ties a handler to its contract. Pure: nothing starts until `serve` or `toFunction` is given the handler. */
export function defineHandler<Schema extends StandardSchemaV1, E extends Effects>(
  contract: Contract<Schema, E>,
  run: (input: StandardSchemaV1.InferOutput<Schema>, ctx: ContextOf<E>) => unknown,
): Handler<Schema, E> {
  return { contract, run };
}
