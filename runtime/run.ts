import type { EventMeta } from "../contract/contract";
import type { Clock } from "./clock";
import { Interrupted, LeaseLost } from "./errors";
import type { Context, Handler, TransactionalContext } from "./handler";
import type { Log } from "./log";
import type { Lease } from "./record/lease";
import type { Phase, Shutdown } from "./shutdown";

/** How the call of the handler's function ended. */
export type Ran =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  /** It did not stop when told to. It may still be running; its writes to the store are fenced. */
  | { readonly kind: "abandoned"; readonly error: Interrupted | LeaseLost };

export interface RunOptions {
  readonly handler: Handler;
  readonly input: unknown;
  readonly meta: EventMeta;
  readonly lease: Lease;
  /** Instant at which the time limit passes. */
  readonly endMs: number;
  readonly isLastAttempt: boolean;
  /** What a transactional handler is given beside the rest. */
  readonly commits: Pick<TransactionalContext, "commit" | "commitIn">;
  readonly once: Context["once"];
  readonly publish: Context["publish"];
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  /** The handler's log, made when it is first used. */
  readonly log: () => Log;
}

/** How long a handler may take to notice that its signal has fired. */
export const ABORT_GRACE_MS = 1_000;

/** Calls the handler and waits for it, but no longer than its time limit, its lease and the instance last. */
export async function run(options: RunOptions): Promise<Ran> {
  const { handler, input, lease, endMs, clock, shutdown } = options;
  const { signal, abort } = lazySignal();
  const cleanUp: (() => void)[] = [];
  const after = (delayMs: number, react: () => void) => {
    const timer = clock.after(delayMs, react);
    cleanUp.push(() => timer.cancel());
  };

  const abandoned = new Promise<Ran>((resolve) => {
    const abandon = (error: Interrupted | LeaseLost) => resolve({ kind: "abandoned", error });
    const interrupt = (error: Interrupted | LeaseLost) => {
      abort(error);
      after(ABORT_GRACE_MS, () => abandon(error));
    };
    const react = (phase: Phase) => {
      if (phase === "interrupt" || phase === "abandon") abort(new Interrupted("shutdown"));
      if (phase === "abandon") abandon(new Interrupted("shutdown"));
    };
    after(endMs - clock.now(), () => interrupt(new Interrupted("time limit")));
    lease.onAlarm = interrupt;
    if (lease.alarm) interrupt(lease.alarm);
    cleanUp.push(shutdown.onPhase(react));
    react(shutdown.phase);
  });

  const ctx = new Given(options, signal);
  const transactional = handler.contract.manifest.effects === "transactional";
  // The handler's types say which context it gets; the manifest says the same here.
  const given = (transactional ? Object.assign(ctx, options.commits) : ctx) as Context as TransactionalContext;
  const call = async (): Promise<Ran> => {
    try {
      return { kind: "returned", value: await handler.run(input, given) };
    } catch (error) {
      return { kind: "threw", error };
    }
  };
  try {
    return await Promise.race([call(), abandoned]);
  } finally {
    for (const undo of cleanUp) undo();
  }
}

/**
 * What the handler is given. A class, since an object literal with getters gets a hidden class of its own each time,
 * which keeps everything its getters see alive until the next full collection.
 */
class Given implements Context {
  readonly event: EventMeta;
  readonly token: number;
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  readonly idempotencyKey: string;
  readonly once: Context["once"];
  readonly publish: Context["publish"];
  readonly remaining: () => number;
  readonly #signal: () => AbortSignal;
  readonly #makeLog: () => Log;
  #log: Log | undefined;

  constructor(options: RunOptions, signal: () => AbortSignal) {
    const { meta, lease, endMs, clock } = options;
    this.event = meta;
    this.token = lease.token;
    this.attempt = lease.attempts;
    this.isLastAttempt = options.isLastAttempt;
    this.idempotencyKey = lease.key;
    this.once = options.once;
    this.publish = options.publish;
    this.remaining = () => Math.max(0, endMs - clock.now());
    this.#signal = signal;
    this.#makeLog = options.log;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  get log(): Log {
    return (this.#log ??= this.#makeLog());
  }
}

/** A signal that costs nothing to handlers that never look at it. */
function lazySignal(): { readonly signal: () => AbortSignal; readonly abort: (reason: Error) => void } {
  let controller: AbortController | undefined;
  let reason: Error | undefined;
  return {
    signal() {
      if (!controller) {
        controller = new AbortController();
        if (reason) controller.abort(reason);
      }
      return controller.signal;
    },
    abort(cause) {
      reason ??= cause;
      controller?.abort(cause);
    },
  };
}
