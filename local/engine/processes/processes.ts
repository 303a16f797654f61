import { mkdirSync } from "node:fs";
import { IssuesError } from "../../../contract/issue";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { ProgramSpec, TargetSpec } from "../target";
import type { Child } from "./child";
import type { StandIns } from "./environment";
import { writeGuard } from "./guard";
import { type LaunchContext, launchUncalled, type PointHook, statePaths } from "./instance";
import { targetName } from "./names";
import { createProcessList, endOrphans } from "./orphans";
import { type Acquired, createPool, type Pool, type TargetStatus } from "./pool";

export interface ProcessesOptions {
  /** What `start` starts. @default none */
  readonly targets?: readonly TargetSpec[];
  /** Folder of the engine's state, for example `.millrace/{stack}`; archives are unpacked below it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly events: Events;
  readonly standIns: StandIns;
  /** Makes children announce crash points and decides at each. @default they do not announce them */
  readonly onPoint?: PointHook;
  /** Instances of a target; never more than its `maxInstances`. @default 1 */
  readonly instances?: (spec: TargetSpec) => number;
  /** What children may inherit from, by the allow-list. @default process.env */
  readonly parentEnv?: NodeJS.ProcessEnv;
}

/** The child processes of every target. Targets go by their full names (`targetName`). */
export interface Processes {
  /**
   * Ends what an engine before this one has left, then starts every target.
   * @throws IssuesError with the faults of all targets, after everything that did start has been stopped
   */
  start(): Promise<void>;
  /**
   * Starts a target, or a new revision of it where its code or settings have changed: requests go to the new processes
   * once they listen, and the old ones end when they have answered theirs.
   * @throws IssuesError when the processes do not come up; those of the old revision go on then
   */
  ensure(spec: TargetSpec): Promise<void>;
  /** Stops a target. @returns false when there is none of that name */
  remove(target: string): Promise<boolean>;
  /** Room for one request in an instance of the target; waits for it until `given` is aborted. */
  acquire(target: string, given?: AbortSignal): Promise<Acquired>;
  /**
   * Starts a process that nobody calls; whoever starts it waits for its end.
   * @throws IssuesError when it cannot be started
   */
  startAlone(
    program: ProgramSpec,
    variables: Readonly<Record<string, string>>,
    args?: readonly string[],
  ): Promise<Child>;
  /** Puts the clocks of all children forward by real milliseconds. */
  jump(byMs: number): void;
  /** Signals a living child. @returns false when no target has such a child */
  kill(pid: number, signal: NodeJS.Signals): boolean;
  status(): readonly TargetStatus[];
  /** SIGTERM to all, SIGKILL to the process groups after 10 s of engine time, as Cloud Run does. */
  stop(): Promise<void>;
}

/** https://cloud.google.com/run/docs/container-contract#instance-shutdown */
const GRACE_MS = 10_000;

interface Revision {
  readonly pool: Pool;
  readonly number: number;
  /** Everything a process is started with. */
  readonly settings: string;
}

export function createProcesses(options: ProcessesOptions): Processes {
  const { targets = [], stateDir, clock, events, standIns, onPoint } = options;
  const { unpackTo, processList } = statePaths(stateDir);
  mkdirSync(stateDir, { recursive: true });
  const living = new Set<Child>();
  const context: LaunchContext = {
    clock,
    events,
    standIns,
    parentEnv: options.parentEnv ?? process.env,
    unpackTo,
    guard: writeGuard(stateDir),
    list: createProcessList(processList),
    living,
    ...(onPoint && { onPoint }),
  };
  const sizeOf = (spec: TargetSpec) => Math.max(1, Math.min(options.instances?.(spec) ?? 1, spec.maxInstances));
  const open = (spec: TargetSpec, number = 1): Revision => {
    const pool = createPool(spec, sizeOf(spec), number, context);
    pools.add(pool);
    return { pool, number, settings: settingsOf(spec) };
  };
  /** All that may have a process, those that drain included. */
  const pools = new Set<Pool>();
  /** The revisions that requests go to. */
  const serving = new Map(targets.map((spec) => [targetName(spec), open(spec)]));
  /** Processes that nobody calls. */
  const alone = new Set<Child>();
  /** The last change of each target; changes of one follow each other. */
  const changes = new Map<string, Promise<unknown>>();
  let stopping = false;

  const change = <T>(target: string, work: () => Promise<T>): Promise<T> => {
    const done = (changes.get(target) ?? Promise.resolve()).then(work, work);
    changes.set(target, done);
    // Whoever asked for it hears of a fault.
    done.catch(() => {});
    return done;
  };
  const retire = async (pool: Pool, how: "stop" | "drain") => {
    await pool[how](GRACE_MS);
    pools.delete(pool);
  };
  const stop = async () => {
    stopping = true;
    await Promise.all([
      ...[...pools].map((pool) => pool.stop(GRACE_MS)),
      ...[...alone].map((one) => one.stop(GRACE_MS)),
    ]);
  };

  return {
    async start() {
      endOrphans(processList, context.guard);
      const results = await Promise.allSettled([...serving.values()].map(({ pool }) => pool.start()));
      const faults = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      if (faults.length === 0) return;
      await stop();
      const bug = faults.find((fault) => !(fault instanceof IssuesError));
      if (bug !== undefined) throw bug;
      throw new IssuesError(faults.flatMap((fault) => (fault as IssuesError).issues));
    },

    ensure(spec) {
      const target = targetName(spec);
      return change(target, async () => {
        const before = serving.get(target);
        if (stopping || before?.settings === settingsOf(spec)) return;
        const after = open(spec, (before?.number ?? 0) + 1);
        // The first one has nobody before it, so requests wait for it.
        if (!before) serving.set(target, after);
        try {
          await after.pool.start();
        } catch (error) {
          if (!before) serving.delete(target);
          await retire(after.pool, "stop");
          throw error;
        }
        serving.set(target, after);
        if (before) void retire(before.pool, "drain");
      });
    },

    remove: (target) =>
      change(target, async () => {
        const revision = serving.get(target);
        if (!revision) return false;
        serving.delete(target);
        await retire(revision.pool, "stop");
        return true;
      }),

    async acquire(target, given) {
      for (;;) {
        const revision = serving.get(target);
        if (!revision) return { kind: "refused", status: 503, reason: `there is no target ${target}` };
        const place = await revision.pool.acquire(given);
        if (place.kind !== "moved") return place;
      }
    },

    async startAlone(program, variables, args) {
      const child = await launchUncalled(program, context, variables, args);
      alone.add(child);
      void child.exited.then(() => alone.delete(child));
      if (stopping) void child.stop(GRACE_MS);
      return child;
    },

    jump(byMs) {
      for (const child of living) child.jump(byMs);
    },

    kill(pid, signal) {
      const child = [...living].find((one) => one.pid === pid);
      if (!child || child.exit() !== undefined) return false;
      child.kill(signal);
      return true;
    },

    status: () => [...serving.values()].map(({ pool }) => pool.status()),
    stop,
  };
}

/**
 * Whom a target lets in, and at which addresses, is asked at each request; the rest makes a revision, as on Cloud Run.
 * The same archive may have moved.
 */
function settingsOf({ url: _url, audiences: _audiences, invokers: _invokers, ...settings }: TargetSpec): string {
  const { archive, archiveDigest = archive, ...rest } = settings;
  return JSON.stringify({ ...rest, archiveDigest });
}
