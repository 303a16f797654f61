/** How far a shutdown has come. */
export type Phase = "open" | "stop" | "interrupt" | "abandon";

/** How a shutdown reaches the deliveries in flight. */
export interface Shutdown {
  /**
   * `stop`: nothing new is started; `interrupt`: handlers are told to stop; `abandon`: those that have not stopped are
   * given up.
   */
  readonly phase: Phase;
  /** Fires when the shutdown begins. */
  readonly begun: AbortSignal;
  /** @returns a function that takes the listener away again */
  onPhase(listener: (phase: Phase) => void): () => void;
}

export interface ShutdownControl extends Shutdown {
  enter(phase: Phase): void;
}

export function createShutdown(): ShutdownControl {
  // One set of listeners instead of an AbortSignal for each phase: every delivery listens, and signals are dear.
  const listeners = new Set<(phase: Phase) => void>();
  const begun = new AbortController();
  let phase: Phase = "open";
  return {
    get phase() {
      return phase;
    },
    begun: begun.signal,
    onPhase(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    enter(next) {
      phase = next;
      begun.abort();
      for (const listener of listeners) listener(next);
    },
  };
}
