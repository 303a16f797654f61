import { type Clock, sleep } from "./clock";

/** How far a shutdown has come. */
export type Phase = "open" | "stop" | "interrupt" | "abandon";

/** Whoever works while a shutdown may come. */
export interface PhaseWatcher {
  react(phase: Phase): void;
}

/** How a shutdown reaches the deliveries in flight. */
export interface Shutdown {
  /**
   * `stop`: nothing new is started; `interrupt`: handlers are told to stop; `abandon`: those that have not stopped are
   * given up.
   */
  readonly phase: Phase;
  /** Fires when the shutdown begins. */
  readonly begun: AbortSignal;
  /** Tells of each phase that begins, until it is told to stop. */
  watch(watcher: PhaseWatcher): void;
  unwatch(watcher: PhaseWatcher): void;
}

export interface ShutdownControl extends Shutdown {
  enter(phase: Phase): void;
}

export function createShutdown(): ShutdownControl {
  // One set of watchers instead of an AbortSignal for each phase: every delivery watches, and signals are dear.
  const watchers = new Set<PhaseWatcher>();
  const begun = new AbortController();
  let phase: Phase = "open";
  return {
    get phase() {
      return phase;
    },
    begun: begun.signal,
    watch: (watcher) => void watchers.add(watcher),
    unwatch: (watcher) => void watchers.delete(watcher),
    enter(next) {
      phase = next;
      begun.abort();
      for (const watcher of watchers) watcher.react(next);
    },
  };
}

/** Cloud Run kills an instance 10 s after SIGTERM (https://cloud.google.com/run/docs/container-contract). */
const PHASES = [
  [7_000, "interrupt"],
  [8_000, "abandon"],
  [9_000, undefined],
] as const satisfies readonly (readonly [atMs: number, phase: Phase | undefined])[];

/**
 * Takes nothing new, lets what is in flight finish, then gives the rest back. Resolves within 9 s.
 * @param inFlight settles with the last delivery that has begun
 */
export async function drain(shutdown: ShutdownControl, clock: Clock, inFlight: () => Promise<unknown>): Promise<void> {
  if (shutdown.begun.aborted) return;
  shutdown.enter("stop");
  const started = clock.now();
  const settled = new AbortController();
  const idle = inFlight().then(() => settled.abort());
  for (const [atMs, phase] of PHASES) {
    await Promise.race([idle, sleep(clock, started + atMs - clock.now(), settled.signal)]);
    if (settled.signal.aborted) return;
    if (phase) shutdown.enter(phase);
  }
}
