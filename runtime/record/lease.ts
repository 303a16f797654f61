import type { Clock, Timer } from "../clock";
import { LeaseLost, StoreUnavailable } from "../errors";
import type { Change, RecordData, Store } from "../store/store";
import { revised } from "./revised";
import { type Held, type Made, type Written, write, writeBy } from "./transition";

/** A claim that is kept alive until it is settled. */
export interface Lease {
  readonly key: string;
  readonly token: number;
  /** Claims of this event so far, this one included. */
  readonly attempts: number;
  /** The record as this delivery wrote it last. */
  readonly record: RecordData;
  /** Set when somebody else has, or may have, taken the event over. */
  readonly alarm: LeaseLost | undefined;
  /** Called once, when `alarm` is set. */
  onAlarm: ((alarm: LeaseLost) => void) | undefined;
  /** The record as this delivery left it, once that is final for it. */
  readonly settled: Held | undefined;
  /** What was left of the lease when it was settled, milliseconds; below 0 it had lapsed, and nobody had come. */
  readonly marginMs: number | undefined;
  /** True when the store has said that the record belongs to somebody else. */
  readonly lost: boolean;
  /**
   * Writes to the record, after any other write in flight. Unless it stays claimed that is its end: once it is settled
   * or lost nothing more is written.
   * @throws StoreUnavailable when the store has not answered by `untilMs`; whether it happened is then unknown
   */
  change(build: (record: RecordData) => Omit<Change, "key" | "expect">, untilMs: number): Promise<Written>;
  /**
   * The same, made by somebody else: in a transaction of the store's own client. Nothing is renewed meanwhile. What it
   * throws is thrown when the record is as it was.
   */
  changeBy(make: (held: Held) => Promise<Made>, untilMs: number): Promise<Written>;
  /** Stops the renewals. */
  close(): void;
}

/** Renewals per lease: two may fail before the lease lapses. */
const RENEWALS = 3;

export interface LeaseOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Renews the lease at a third of its length. Each write moves the version that fences the next one, so renewals and
 * the end of the lease wait for each other.
 */
export function keepLease(claimed: Held, { store, clock, random }: LeaseOptions): Lease {
  const { token, attempts, leaseMs } = claimed.record;
  let held = claimed;
  let closed = false;
  let renewedMs = clock.now();
  let tail: Promise<unknown> = Promise.resolve();
  let timer: Timer | undefined;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  const raise = (message: string) => {
    if (lease.alarm) return;
    lease.alarm = new LeaseLost(message);
    lease.onAlarm?.(lease.alarm);
  };
  const close = () => {
    closed = true;
    timer?.cancel();
  };
  const noteLoss = () => {
    lease.lost = true;
    close();
    raise("another delivery has taken the event over");
  };

  const hold = (written: Held) => {
    held = written;
    lease.record = written.record;
    if (written.record.state === "CLAIMED") return;
    lease.settled = written;
    lease.marginMs = leaseMs - (clock.now() - renewedMs);
    close();
  };

  const settling = (work: () => Promise<Written>): Promise<Written> =>
    inTurn(async () => {
      if (lease.settled) return { kind: "settled", held: lease.settled };
      if (lease.lost) return { kind: "lost" };
      const written = await work();
      if (written.kind === "lost") noteLoss();
      if (written.kind === "applied" || written.kind === "settled") hold(written.held);
      return written;
    });

  const renew = async () => {
    if (closed) return;
    const startedMs = clock.now();
    try {
      const written = await write(store, held, (record) => ({ record: revised(record) }), {
        clock,
        random,
        untilMs: startedMs,
      });
      if (written.kind === "applied" || written.kind === "settled") {
        hold(written.held);
        renewedMs = startedMs;
      } else noteLoss();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // The store is silent. Past its length the lease may be somebody else's; the fence still guards the record.
      if (clock.now() - renewedMs > leaseMs) raise("the lease could not be renewed in time");
    }
  };
  const arm = () => {
    if (closed) return;
    timer = clock.after(leaseMs / RENEWALS, () => void inTurn(renew).then(arm, noteLoss));
  };

  const lease: { -readonly [Field in keyof Lease]: Lease[Field] } = {
    key: claimed.key,
    token,
    attempts,
    record: claimed.record,
    onAlarm: undefined,
    alarm: undefined,
    settled: undefined,
    marginMs: undefined,
    lost: false,
    change: (build, untilMs) => settling(() => write(store, held, build, { clock, random, untilMs })),
    changeBy: (make, untilMs) => settling(() => writeBy(make, store, held, { clock, random, untilMs })),
    close,
  };
  arm();
  return lease;
}
