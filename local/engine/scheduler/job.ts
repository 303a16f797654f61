import { runsAfter } from "../../../language/schedule";
import { pauseBefore } from "../doubling";
import type { Clock, Timer } from "../clock";
import type { Events } from "../events";
import type { JobConfig, JobRun, JobStatus } from "./types";

/** What an attempt has come to. */
export interface AttemptResult {
  readonly ok: boolean;
  readonly reason: string;
}

export interface JobOptions {
  readonly clock: Clock;
  readonly events: Events;
  readonly attempt: (config: JobConfig, scheduledMs: number, attempt: number) => Promise<AttemptResult>;
  readonly lastRun?: JobRun;
  readonly ended: (run: JobRun) => void;
}

/** One job on its clock. */
export interface Job {
  status(): JobStatus;
  configure(config: JobConfig): void;
  /** Runs at once, whatever the schedule says; settles when the run has ended, its retries included. */
  run(): Promise<JobRun>;
  start(): void;
  stop(): void;
}

/**
 * Ticks a job: a run never starts before the one before it has ended, and what falls due meanwhile starts once, late;
 * retries end when the next run falls due. google/cloud/scheduler/v1/job.proto, `Job.schedule`
 */
export function createJob(initial: JobConfig, options: JobOptions): Job {
  const { clock, events } = options;
  let config = initial;
  let { lastRun } = options;
  let nextMs: number | undefined;
  let timer: Timer | undefined;
  let runs = 0;
  let started = false;
  let stopped = false;
  const pauses = new Set<(elapsed: boolean) => void>();

  const plan = () => {
    timer?.cancel();
    timer = undefined;
    nextMs = undefined;
    if (!started || config.paused) return;
    const { schedule, timeZone } = config;
    // An interval counts from the end of the last run, also from one before a restart; clock times that were missed
    // while nothing ran are gone.
    const interval = schedule.kind === "interval" && schedule.window === undefined;
    // Its end is not known while one is under way.
    if (interval && runs > 0) return;
    const since = interval ? (lastRun?.endedMs ?? clock.now()) : clock.now();
    const { value } = runsAfter(schedule, timeZone, since).next();
    if (value === undefined) return;
    nextMs = Math.max(value, interval ? clock.now() : value);
    timer = clock.after(nextMs - clock.now(), tick);
  };

  const tick = () => {
    // The end of the run that is under way starts this one.
    if (runs > 0 || nextMs === undefined) return;
    const scheduledMs = nextMs;
    const done = execute(scheduledMs);
    plan();
    void done;
  };

  const execute = async (scheduledMs: number): Promise<JobRun> => {
    runs++;
    const startedMs = clock.now();
    let attempt = 1;
    let result: AttemptResult;
    for (; ; attempt++) {
      events.emit({ type: "jobAttempted", job: config.name, attempt, scheduledMs });
      result = await options.attempt(config, scheduledMs, attempt);
      const pauseMs = result.ok ? undefined : retryIn(attempt, startedMs);
      const { ok, reason } = result;
      const retry = pauseMs !== undefined && { retryInMs: pauseMs };
      events.emit({ type: "jobEnded", job: config.name, attempt, ok, reason, ...retry });
      if (pauseMs === undefined) break;
      if (!(await pause(pauseMs))) break;
    }
    const run: JobRun = { scheduledMs, endedMs: clock.now(), attempts: attempt, ...result };
    runs--;
    // A run that a stop cuts short has not ended.
    if (stopped) return run;
    lastRun = run;
    options.ended(run);
    if (started && runs === 0) {
      const overdue = nextMs !== undefined && nextMs <= clock.now();
      if (overdue) tick();
      else plan();
    }
    return run;
  };

  /** @returns false when a stop came first */
  const pause = (ms: number) =>
    new Promise<boolean>((resolve) => {
      const end = (elapsed: boolean) => {
        waiting.cancel();
        pauses.delete(end);
        resolve(elapsed);
      };
      const waiting = clock.after(ms, () => end(true));
      pauses.add(end);
    });

  /** Milliseconds until another attempt, undefined for none. */
  const retryIn = (attempt: number, startedMs: number): number | undefined => {
    const { count, maxDurationMs } = config.retry;
    if (count === 0 || stopped) return undefined;
    const pauseMs = pauseBefore(attempt, config.retry);
    const at = clock.now() + pauseMs;
    // Given together, both limits must be reached.
    const within = attempt <= count || (maxDurationMs > 0 && at - startedMs <= maxDurationMs);
    return within && (nextMs === undefined || at < nextMs) ? pauseMs : undefined;
  };

  return {
    status: () => ({
      config,
      running: runs > 0,
      ...(nextMs !== undefined && { nextMs }),
      ...(lastRun && { lastRun }),
    }),
    configure(next) {
      config = next;
      plan();
    },
    run: () => execute(clock.now()),
    start() {
      started = true;
      plan();
    },
    stop() {
      started = false;
      stopped = true;
      timer?.cancel();
      timer = undefined;
      for (const end of pauses) end(false);
    },
  };
}
