import { setImmediate, setTimeout } from "node:timers";
import type { VirtualClock } from "../local/engine/clock";

/** Moves virtual time for as long as somebody waits for something, and never past work that takes real time. */
export interface Driver {
  /** Moves time until the work settles. @throws Error when nothing is left that could settle it */
  until<T>(work: Promise<T>): Promise<T>;
  /** Moves time by so much, firing each timer at its own instant. */
  advance(ms: number): Promise<void>;
  /** Resolves at that distance in virtual time, which moves until then. */
  sleep(ms: number): Promise<void>;
  /** Marks work that takes real time; virtual time waits for it. @returns a function that says it is over */
  readonly busy: () => () => void;
}

/** Real milliseconds between two looks at work that takes real time. */
const PAUSE_MS = 2;

/**
 * @param patienceMs real milliseconds for which virtual time waits for busy work; afterwards it is taken to be waiting
 * for virtual time itself, for a signal for example
 */
export function createDriver(clock: VirtualClock, patienceMs: number): Driver {
  const works = new Set<object>();
  let waiting = 0;
  let looping = false;
  /** Explicit moves come one after another, and before the loop's own. */
  let moves: Promise<unknown> = Promise.resolve();
  let moving = 0;
  const stuck = new Set<() => void>();

  const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  /** Until nothing more happens without time moving. */
  const quiet = async () => {
    await immediate();
    // Counted in pauses, not read off a clock: while the whole process waits for a busy machine, its work does too.
    let left = patienceMs;
    for (let looks = 0; works.size > 0; looks++) {
      // Most work is over within a few turns of the event loop; what is not sleeps on a socket or a disk.
      if (looks < 20) await immediate();
      else if (left <= 0) works.clear();
      else {
        await pause(Math.min(left, PAUSE_MS));
        left -= PAUSE_MS;
      }
    }
    await immediate();
  };
  const toNextTimer = async (): Promise<boolean> => {
    const next = clock.next();
    if (next === undefined) return false;
    await clock.advance(next - clock.now());
    return true;
  };

  const awaited = () => waiting > 0;
  const loop = async () => {
    if (looping) return;
    looping = true;
    while (awaited()) {
      await quiet();
      if (moving > 0) {
        await moves;
        continue;
      }
      if (awaited() && !(await toNextTimer())) {
        // A promise may settle in the very turn in which the last timer went.
        await quiet();
        if (awaited() && clock.next() === undefined && moving === 0) for (const give of stuck) give();
      }
    }
    looping = false;
  };

  const driver: Driver = {
    async until(work) {
      waiting++;
      const over = new Promise<never>((_resolve, reject) => {
        const give = () => {
          stuck.delete(give);
          reject(new Error("nothing is left that could end this delivery: the handler waits for something else"));
        };
        stuck.add(give);
        const done = () => void stuck.delete(give);
        work.then(done, done);
      });
      void loop();
      try {
        return await Promise.race([work, over]);
      } finally {
        waiting--;
      }
    },
    advance(ms) {
      moving++;
      const move = moves.then(async () => {
        const end = clock.now() + ms;
        await quiet();
        for (let next = clock.next(); next !== undefined && next <= end; next = clock.next()) {
          await clock.advance(next - clock.now());
          await quiet();
        }
        if (clock.now() < end) await clock.advance(end - clock.now());
      });
      moves = move.finally(() => moving--);
      return move;
    },
    sleep: (ms) => driver.until(new Promise<void>((resolve) => clock.after(ms, resolve))),
    busy() {
      const work = {};
      works.add(work);
      return () => void works.delete(work);
    },
  };
  return driver;
}
