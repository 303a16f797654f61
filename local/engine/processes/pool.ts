import { IssuesError } from "../../../contract/issue";
import type { Timer } from "../clock";
import type { TargetSpec } from "../target";
import type { Child } from "./child";
import { describeExit, launch, type LaunchContext } from "./instance";
import { targetName } from "./names";

/** One request's place in an instance. */
export interface Slot {
  readonly pid: number;
  readonly port: number;
  /** Whether the process has ended. */
  gone(): boolean;
  /** Settles when the process has ended. */
  readonly ended: Promise<unknown>;
  /** To be called once, when the request is over. */
  release(): void;
}

export type Acquired =
  | { readonly kind: "slot"; readonly slot: Slot }
  /** As Cloud Run answers: 429 when no instance has room in time, 503 when none starts. */
  | { readonly kind: "refused"; readonly status: 429 | 503; readonly reason: string };

export interface InstanceStatus {
  readonly pid: number;
  readonly port: number;
  readonly state: "starting" | "ready" | "exited";
  readonly inFlight: number;
}

export interface TargetStatus {
  /** Full name of the target. */
  readonly target: string;
  /** `crashed` waits until `nextTryMs` before it starts again. */
  readonly state: "starting" | "ready" | "crashed" | "stopped";
  readonly instances: readonly InstanceStatus[];
  readonly queued: number;
  /** Times a process was started in place of one that had ended. */
  readonly restarts: number;
  /** Engine milliseconds since the Unix epoch. */
  readonly nextTryMs?: number;
  /** Why the last process ended or did not start. */
  readonly lastFault?: string;
}

/** As `Acquired`; `moved` when a newer revision has taken over. */
type Place = Acquired | { readonly kind: "moved" };

/** The instances of one revision of a target. */
export interface Pool {
  /** Starts the instances. @throws IssuesError when one of them does not come up */
  start(): Promise<void>;
  /** @param given ends the wait: whoever asked has gone */
  acquire(given?: AbortSignal): Promise<Place>;
  child(pid: number): Child | undefined;
  status(): TargetStatus;
  /** Lets what is under way end, at most for the target's request timeout, then stops; gives whoever waits back. */
  drain(graceMs: number): Promise<void>;
  /** @param graceMs engine milliseconds between SIGTERM and SIGKILL */
  stop(graceMs: number): Promise<void>;
}

/** How long a request waits for room before 429: https://cloud.google.com/run/docs/about-instance-autoscaling */
const QUEUE_MS = 10_000;
/** First and longest pause of a crash loop, engine milliseconds. */
const BACKOFF_MS = { first: 1_000, longest: 60_000 } as const;
/** A process that ends by itself sooner than this after it was ready is part of a crash loop. */
const STABLE_MS = 10_000;

interface Instance {
  child?: Child;
  /** Set between two starts of a crash loop. */
  nextTry?: { readonly atMs: number; readonly timer: Timer };
  ready: boolean;
  inFlight: number;
}

interface Waiting {
  readonly settle: (acquired: Place) => void;
}

/** @param size instances */
export function createPool(spec: TargetSpec, size: number, revision: number, context: LaunchContext): Pool {
  const { clock, events } = context;
  const target = targetName(spec);
  const instances: Instance[] = Array.from({ length: size }, () => ({ ready: false, inFlight: 0 }));
  const queue = new Set<Waiting>();
  let restarts = 0;
  let crashes = 0;
  let stopping = false;
  let moved = false;
  /** Called whenever a request is over. */
  let released = () => {};
  let lastFault: string | undefined;
  const starting = new Set<Promise<void>>();
  // Processes do not run faster when the engine's clock does: their limits are at least as long in real time.
  const atLeastReal = (ms: number) => ms * Math.max(1, clock.time.scale);

  const refused = (status: 429 | 503, reason: string): Acquired => ({ kind: "refused", status, reason });
  const down = (): Acquired => refused(503, stopping ? "the engine is stopping" : `no instance starts: ${lastFault}`);

  const lives = ({ child }: Instance) => child !== undefined && child.exit() === undefined && !child.asked();
  const crashed = () => !instances.some(({ ready }) => ready) && instances.some(({ nextTry }) => nextTry);

  const take = (): Acquired | undefined => {
    const free = instances.filter(({ ready, inFlight }) => ready && inFlight < spec.concurrency).filter(lives);
    if (free.length === 0) return undefined;
    const instance = free.reduce((a, b) => (b.inFlight < a.inFlight ? b : a));
    const child = instance.child!;
    instance.inFlight++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      // The instance may have been restarted meanwhile, and counts anew.
      if (instance.child === child) instance.inFlight--;
      released();
      serveQueue();
    };
    const { pid, port, exited } = child;
    return { kind: "slot", slot: { pid, port, gone: () => child.exit() !== undefined, ended: exited, release } };
  };

  const serveQueue = () => {
    for (const waiting of queue) {
      const acquired = take();
      if (!acquired) return;
      waiting.settle(acquired);
    }
  };

  const refuseQueue = () => {
    for (const waiting of queue) waiting.settle(down());
  };

  const bringUp = async (instance: Instance): Promise<void> => {
    const child = await launch(spec, revision, context, (started) => {
      instance.child = started;
      instance.inFlight = 0;
      if (stopping) started.kill("SIGKILL");
    });
    const readyAt = clock.now();
    instance.ready = true;
    lastFault = undefined;
    serveQueue();
    void child.exited.then(() => {
      instance.ready = false;
      const unstable = !child.asked() && clock.now() - readyAt < atLeastReal(STABLE_MS);
      crashes = unstable ? crashes + 1 : 0;
      lastFault = describeExit(child);
      again(instance);
    });
  };

  const start = (instance: Instance): Promise<void> => {
    const began = bringUp(instance).finally(() => starting.delete(began));
    starting.add(began);
    return began;
  };

  const restart = (instance: Instance): void => {
    delete instance.nextTry;
    restarts++;
    start(instance).catch((error: unknown) => {
      crashes = instance.child?.asked() ? 0 : Math.max(crashes + 1, 2);
      lastFault = error instanceof IssuesError ? error.issues[0]!.problem : String(error);
      again(instance);
    });
  };

  /** At once after a single crash, with growing pauses in a loop. */
  const again = (instance: Instance): void => {
    if (stopping) return;
    if (crashes < 2) return restart(instance);
    const pauseMs = atLeastReal(Math.min(BACKOFF_MS.first * 2 ** (crashes - 2), BACKOFF_MS.longest));
    instance.nextTry = { atMs: clock.now() + pauseMs, timer: clock.after(pauseMs, () => restart(instance)) };
    const line = `LOCAL: crash loop, the next start is in ${pauseMs / 1_000} s; last: ${lastFault}`;
    events.emit({ type: "log", target, pid: instance.child?.pid ?? 0, stream: "stderr", line });
    if (crashed()) refuseQueue();
  };

  const stop = async (graceMs: number) => {
    stopping = true;
    for (const { nextTry } of instances) nextTry?.timer.cancel();
    refuseQueue();
    await Promise.all(instances.flatMap(({ child }) => (child ? [child.stop(graceMs)] : [])));
    // A process that was being made meanwhile is killed as soon as it is there.
    await Promise.allSettled(starting);
  };

  return {
    async start() {
      const results = await Promise.allSettled(instances.map(start));
      const faults = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      // Instances of one target fail for one reason.
      if (faults.length > 0) throw faults[0];
    },

    async acquire(given) {
      if (moved) return { kind: "moved" };
      if (stopping) return down();
      const acquired = queue.size === 0 ? take() : undefined;
      if (acquired) return acquired;
      if (crashed()) return down();
      return new Promise<Place>((resolve) => {
        const leave = () => waiting.settle(refused(503, "the caller has gone"));
        const waiting: Waiting = {
          settle(result) {
            timer?.cancel();
            given?.removeEventListener("abort", leave);
            queue.delete(waiting);
            resolve(result);
          },
        };
        // Below its maximum Cloud Run would start another instance; here the request waits for one of the few.
        const limitMs = size < spec.maxInstances ? undefined : atLeastReal(QUEUE_MS);
        const late = () => waiting.settle(refused(429, `no instance had room within ${limitMs! / 1_000} s`));
        const timer = limitMs === undefined ? undefined : clock.after(limitMs, late);
        given?.addEventListener("abort", leave);
        queue.add(waiting);
        if (given?.aborted) leave();
      });
    },

    child: (pid) => instances.find(({ child }) => child?.pid === pid)?.child,

    status() {
      const ready = instances.some((instance) => instance.ready);
      const nextTryMs = instances.map(({ nextTry }) => nextTry?.atMs ?? Infinity).reduce((a, b) => Math.min(a, b));
      return {
        target,
        state: stopping ? "stopped" : ready ? "ready" : crashed() ? "crashed" : "starting",
        instances: instances.flatMap(({ child, ready, inFlight }) =>
          child
            ? [
                {
                  pid: child.pid,
                  port: child.port,
                  state: child.exit() ? "exited" : ready ? "ready" : "starting",
                  inFlight,
                },
              ]
            : [],
        ),
        queued: queue.size,
        restarts,
        ...(nextTryMs !== Infinity && { nextTryMs }),
        ...(lastFault !== undefined && { lastFault }),
      };
    },

    async drain(graceMs) {
      moved = true;
      for (const waiting of queue) waiting.settle({ kind: "moved" });
      const isBusy = () => instances.some((instance) => lives(instance) && instance.inFlight > 0);
      if (isBusy())
        await new Promise<void>((resolve) => {
          const timer = clock.after(atLeastReal(spec.timeoutMs), resolve);
          released = () => {
            if (isBusy()) return;
            timer.cancel();
            resolve();
          };
        });
      await stop(graceMs);
    },

    stop,
  };
}
