import type { Clock, Timer } from "../clock";
import type { Events } from "../events";
import { targetName } from "../processes/names";
import type { Child } from "../processes/child";
import type { ProgramSpec } from "../target";

/** A Cloud Run worker pool. */
export interface WorkerPoolConfig {
  readonly instances: number;
  readonly program: ProgramSpec;
}

export interface WorkersOptions {
  readonly clock: Clock;
  readonly events: Events;
  readonly start: (program: ProgramSpec, variables: Readonly<Record<string, string>>) => Promise<Child>;
}

/** Pools of processes that nobody calls. */
export interface Workers {
  /** Starts a pool, or a new revision of it: the processes of the old one are asked to end once the new ones run. */
  ensure(config: WorkerPoolConfig): Promise<void>;
  /** @returns false when there is none */
  remove(name: string): Promise<boolean>;
  status(): readonly { readonly pool: string; readonly instances: number; readonly restarts: number }[];
  stop(): void;
}

/** First and longest pause before a process that ended by itself is started again, engine milliseconds. */
const PAUSE_MS = { first: 1_000, longest: 60_000 } as const;
/** A process that lived longer was no part of a crash loop. */
const STABLE_MS = 10_000;
/** https://cloud.google.com/run/docs/container-contract#instance-shutdown */
const GRACE_MS = 10_000;

interface Instance {
  child?: Child;
  timer?: Timer;
  crashes: number;
}

interface Revision {
  readonly config: WorkerPoolConfig;
  /** Counts the revisions of the pool since the engine started. */
  readonly number: number;
  readonly instances: readonly Instance[];
  restarts: number;
  over: boolean;
}

/** https://cloud.google.com/run/docs/container-contract#worker-pools-env-vars */
const variablesOf = ({ number, config: { program } }: Revision): Readonly<Record<string, string>> => ({
  CLOUD_RUN_WORKER_POOL: program.name,
  CLOUD_RUN_WORKER_POOL_REVISION: `${program.name}-${String(number).padStart(5, "0")}-loc`,
});

export function createWorkers(options: WorkersOptions): Workers {
  const { clock, events } = options;
  const pools = new Map<string, Revision>();
  const revisions = new Map<string, number>();

  const keepUp = async (revision: Revision, instance: Instance): Promise<void> => {
    const { program } = revision.config;
    const child = await options.start(program, variablesOf(revision));
    instance.child = child;
    if (revision.over) return void child.stop(GRACE_MS);
    const beganMs = clock.now();
    void child.exited.then(() => {
      if (revision.over) return;
      instance.crashes = clock.now() - beganMs < STABLE_MS * Math.max(1, clock.time.scale) ? instance.crashes + 1 : 0;
      again(revision, instance);
    });
  };
  const again = (revision: Revision, instance: Instance) => {
    const pauseMs = Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** Math.max(0, instance.crashes - 1));
    instance.timer = clock.after(pauseMs * Math.max(1, clock.time.scale), () => {
      revision.restarts++;
      keepUp(revision, instance).catch((error: unknown) => {
        const line = `LOCAL: an instance did not start: ${(error as Error).message}`;
        events.emit({ type: "log", target: targetName(revision.config.program), pid: 0, stream: "stderr", line });
        instance.crashes++;
        again(revision, instance);
      });
    });
  };
  const end = async (revision: Revision) => {
    revision.over = true;
    for (const { timer } of revision.instances) timer?.cancel();
    await Promise.all(revision.instances.flatMap(({ child }) => (child ? [child.stop(GRACE_MS)] : [])));
  };

  return {
    async ensure(config) {
      const name = targetName(config.program);
      const before = pools.get(name);
      const instances = Array.from({ length: config.instances }, (): Instance => ({ crashes: 0 }));
      const number = (revisions.get(name) ?? 0) + 1;
      revisions.set(name, number);
      const revision: Revision = { config, number, instances, restarts: 0, over: false };
      pools.set(name, revision);
      try {
        await Promise.all(instances.map((instance) => keepUp(revision, instance)));
      } catch (error) {
        if (before) pools.set(name, before);
        else pools.delete(name);
        await end(revision);
        throw error;
      }
      if (before) void end(before);
    },
    async remove(name) {
      const revision = pools.get(name);
      if (!revision) return false;
      pools.delete(name);
      await end(revision);
      return true;
    },
    status: () =>
      [...pools].map(([pool, { instances, restarts }]) => ({
        pool,
        instances: instances.filter(({ child }) => child && child.exit() === undefined).length,
        restarts,
      })),
    stop() {
      for (const revision of pools.values()) {
        revision.over = true;
        for (const { timer } of revision.instances) timer?.cancel();
      }
    },
  };
}
