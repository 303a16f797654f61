import type { Json } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { Journal, Journaled } from "../journal";
import type { Random } from "../random";
import type { ProgramSpec } from "../target";
import { createExecution, type Execution } from "./execution";
import type {
  ExecutionOverrides,
  ExecutionSettings,
  ExecutionState,
  ExecutionStatus,
  RunJobConfig,
  RunningAttempt,
  TaskAttempt,
  TaskStatus,
} from "./types";

export interface RunJobsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly journal: Journal;
  /** Starts a process of a program with more variables and arguments. */
  readonly start: (
    program: ProgramSpec,
    variables: Readonly<Record<string, string>>,
    args: readonly string[],
  ) => Promise<RunningAttempt>;
}

/** Cloud Run jobs and their executions. Faults of a caller are thrown as StatusError. */
export interface RunJobs extends Journaled {
  /** Makes a job, or changes it: executions that run go on as they began. */
  ensure(config: RunJobConfig): void;
  /** @returns false when there is none; its executions are cancelled and gone with it */
  remove(name: string): boolean;
  jobs(): readonly RunJobConfig[];
  job(name: string): RunJobConfig;
  /** Begins an execution. */
  run(job: string, overrides?: ExecutionOverrides): ExecutionStatus;
  execution(name: string): ExecutionStatus;
  /** The newest first. */
  executions(job: string): readonly ExecutionStatus[];
  /** Settles when the execution has ended. */
  ended(execution: string): Promise<ExecutionStatus>;
  cancel(execution: string): ExecutionStatus;
  /** Whether no execution runs. */
  idle(): boolean;
  /** Executions of an earlier run go on. */
  start(): void;
  stop(): void;
}

/** An execution as the journal keeps it: tasks that have not begun are left out. */
type Entry =
  | { readonly op: "execution"; readonly status: ExecutionStatus }
  | { readonly op: "task"; readonly execution: string; readonly task: TaskStatus }
  | { readonly op: "ended"; readonly execution: string; readonly state: ExecutionState; readonly endedMs: number }
  | { readonly op: "gone"; readonly name: string };

/** https://cloud.google.com/run/quotas: "last 1000 executions per job" */
const KEPT_EXECUTIONS = 1_000;
const LETTERS = "bcdfghjklmnpqrstvwxz0123456789";

export const jobOf = (execution: string): string => execution.slice(0, execution.lastIndexOf("/executions/"));
const shortName = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

export function createRunJobs(options: RunJobsOptions): RunJobs {
  const { clock, random, events, journal } = options;
  const jobs = new Map<string, RunJobConfig>();
  const executions = new Map<string, Execution>();
  /** What the journal says, until the plan says which jobs there are. */
  const restored = new Map<string, ExecutionStatus>();
  let started = false;
  const write = (entry: Entry) => journal.append("runJobs", entry as unknown as Json);

  const found = (name: string): RunJobConfig => {
    const job = jobs.get(name);
    if (job) return job;
    throw new StatusError(
      "NOT_FOUND",
      `Resource '${shortName(name)}' of kind 'JOB' does not exist; the plan makes jobs`,
    );
  };
  const executionOf = (name: string): Execution => {
    const execution = executions.get(name);
    if (execution) return execution;
    throw new StatusError("NOT_FOUND", `Resource '${shortName(name)}' of kind 'EXECUTION' does not exist.`);
  };
  /** Five letters behind the job's name, as Cloud Run names executions. */
  const newName = (job: string): string => {
    const suffix = Array.from({ length: 5 }, () => LETTERS[random.below(LETTERS.length)]).join("");
    const name = `${job}/executions/${shortName(job)}-${suffix}`;
    return executions.has(name) ? newName(job) : name;
  };

  const startTask = (job: RunJobConfig, overrides: ExecutionOverrides) => (attempt: TaskAttempt) =>
    options.start(
      job.program,
      {
        ...overrides.environment,
        // https://cloud.google.com/run/docs/container-contract#jobs-env-vars
        CLOUD_RUN_JOB: shortName(job.name),
        CLOUD_RUN_EXECUTION: shortName(attempt.execution),
        CLOUD_RUN_TASK_INDEX: String(attempt.index),
        CLOUD_RUN_TASK_COUNT: String(attempt.count),
        CLOUD_RUN_TASK_ATTEMPT: String(attempt.attempt),
      },
      overrides.args ?? [],
    );

  const open = (job: RunJobConfig, status: ExecutionStatus, before?: ExecutionStatus) => {
    const { name, overrides } = status;
    const execution = createExecution({
      ...status,
      clock,
      events,
      start: startTask(job, overrides),
      kept: (task) => write({ op: "task", execution: name, task }),
      finished: (state, endedMs) => write({ op: "ended", execution: name, state, endedMs }),
      ...(before && { before }),
    });
    executions.set(name, execution);
    return execution;
  };
  const ofJob = (job: string) => [...executions.values()].filter((one) => one.status().job === job).reverse();
  const forget = (job: string) => {
    for (const old of ofJob(job).slice(KEPT_EXECUTIONS)) {
      const { name, state } = old.status();
      if (state === "running") continue;
      executions.delete(name);
      write({ op: "gone", name });
    }
  };
  const settingsOf = (job: RunJobConfig, overrides: ExecutionOverrides): ExecutionSettings => {
    const { parallelism, retries } = job;
    const { tasks = job.tasks, timeoutMs = job.timeoutMs } = overrides;
    return { tasks, parallelism: Math.min(parallelism || tasks, tasks), retries, timeoutMs };
  };

  return {
    journalName: "runJobs",
    replay(json) {
      const entry = json as unknown as Entry;
      if (entry.op === "execution") {
        const tasks: TaskStatus[] = [];
        for (const task of entry.status.tasks) tasks[task.index] = task;
        restored.set(entry.status.name, { ...entry.status, tasks });
      } else if (entry.op === "gone") restored.delete(entry.name);
      else {
        const status = restored.get(entry.execution);
        // Its job was removed while a process still ended.
        if (!status) return;
        if (entry.op === "ended") restored.set(status.name, { ...status, state: entry.state, endedMs: entry.endedMs });
        else (status.tasks as TaskStatus[])[entry.task.index] = entry.task;
      }
    },
    *compact() {
      const begun = (status: ExecutionStatus): ExecutionStatus => ({
        ...status,
        tasks: status.tasks.filter((task) => task && task.attempts > 0),
      });
      for (const status of [...restored.values(), ...[...executions.values()].map((one) => one.status())].map(begun))
        yield { op: "execution", status } satisfies Entry as unknown as Json;
    },
    ensure(config) {
      jobs.set(config.name, config);
      for (const status of restored.values()) {
        if (status.job !== config.name) continue;
        restored.delete(status.name);
        const execution = open(config, status, { ...status, tasks: status.tasks.filter(Boolean) });
        if (status.state === "running" && started) execution.begin();
      }
    },
    remove(name) {
      for (const one of ofJob(name)) {
        one.cancel();
        executions.delete(one.status().name);
        write({ op: "gone", name: one.status().name });
      }
      return jobs.delete(name);
    },
    jobs: () => [...jobs.values()],
    job: found,
    run(name, overrides = {}) {
      const job = found(name);
      const settings = settingsOf(job, overrides);
      const made: ExecutionStatus = {
        name: newName(name),
        job: name,
        settings,
        overrides,
        createdMs: clock.now(),
        state: "running",
        tasks: [],
      };
      write({ op: "execution", status: made });
      events.emit({ type: "runExecutionStarted", execution: made.name, tasks: settings.tasks });
      const execution = open(job, made);
      forget(name);
      execution.begin();
      return execution.status();
    },
    execution: (name) => executionOf(name).status(),
    executions: (job) => ofJob(found(job).name).map((one) => one.status()),
    ended: async (name) => executionOf(name).ended,
    cancel(name) {
      executionOf(name).cancel();
      return executionOf(name).status();
    },
    idle: () => [...executions.values()].every((one) => one.status().state !== "running"),
    start() {
      started = true;
      for (const one of executions.values()) if (one.status().state === "running") one.begin();
    },
    stop() {
      started = false;
      for (const one of executions.values()) one.stop();
    },
  };
}
