import type { Json } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { PushTransport } from "../delivery";
import type { Events } from "../events";
import type { Journal, Journaled } from "../journal";
import type { Publication } from "../pubsub";
import { makeAttempt } from "./attempt";
import { createJob, type Job } from "./job";
import type { JobConfig, JobRun, JobStatus } from "./types";

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly events: Events;
  readonly journal: Journal;
  readonly push: PushTransport;
  /** @throws StatusError when there is no such topic */
  readonly publish: (topic: string, message: Publication) => string;
}

/** Cloud Scheduler: runs jobs when their schedules say so. Faults of a caller are thrown as StatusError. */
export interface Scheduler extends Journaled {
  /** Creates a job; one that is there already goes on with this configuration. */
  ensure(job: JobConfig): void;
  /** @returns false when there is none of that name */
  remove(name: string): boolean;
  jobs(): readonly JobStatus[];
  job(name: string): JobStatus;
  /** Runs a job now, a paused one too. @returns how the run came out, when its last attempt has ended */
  run(name: string): Promise<JobRun>;
  pause(name: string): void;
  resume(name: string): void;
  /** Whether nothing runs at this moment. */
  idle(): boolean;
  start(): void;
  stop(): void;
}

type Entry = { readonly job: string; readonly run: JobRun };

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, events, journal } = options;
  const jobs = new Map<string, Job>();
  const lastRuns = new Map<string, JobRun>();
  let started = false;

  const found = (name: string): Job => {
    const job = jobs.get(name);
    if (!job) throw new StatusError("NOT_FOUND", `Job not found: ${name}`);
    return job;
  };
  const open = (config: JobConfig) => {
    const { name } = config;
    const lastRun = lastRuns.get(name);
    const job = createJob(config, {
      clock,
      events,
      attempt: (current, scheduledMs, attempt) => makeAttempt(current, scheduledMs, attempt, options),
      ...(lastRun && { lastRun }),
      ended(run) {
        lastRuns.set(name, run);
        journal.append("scheduler", { job: name, run } satisfies Entry as unknown as Json);
      },
    });
    jobs.set(name, job);
    if (started) job.start();
  };
  const pause = (name: string, paused: boolean) => {
    const job = found(name);
    job.configure({ ...job.status().config, paused });
  };

  return {
    journalName: "scheduler",
    replay(entry) {
      const { job, run } = entry as unknown as Entry;
      lastRuns.set(job, run);
    },
    *compact() {
      for (const [job, run] of lastRuns) yield { job, run } satisfies Entry as unknown as Json;
    },
    ensure(config) {
      const job = jobs.get(config.name);
      if (job) job.configure(config);
      else open(config);
    },
    remove(name) {
      jobs.get(name)?.stop();
      lastRuns.delete(name);
      return jobs.delete(name);
    },
    jobs: () => [...jobs.values()].map((job) => job.status()),
    job: (name) => found(name).status(),
    run: async (name) => found(name).run(),
    pause: (name) => pause(name, true),
    resume: (name) => pause(name, false),
    idle: () => [...jobs.values()].every((job) => !job.status().running),
    start() {
      started = true;
      for (const job of jobs.values()) job.start();
    },
    stop() {
      started = false;
      for (const job of jobs.values()) job.stop();
    },
  };
}
