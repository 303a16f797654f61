import { EventEmitter } from "node:events";

/** Ctrl-C and its like: the first one asks, the second one does not. */
export interface Signals {
  /** Called at the first signal. */
  onFirst(callback: () => void): void;
  /** Called at every later one, before the process dies. */
  onSecond(callback: () => void): void;
}

const NAMES = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param source the process, or a stand-in for tests */
export function watchSignals(
  source: Pick<NodeJS.EventEmitter, "on"> = process,
  exit: (code: number) => void = (code) => process.exit(code),
): Signals {
  const emitter = new EventEmitter();
  let seen = 0;
  for (const name of NAMES)
    source.on(name, () => {
      seen += 1;
      emitter.emit(seen === 1 ? "first" : "second");
      // 128 + 2: the shell's code for a process that Ctrl-C has ended.
      if (seen > 1) exit(130);
    });
  return {
    onFirst: (callback) => void (seen > 0 ? callback() : emitter.on("first", callback)),
    onSecond: (callback) => void emitter.on("second", callback),
  };
}
