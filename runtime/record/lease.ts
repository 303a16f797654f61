import type { Clock, Timer } from "../clock";
import { LeaseLost, StoreUnavailable } from "../errors";
import type { Change, RecordData, Store } from "../store/store";
import { revised } from "./revised";
import { type Held, type Made, type Patience, type Written, write, writeBy } from "./transition";

/** Whoever works under a lease. An object and no function: one of each delivery's own is kept too long (docs/traps.md). */
export interface LeaseWatcher {
  interrupt(alarm: LeaseLost): void;
}

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
  /** Is told once, when `alarm` is set. */
  watcher: LeaseWatcher | undefined;
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
export function keepLease(claimed: Held, options: LeaseOptions): Lease {
  const lease = new KeptLease(claimed, options);
  lease.arm();
  return lease;
}

/** A class, since every delivery makes one: its functions would cost more than its work. */
class KeptLease implements Lease {
  readonly key: string;
  readonly token: number;
  readonly attempts: number;
  alarm: LeaseLost | undefined;
  watcher: LeaseWatcher | undefined;
  settled: Held | undefined;
  marginMs: number | undefined;
  lost = false;
  readonly #leaseMs: number;
  #closed = false;
  #renewedMs: number;
  /** The last write, done or not. */
  #last: Promise<unknown> | undefined;
  #timer: Timer | undefined;

  #held: Held;
  readonly #options: LeaseOptions;

  constructor(held: Held, options: LeaseOptions) {
    this.#held = held;
    this.#options = options;
    const { token, attempts, leaseMs } = held.record;
    this.key = held.key;
    this.token = token;
    this.attempts = attempts;
    this.#leaseMs = leaseMs;
    this.#renewedMs = options.clock.now();
  }

  get record(): RecordData {
    return this.#held.record;
  }

  change(build: Parameters<Lease["change"]>[0], untilMs: number): Promise<Written> {
    return this.#settling((held, patience) => write(this.#options.store, held, build, patience), untilMs);
  }

  changeBy(make: Parameters<Lease["changeBy"]>[0], untilMs: number): Promise<Written> {
    return this.#settling((held, patience) => writeBy(make, this.#options.store, held, patience), untilMs);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  arm(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(
      this.#leaseMs / RENEWALS,
      () =>
        void this.#inTurn(() => this.#renew()).then(
          () => this.arm(),
          () => this.#noteLoss(),
        ),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last ? this.#last.then(work, work) : work();
    this.#last = result;
    return result;
  }

  #settling(work: (held: Held, patience: Patience) => Promise<Written>, untilMs: number): Promise<Written> {
    return this.#inTurn(async () => {
      if (this.settled) return { kind: "settled", held: this.settled };
      if (this.lost) return { kind: "lost" };
      const written = await work(this.#held, this.#patience(untilMs));
      if (written.kind === "lost") this.#noteLoss();
      if (written.kind === "applied" || written.kind === "settled") this.#hold(written.held);
      return written;
    });
  }

  async #renew(): Promise<void> {
    if (this.#closed) return;
    const { clock, store } = this.#options;
    const startedMs = clock.now();
    try {
      const again = (record: RecordData) => ({ record: revised(record) });
      const written = await write(store, this.#held, again, this.#patience(startedMs));
      if (written.kind === "applied" || written.kind === "settled") {
        this.#hold(written.held);
        this.#renewedMs = startedMs;
      } else this.#noteLoss();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // The store is silent. Past its length the lease may be somebody else's; the fence still guards the record.
      if (clock.now() - this.#renewedMs > this.#leaseMs) this.#raise("the lease could not be renewed in time");
    }
  }

  #patience(untilMs: number): Patience {
    const { clock, random } = this.#options;
    return { clock, random, untilMs };
  }

  #hold(written: Held): void {
    this.#held = written;
    if (written.record.state === "CLAIMED") return;
    this.settled = written;
    this.marginMs = this.#leaseMs - (this.#options.clock.now() - this.#renewedMs);
    this.close();
  }

  #noteLoss(): void {
    this.lost = true;
    this.close();
    this.#raise("another delivery has taken the event over");
  }

  #raise(message: string): void {
    if (this.alarm) return;
    this.alarm = new LeaseLost(message);
    this.watcher?.interrupt(this.alarm);
  }
}
