import type { Clock } from "./clock";
import type { Incoming } from "./decode/incoming";
import { CommitConflict, describeError, LeaseLost, StoreUnavailable } from "./errors";
import type { Publisher } from "./google/publisher";
import type { Handler, Outbox, TransactionalContext } from "./handler";
import type { Log } from "./log";
import type { Outcome } from "./outcome";
import { relay } from "./outbox";
import { MAX_ROW_BYTES, type PublishArguments, sizeOf, toRow } from "./outgoing";
import { type Cause, deadLetterRow } from "./park";
import type { Probe } from "./probe";
import type { Lease } from "./record/lease";
import { revised } from "./record/revised";
import { type Held, patiently, type Written } from "./record/transition";
import type { Ran } from "./run";
import type { Change, OutboxRow, RecordData, Store, Transactions } from "./store/store";
import { gather } from "./transaction";

/** What deliveries of one handler share. */
export interface SettlementOptions {
  readonly handler: Handler;
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly deadLetterTopic?: string | undefined;
  /** Addresses of topics by their names. */
  readonly topics?: string | undefined;
}

/** One delivery, as far as it is known when its end is prepared. */
export interface Settled {
  readonly incoming: Incoming;
  /** The store is asked no longer than until this instant. */
  readonly untilMs: number;
  /** Passes a crash point of this delivery, if somebody watches. */
  readonly point: ((name: Parameters<Probe>[0]) => Promise<void>) | undefined;
  /** Record of the event, once its key is known. */
  readonly recordKey?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** How long Pub/Sub is asked to take a message before the delivery is given back. */
const PUBLISH_PATIENCE_MS = 5_000;

/** The ways in which one delivery brings its event to an end. */
export interface Settlement {
  /** `ctx.commit`: effects, messages and the record that the event is done, in one write. */
  commit(lease: Lease, write: Parameters<TransactionalContext["commit"]>[0]): Promise<void>;
  /** The same in a transaction of the store's own client. */
  commitIn<Native>(
    lease: Lease,
    transactions: Transactions<Native>,
    work: (native: Native, outbox: Outbox) => unknown,
  ): Promise<void>;
  /** `ctx.publish`: at once, outside any commit. */
  publish(lease: Lease, outgoing: PublishArguments): Promise<void>;
  /** After `ctx.commit` the event is done, whatever came of the handler. */
  afterCommit(lease: Lease, ran: Ran): Promise<Outcome>;
  /** The handler returned without a commit: its effects, if any, were its own affair. */
  complete(lease: Lease, value: unknown): Promise<Outcome>;
  /** Gives the event back for another attempt. */
  release(
    lease: Lease,
    error: unknown,
    how?: { readonly delayMs?: number; readonly refund?: boolean },
  ): Promise<Outcome>;
  /** Ends the event in the dead-letter topic: record and outgoing message in one write, then the message is sent. */
  park(lease: Lease, cause: Cause): Promise<Outcome>;
  /**
   * Sends the message to the dead-letter topic without a record: its key belongs to another event, or it has none.
   * Acknowledged only once it is published.
   */
  parkUnclaimed(cause: Cause): Promise<Outcome>;
  /** The event has ended already; what that left in the outbox is sent now. */
  replay(held: Held): Promise<Outcome>;
}

/** A result is for small facts; a record has to be read for every duplicate. */
const MAX_RESULT_BYTES = 64 * 1024;

export function createSettlement(delivery: Settled, options: SettlementOptions): Settlement {
  const { handler, store, clock, random } = options;
  const { incoming, untilMs, point, recordKey, fingerprint } = delivery;
  const { manifest } = handler.contract;
  const { meta } = incoming;
  const log = () => options.log.with({ messageId: meta.id });
  const send = (messages: readonly OutboxRow[]) => {
    const patienceMs = Math.min(untilMs, clock.now() + PUBLISH_PATIENCE_MS);
    return patiently({ clock, random, untilMs: patienceMs }, () => options.publisher.publish(messages));
  };
  const expireAtMs = clock.now() + manifest.rememberMs;
  const sender = { topics: options.topics, traceparent: meta.traceparent, expireAtMs };
  let committing = false;
  let sent = 0;
  /** The rows of the last write, so that they need not be read back. */
  let rows: readonly OutboxRow[] | undefined;

  /** The answer for a record that has come to its end, once everything it left to publish is published. */
  const ended = (held: Held, kind: "done" | "replayed"): Outcome | Promise<Outcome> => {
    const { state, error, outbox } = held.record;
    const outcome: Outcome = state === "PARKED" ? { kind: "parked", cause: error! } : { kind };
    return outbox.length > 0 ? relayed(held, outcome) : outcome;
  };
  const relayed = async (held: Held, outcome: Outcome): Promise<Outcome> => {
    try {
      const patience = { clock, random, untilMs };
      await relay(held, rows, { store, publish: send, patience, log, published: async () => point?.("C12") });
      return outcome;
    } catch (failure) {
      log().error("committed messages not published; the next delivery tries again", { error: failure });
      return { kind: "retry", cause: describeError(failure) };
    }
  };

  /**
   * Ends the lease. The store may turn out to hold an earlier end by this same delivery whose reply was lost; then that
   * one counts. A write whose outcome stays unknown is a failure of the delivery, never of the event.
   */
  const end = async (
    lease: Lease,
    build: (record: RecordData) => Omit<Change, "key" | "expect">,
    whenUnknown: string,
  ): Promise<Outcome> => {
    try {
      const written = await lease.change(build, untilMs);
      if (written.kind === "lost" || written.kind === "refused") return { kind: "leaseLost" };
      if (written.kind === "settled") rows = undefined;
      const { state, error, delayMs } = written.held.record;
      if (state === "RELEASED") return { kind: "retry", cause: error!, ...(delayMs > 0 && { afterMs: delayMs }) };
      if (point) await point("C6");
      return ended(written.held, "done");
    } catch (failure) {
      if (!(failure instanceof StoreUnavailable)) throw failure;
      log().error(whenUnknown, { error: failure });
      return { kind: "retry", cause: describeError(failure) };
    }
  };

  const done = (value: unknown) => {
    const result = encodeResult(value, log);
    return (record: RecordData) =>
      revised(record, { state: "DONE", expireAtMs, error: undefined, steps: undefined, result });
  };

  const deadLetter = (id: string, cause: Cause, attempts: number) =>
    deadLetterRow({
      id,
      topic: options.deadLetterTopic!,
      meta,
      data: incoming.data,
      handler: manifest.name,
      cause,
      attempts,
      recordKey,
      fingerprint,
      expireAtMs,
    });

  const release: Settlement["release"] = (lease, error, { delayMs = 0, refund = false } = {}) =>
    end(
      lease,
      (record) => ({
        record: revised(record, {
          state: "RELEASED",
          expireAtMs,
          delayMs,
          error: describeError(error),
          attempts: record.attempts - (refund ? 1 : 0),
        }),
      }),
      "lease not released; the event is tried again when it lapses",
    );

  /** What a commit is asked for, and the change that it is. */
  const gathering = (lease: Lease) => {
    const gathered = gather({
      ...sender,
      handler: manifest.name,
      writes: manifest.writes,
      rowPrefix: `${lease.key}-${lease.token}`,
    });
    return {
      ...gathered,
      change: (current: RecordData, value: unknown) => ({
        record: { ...done(value)(current), outbox: gathered.rows.map(({ id }) => id) },
        addRows: gathered.rows,
      }),
    };
  };

  const committed = async (
    lease: Lease,
    make: (outgoing: ReturnType<typeof gathering>) => Promise<Written>,
  ): Promise<void> => {
    if (committing) throw new Error("one delivery, one commit: it has been called already");
    committing = true;
    let written: Written | undefined;
    try {
      const outgoing = gathering(lease);
      rows = outgoing.rows;
      written = await make(outgoing);
    } finally {
      // Nothing was written, so the handler may think again.
      if (!written || written.kind === "refused") committing = false;
    }
    if (written.kind === "refused") throw new CommitConflict("a document that ctx.commit creates exists already");
    if (written.kind !== "applied")
      throw new LeaseLost("the event is no longer this delivery's; nothing was committed");
  };

  return {
    release,

    publish: (lease, outgoing) => send([toRow(`${lease.key}-${++sent}`, sender, ...outgoing)]),

    commit: (lease, write) =>
      committed(lease, async (outgoing) => {
        const { tx, effects } = outgoing;
        const value = write(tx);
        if (value instanceof Promise) {
          // Its own failure, if any, must not end the process.
          value.catch(() => {});
          throw new TypeError("the function given to ctx.commit must not be asynchronous");
        }
        await point?.("C3");
        return lease.change((current) => ({ ...outgoing.change(current, value), effects }), untilMs);
      }),

    commitIn: (lease, transactions, work) =>
      committed(lease, async () => {
        await point?.("C3");
        const keep = (gathered: readonly OutboxRow[]) => void (rows = gathered);
        const session = { lease, store, untilMs, keep, gathering: () => gathering(lease) };
        return transactions.commit(transactions, session, work);
      }),

    async afterCommit(lease, ran) {
      if (ran.kind !== "returned")
        log().error("the handler failed after its commit, which stands", { error: ran.error });
      await point?.("C6");
      return ended(lease.settled!, "done");
    },

    complete(lease, value) {
      const record = done(value);
      const ending = () =>
        end(
          lease,
          (current) => ({ record: record(current) }),
          "the handler succeeded unrecorded; a later delivery may repeat its effect",
        );
      return point && manifest.effects === "at-least-once" ? point("C4").then(ending) : ending();
    },

    async park(lease, cause) {
      const row = deadLetter(`${lease.key}-${lease.token}-parked`, cause, lease.attempts);
      const fits = sizeOf(row) <= MAX_ROW_BYTES;
      try {
        // Too large for a row: sent first, so that a crash in between repeats it rather than losing it.
        if (!fits) await send([row]);
      } catch (error) {
        log().error("the event could not be parked", { error });
        return release(lease, error);
      }
      rows = fits ? [row] : [];
      const outbox = rows.map(({ id }) => id);
      return end(
        lease,
        (record) => ({
          record: revised(record, { state: "PARKED", expireAtMs, error: cause, outbox }),
          addRows: fits ? [row] : [],
        }),
        "the event could not be parked",
      );
    },

    async parkUnclaimed(cause) {
      if (!options.deadLetterTopic)
        return { kind: "rejected", code: recordKey ? "MR3023" : "MR3022", reason: `${cause.class}: ${cause.message}` };
      try {
        await send([deadLetter(`${recordKey ?? manifest.name}-${meta.id}-parked`, cause, 0)]);
        return { kind: "parked", cause };
      } catch (error) {
        log().error("the event could not be parked", { error });
        return { kind: "retry", cause: describeError(error) };
      }
    },

    replay: async (held) => ended(held, "replayed"),
  };
}

/** JSON of a result, or nothing when there is none, or none that a record can keep. */
function encodeResult(value: unknown, log: () => Log): string | undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    log().warn("the result is not JSON and was not kept", { error });
  }
  // No character takes more than three bytes.
  if (text === undefined || text.length * 3 <= MAX_RESULT_BYTES) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_RESULT_BYTES) return text;
  log().warn("the result is too large and was not kept", { bytes, limit: MAX_RESULT_BYTES });
  return undefined;
}
