import type { Doubling } from "../doubling";

/** Durations and instants are engine milliseconds. */
export interface QueueConfig {
  /** `projects/{project}/locations/{region}/queues/{queue}` */
  readonly name: string;
  readonly rate: {
    /** Dispatches per second, on average. */
    readonly perSecond: number;
    /** Dispatches at a time. */
    readonly concurrent: number;
  };
  readonly retry: QueueRetry;
  /** Where tasks go, whatever they say themselves. google/cloud/tasks/v2/target.proto: `HttpTarget` */
  readonly routing?: QueueRouting;
}

/** Parts of a request that the queue says; the others are the task's. */
export interface QueueRouting {
  /** Parts of the URL; left out where tasks that have a URL keep it. */
  readonly url?: { readonly scheme?: string; readonly host?: string; readonly port?: string; readonly path?: string };
  readonly method?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string };
}

export interface QueueRetry extends Doubling {
  /** With the first one; -1 for no limit. */
  readonly attempts: number;
  /** Since the first attempt; 0 for no limit but `attempts`. A task is given up when both limits are passed. */
  readonly maxDurationMs: number;
}

export interface TaskRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, since tasks are kept in the journal. */
  readonly body: string;
  readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string };
}

export interface Attempt {
  readonly scheduleMs: number;
  readonly dispatchMs: number;
  /** Absent while it is under way, and when no answer came. */
  readonly responseMs?: number;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
}

export interface Task {
  /** `{queue}/tasks/{task}` */
  readonly name: string;
  readonly request: TaskRequest;
  readonly createdMs: number;
  readonly scheduleMs: number;
  /** How long an attempt may take. */
  readonly deadlineMs: number;
  /** Attempts made, the one under way included. */
  readonly dispatches: number;
  /** Attempts that were answered. */
  readonly responses: number;
  /** Answers other than 5xx: what `X-CloudTasks-TaskExecutionCount` counts. */
  readonly executions: number;
  readonly first?: Attempt;
  readonly last?: Attempt;
}

export interface QueueStats {
  readonly tasks: number;
  readonly dispatching: number;
  readonly paused: boolean;
}

/** Defaults of queues that say nothing (`gcloud tasks queues describe` of a new queue). */
export const QUEUE_DEFAULTS = {
  perSecond: 500,
  concurrent: 1_000,
  attempts: 100,
  maxDurationMs: 0,
  minMs: 100,
  maxMs: 3_600_000,
  doublings: 16,
} as const;

/** Tokens that a bucket holds. 500 per second are shown with 100 and 1 per second with 10; the rule between is ours. */
export const burstOf = (perSecond: number): number => Math.max(10, Math.ceil(perSecond / 5));
