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

/** Wall-clock time, optionally faster. @param scale engine seconds per real second, above 0 */
export function realClock(scale = 1, epochMs?: number): Clock {
  const realEpochMs = Date.now();
  const engineEpochMs = epochMs ?? realEpochMs;
  return {
    time: { realEpochMs, engineEpochMs, scale },
    now: () => Math.floor(engineEpochMs + (Date.now() - realEpochMs) * scale),
    after(delayMs, callback) {
      const deadline = Date.now() + delayMs / scale;
      let handle: NodeJS.Timeout;
      // setTimeout holds at most 2^31-1 ms; longer delays are taken in stretches.
      const arm = () => {
        const left = deadline - Date.now();
        handle = left > 2_147_483_647 ? setTimeout(arm, 2_147_483_647) : setTimeout(callback, Math.max(0, left));
      };
      arm();
      return { cancel: () => clearTimeout(handle) };
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
