import type { ScaledTime } from "../contract/environment";

/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/**
 * The runtime's only source of time: deadlines, leases, pauses. In the cloud it is the wall clock; on the local engine
 * it runs at the engine's scale, so that a lease of 15 s means the same 15 s on both sides.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, `delayMs` of this clock's milliseconds from now. */
  after(delayMs: number, callback: () => void): Timer;
}

/** The wall clock, or one that relates to it as told. */
export function realClock({ realEpochMs = 0, engineEpochMs = 0, scale = 1 }: Partial<ScaledTime> = {}): Clock {
  return {
    now: () => Math.floor(engineEpochMs + (Date.now() - realEpochMs) * scale),
    after(delayMs, callback) {
      const handle = setTimeout(callback, Math.max(0, delayMs) / scale);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** Resolves after `ms`, or at once when `signal` fires. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
