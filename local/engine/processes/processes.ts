import { mkdirSync } from "node:fs";
import { IssuesError } from "../../../contract/issue";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { TargetSpec } from "../target";
import type { StandIns } from "./environment";
import { writeGuard } from "./guard";
import { type LaunchContext, type PointHook, statePaths } from "./instance";
import { targetName } from "./names";
import { createProcessList, endOrphans } from "./orphans";
import { type Acquired, createPool, type TargetStatus } from "./pool";

export interface ProcessesOptions {
  readonly targets: readonly TargetSpec[];
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
  /** Room for one request in an instance of the target; waits for it until `given` is aborted. */
  acquire(target: string, given?: AbortSignal): Promise<Acquired>;
  /** Signals a living child. @returns false when no target has such a child */
  kill(pid: number, signal: NodeJS.Signals): boolean;
  status(): readonly TargetStatus[];
  /** SIGTERM to all, SIGKILL to the process groups after 10 s of engine time, as Cloud Run does. */
  stop(): Promise<void>;
}

/** https://cloud.google.com/run/docs/container-contract#instance-shutdown */
const GRACE_MS = 10_000;

export function createProcesses(options: ProcessesOptions): Processes {
  const { targets, stateDir, clock, events, standIns, onPoint } = options;
  const { unpackTo, processList } = statePaths(stateDir);
  mkdirSync(stateDir, { recursive: true });
  const context: LaunchContext = {
    clock,
    events,
    standIns,
    parentEnv: options.parentEnv ?? process.env,
    unpackTo,
    guard: writeGuard(stateDir),
    list: createProcessList(processList),
    ...(onPoint && { onPoint }),
  };
  const sizeOf = (spec: TargetSpec) => Math.max(1, Math.min(options.instances?.(spec) ?? 1, spec.maxInstances));
  const pools = new Map(targets.map((spec) => [targetName(spec), createPool(spec, sizeOf(spec), context)]));
  const stop = async () => {
    await Promise.all([...pools.values()].map((pool) => pool.stop(GRACE_MS)));
  };

  return {
    async start() {
      endOrphans(processList, context.guard);
      const results = await Promise.allSettled([...pools.values()].map((pool) => pool.start()));
      const faults = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      if (faults.length === 0) return;
      await stop();
      const bug = faults.find((fault) => !(fault instanceof IssuesError));
      if (bug !== undefined) throw bug;
      throw new IssuesError(faults.flatMap((fault) => (fault as IssuesError).issues));
    },

    async acquire(target, given) {
      const pool = pools.get(target);
      return pool ? pool.acquire(given) : { kind: "refused", status: 503, reason: `there is no target ${target}` };
    },

    kill(pid, signal) {
      const child = [...pools.values()].map((pool) => pool.child(pid)).find((found) => found !== undefined);
      if (!child || child.exit() !== undefined) return false;
      child.kill(signal);
      return true;
    },

    status: () => [...pools.values()].map((pool) => pool.status()),
    stop,
  };
}
