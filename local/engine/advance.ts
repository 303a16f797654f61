import type { RunningClock } from "./clock";

/** What putting the clock forward came to. */
export interface Advanced {
  /** Engine time before and after, milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Timers that fell due on the way. */
  readonly fired: number;
  /** Whether everything was at rest at the end. */
  readonly settled: boolean;
}

/**
 * How long what is under way may take before the clock goes on all the same, milliseconds. They are counted in looks: on
 * a machine so busy that a look comes late, what is under way has not had its time either.
 */
const PATIENCE_MS = 30_000;
const LOOK_MS = 5;
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Puts a running clock forward, from timer to timer: each fires at its own instant, and what it sets off comes to rest
 * before the next one. A handler takes its real time, so a deadline is not passed while it works.
 * @param atRest whether nothing is under way; what waits for a later instant is at rest
 */
export async function advanceClock(clock: RunningClock, byMs: number, atRest: () => boolean): Promise<Advanced> {
  const fromMs = clock.now();
  const endMs = fromMs + byMs;
  let fired = 0;
  const rest = async (): Promise<boolean> => {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      // What has just been fired may only begin something within the next turns.
      await turn();
      await turn();
      if (atRest()) return true;
      if (waitedMs >= PATIENCE_MS) return false;
      await pause();
    }
  };
  let settled = await rest();
  for (let next = clock.next(); next !== undefined && next <= endMs; next = clock.next()) {
    if (next > clock.now()) clock.jump(next);
    // It is due: it fires by itself.
    else await pause();
    fired++;
    settled = await rest();
  }
  clock.jump(endMs);
  return { fromMs, toMs: clock.now(), fired, settled: (await rest()) && settled };
}
