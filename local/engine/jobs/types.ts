import type { ProgramSpec } from "../target";

/** How an execution is run. Durations and instants are engine milliseconds. */
export interface ExecutionSettings {
  readonly tasks: number;
  /** Tasks at a time. */
  readonly parallelism: number;
  /** Attempts of a task after the first. */
  readonly retries: number;
  /** Longest attempt of a task. */
  readonly timeoutMs: number;
}

/** A Cloud Run job. */
export interface RunJobConfig extends ExecutionSettings {
  /** `projects/{project}/locations/{region}/jobs/{job}` */
  readonly name: string;
  readonly program: ProgramSpec;
}

/** What an execution does otherwise than its job says. google/cloud/run/v2/job.proto: `RunJobRequest.Overrides` */
export interface ExecutionOverrides {
  readonly tasks?: number;
  readonly timeoutMs?: number;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export type TaskState = "waiting" | "running" | "succeeded" | "failed" | "cancelled";

/** One task of an execution. */
export interface TaskStatus {
  readonly index: number;
  readonly state: TaskState;
  /** Attempts begun. */
  readonly attempts: number;
  /** How the last attempt ended, for a person. */
  readonly reason?: string;
}

export type ExecutionState = "running" | "succeeded" | "failed" | "cancelled";

export interface ExecutionStatus {
  /** `{job}/executions/{execution}` */
  readonly name: string;
  readonly job: string;
  readonly settings: ExecutionSettings;
  readonly overrides: ExecutionOverrides;
  readonly createdMs: number;
  readonly endedMs?: number;
  readonly state: ExecutionState;
  readonly tasks: readonly TaskStatus[];
}

/** One attempt of a task, as whoever starts it is told. */
export interface TaskAttempt {
  readonly execution: string;
  readonly index: number;
  readonly count: number;
  /** From 0, as in `CLOUD_RUN_TASK_ATTEMPT`. */
  readonly attempt: number;
}

/** A process that works on a task. */
export interface RunningAttempt {
  /** Settles when it has ended: by itself, or because it was stopped. */
  readonly ended: Promise<{ readonly ok: boolean; readonly reason: string }>;
  /** SIGTERM, then SIGKILL ten seconds later. */
  stop(): void;
}

/** Defaults of google/cloud/run/v2/task_template.proto and execution_template.proto. */
export const RUN_JOB_DEFAULTS = { tasks: 1, retries: 3, timeoutMs: 600_000 } as const;
