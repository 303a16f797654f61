import type { Events } from "./events";

/**
 * Settles when `isIdle` holds after everything that has been started has had its turn, or when the time is up.
 * @param timeoutMs milliseconds of the wall clock: whoever waits is a person or a test
 * @returns whether it is idle
 */
export function whenIdle(isIdle: () => boolean, events: Events, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let checking = false;
    const finish = (idle: boolean) => {
      off();
      clearTimeout(timer);
      resolve(idle);
    };
    const check = () => {
      if (checking) return;
      checking = true;
      // An ack may set off the next publish within the same turn.
      setImmediate(() => {
        checking = false;
        if (isIdle()) finish(true);
      });
    };
    const off = events.on(check);
    const timer = setTimeout(() => finish(isIdle()), timeoutMs);
    check();
  });
}
