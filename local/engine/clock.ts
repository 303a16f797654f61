import { setImmediate } from "node:timers";
import type { ScaledTime } from "../../contract/environment";

/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in the engine. `now()` and every delay are engine milliseconds: at scale 10 a delay of 10 s
 * takes one second of the wall clock.
 */
export interface Clock {
  /** Engine time, milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, `delayMs` engine milliseconds from now. */
  after(delayMs: number, callback: () => void): Timer;
  /** How this clock relates to the wall clock, for the children that must follow it. */
  readonly time: ScaledTime;
}

/** A clock that runs and can be put forward. */
export interface RunningClock extends Clock {
  /** Instant of the next timer, or undefined when none is set. */
  next(): number | undefined;
  /** Puts the clock forward to an instant, which must not be past; timers due by then fire in the order of their instants. */
  jump(toMs: number): void;
  /** Told of every jump, with the engine milliseconds that were left out. @returns a function that removes the listener */
  onJump(listener: (byMs: number) => void): () => void;
}

/** `setTimeout` holds at most this; longer delays are taken in stretches. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** Wall-clock time, optionally faster. @param scale engine seconds per real second, above 0 */
export function realClock(scale = 1, epochMs?: number): RunningClock {
  const realEpochMs = Date.now();
  let engineEpochMs = epochMs ?? realEpochMs;
  const listeners = new Set<(byMs: number) => void>();
  const timers = new Set<{ readonly atMs: number; readonly fire: () => void; readonly arm: () => void }>();
  const exactly = () => engineEpochMs + (Date.now() - realEpochMs) * scale;
  const inOrder = () => [...timers].sort((a, b) => a.atMs - b.atMs);
  return {
    get time() {
      return { realEpochMs, engineEpochMs, scale };
    },
    now: () => Math.floor(exactly()),
    after(delayMs, callback) {
      let handle: NodeJS.Timeout;
      const atMs = exactly() + delayMs;
      const cancel = () => {
        clearTimeout(handle);
        timers.delete(timer);
      };
      const fire = () => {
        cancel();
        callback();
      };
      const arm = () => {
        clearTimeout(handle);
        const leftMs = Math.ceil((atMs - exactly()) / scale);
        // Node may be a millisecond early, by the clock that everybody reads.
        const due = () => (exactly() < atMs ? arm() : fire());
        handle = setTimeout(due, Math.min(Math.max(0, leftMs), LONGEST_TIMEOUT_MS));
      };
      const timer = { atMs, fire, arm };
      timers.add(timer);
      arm();
      return { cancel };
    },
    next: () => inOrder()[0]?.atMs,
    jump(toMs) {
      const byMs = toMs - exactly();
      if (byMs <= 0) return;
      engineEpochMs += byMs;
      for (const listener of listeners) listener(byMs);
      for (const timer of inOrder()) {
        // A timer may have cancelled another.
        if (!timers.has(timer)) continue;
        if (timer.atMs <= toMs) timer.fire();
        else timer.arm();
      }
    },
    onJump(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** A clock that moves only when told to. Timers due at the same instant fire in the order they were set. */
export interface VirtualClock extends Clock {
  /** Moves time forward, firing each timer at its own instant, and lets promises settle between them. */
  advance(ms: number): Promise<void>;
  /** Instant of the next timer, or undefined when none is set. */
  next(): number | undefined;
}

export function virtualClock(startMs: number): VirtualClock {
  let now = startMs;
  let sequence = 0;
  const timers = new Set<{ at: number; sequence: number; callback: () => void }>();
  const earliest = () => {
    let found: { at: number; sequence: number; callback: () => void } | undefined;
    for (const timer of timers)
      if (!found || timer.at < found.at || (timer.at === found.at && timer.sequence < found.sequence)) found = timer;
    return found;
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    time: { realEpochMs: startMs, engineEpochMs: startMs, scale: 1 },
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + Math.max(0, delayMs), sequence: sequence++, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    next: () => earliest()?.at,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        now = timer.at;
        timers.delete(timer);
        timer.callback();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}
