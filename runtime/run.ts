import type { EventMeta } from "../contract/contract";
import type { Clock } from "./clock";
import { Interrupted, LeaseLost } from "./errors";
import type { Context, Handler, TransactionalContext } from "./handler";
import type { Log } from "./log";
import type { Lease } from "./record/lease";

/** How the call of the handler's function ended. */
export type Ran =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  /** It did not stop when told to. It may still be running; its writes to the store are fenced. */
  | { readonly kind: "abandoned"; readonly error: Interrupted | LeaseLost };

/** How a shutdown reaches the deliveries in flight. */
export interface Shutdown {
  /** Fires when it begins: nothing new is started. */
  readonly stop: AbortSignal;
  /** Fires when handlers are told to stop. */
  readonly interrupt: AbortSignal;
  /** Fires when those that have not stopped are given up. */
  readonly abandon: AbortSignal;
}

export interface RunOptions {
  readonly handler: Handler;
  readonly input: unknown;
  readonly meta: EventMeta;
  readonly lease: Lease;
  /** Instant at which the time limit passes. */
  readonly endMs: number;
  readonly isLastAttempt: boolean;
  readonly commit: TransactionalContext["commit"];
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a handler may take to notice that its signal has fired. */
export const ABORT_GRACE_MS = 1_000;

/** Calls the handler and waits for it, but no longer than its time limit, its lease and the instance last. */
export async function run(options: RunOptions): Promise<Ran> {
  const { handler, input, meta, lease, endMs, clock, shutdown, log } = options;
  const controller = new AbortController();
  const cleanUp: (() => void)[] = [];

  const onAbort = (signal: AbortSignal, react: () => void) => {
    if (signal.aborted) return react();
    signal.addEventListener("abort", react, { once: true });
    cleanUp.push(() => signal.removeEventListener("abort", react));
  };
  const after = (delayMs: number, react: () => void) => {
    const timer = clock.after(delayMs, react);
    cleanUp.push(() => timer.cancel());
  };

  const abandoned = new Promise<Ran>((resolve) => {
    const abandon = (error: Interrupted | LeaseLost) => resolve({ kind: "abandoned", error });
    const interrupt = (error: Interrupted | LeaseLost) => {
      controller.abort(error);
      after(ABORT_GRACE_MS, () => abandon(error));
    };
    after(endMs - clock.now(), () => interrupt(new Interrupted("time limit")));
    onAbort(lease.signal, () => interrupt(lease.signal.reason as LeaseLost));
    onAbort(shutdown.interrupt, () => controller.abort(new Interrupted("shutdown")));
    onAbort(shutdown.abandon, () => abandon(new Interrupted("shutdown")));
  });

  const ctx: Context = {
    event: meta,
    signal: controller.signal,
    token: lease.token,
    attempt: lease.attempts,
    isLastAttempt: options.isLastAttempt,
    remaining: () => Math.max(0, endMs - clock.now()),
    idempotencyKey: lease.key,
    log,
  };
  const transactional = handler.contract.manifest.effects === "transactional";
  // The handler's types say which context it gets; the manifest says the same here.
  const given = (transactional ? { ...ctx, commit: options.commit } : ctx) as TransactionalContext;
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
