import type { EventMeta } from "../contract/contract";
import type { Clock, Timer } from "./clock";
import { Interrupted, LeaseLost } from "./errors";
import type { Context, Handler, TransactionalContext } from "./handler";
import type { Log } from "./log";
import type { PublishArguments } from "./outgoing";
import { isPromise } from "./promise";
import type { Lease, LeaseWatcher } from "./record/lease";
import type { Settlement } from "./settle";
import type { Phase, PhaseWatcher, Shutdown } from "./shutdown";
import { createSteps } from "./steps";

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
  readonly settlement: Settlement;
  /** The store is asked no longer than until this instant. */
  readonly untilMs: number;
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  /** The handler's log, made when it is first used. */
  readonly log: () => Log;
}

/** How long a handler may take to notice that its signal has fired. */
export const ABORT_GRACE_MS = 1_000;

/** Calls the handler and waits for it, but no longer than its time limit, its lease and the instance last. */
export const run = (options: RunOptions): Promise<Ran> => new Promise((resolve) => new Run(options, resolve).start());

/** One call of the handler, and what may cut it short. */
class Run implements LeaseWatcher, PhaseWatcher {
  readonly #timers: Timer[] = [];
  #controller: AbortController | undefined;
  #reason: Interrupted | LeaseLost | undefined;
  readonly #resolve: (ran: Ran) => void;

  constructor(
    readonly options: RunOptions,
    resolve: (ran: Ran) => void,
  ) {
    this.#resolve = resolve;
  }

  start(): void {
    const { handler, input, lease, settlement, endMs, clock, shutdown } = this.options;
    this.#after(endMs - clock.now(), () => this.interrupt(new Interrupted("time limit")));
    lease.watcher = this;
    if (lease.alarm) this.interrupt(lease.alarm);
    shutdown.watch(this);
    this.react(shutdown.phase);
    const ctx = new Given(this) as Context as TransactionalContext;
    // The handler's types say which context it gets; the manifest says the same here.
    if (handler.contract.manifest.effects === "transactional")
      Object.assign<Context, Pick<TransactionalContext, "commit" | "commitIn">>(ctx, {
        commit: (write) => settlement.commit(lease, write),
        commitIn: (transactions, work) => settlement.commitIn(lease, transactions, work),
      });
    const threw = (error: unknown) => this.#end({ kind: "threw", error });
    try {
      const value = handler.run(input, ctx);
      if (isPromise(value)) value.then((settled) => this.#end({ kind: "returned", value: settled }), threw);
      else this.#end({ kind: "returned", value });
    } catch (error) {
      threw(error);
    }
  }

  /** A signal costs nothing to handlers that never look at it. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  #after(delayMs: number, react: () => void): void {
    this.#timers.push(this.options.clock.after(delayMs, react));
  }

  react(phase: Phase): void {
    if (phase === "interrupt" || phase === "abandon") this.#abort(new Interrupted("shutdown"));
    if (phase === "abandon") this.#end({ kind: "abandoned", error: new Interrupted("shutdown") });
  }

  interrupt(error: Interrupted | LeaseLost): void {
    this.#abort(error);
    this.#after(ABORT_GRACE_MS, () => this.#end({ kind: "abandoned", error }));
  }

  #abort(error: Interrupted | LeaseLost): void {
    this.#reason ??= error;
    this.#controller?.abort(error);
  }

  #end(ran: Ran): void {
    this.#resolve(ran);
    this.options.lease.watcher = undefined;
    this.options.shutdown.unwatch(this);
    for (const timer of this.#timers) timer.cancel();
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
  readonly #run: Run;
  #log: Log | undefined;

  constructor(run: Run) {
    const { meta, lease, isLastAttempt, settlement, untilMs, endMs, clock } = run.options;
    this.event = meta;
    this.token = lease.token;
    this.attempt = lease.attempts;
    this.isLastAttempt = isLastAttempt;
    this.idempotencyKey = lease.key;
    this.once = createSteps(lease, untilMs);
    this.publish = (...outgoing: PublishArguments) => settlement.publish(lease, outgoing);
    this.remaining = () => Math.max(0, endMs - clock.now());
    this.#run = run;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get log(): Log {
    return (this.#log ??= this.#run.options.log());
  }
}
