/**
 * How Cloud Run runs the tasks of a job, as data: a job, how long each attempt works and how it ends, and what is seen
 * when. `test/local/jobs/vectors.test.ts` plays them on a virtual clock.
 */
export interface RunJobVector {
  /** `subject/behaviour`, unique. */
  readonly id: string;
  /** What production does, one sentence. */
  readonly shows: string;
  /** Where Google says so. */
  readonly source: string;
  readonly job: {
    readonly tasks?: number;
    /** 0 is as many as there are tasks. @default 0 */
    readonly parallelism?: number;
    readonly retries?: number;
    readonly timeoutSeconds?: number;
  };
  readonly overrides?: { readonly tasks?: number; readonly timeoutSeconds?: number };
  /** Attempts by `task/attempt`, both from 0: how long they work, and their exit code. @default 1 s and 0 */
  readonly attempts?: Readonly<Record<string, { readonly seconds?: number; readonly code?: number }>>;
  /** Begun attempts: `second task/attempt`, in their order. */
  readonly begun: readonly string[];
  readonly state: "succeeded" | "failed" | "running" | "cancelled";
  /** Seconds until the execution ends; of one that goes on, seconds that are played. */
  readonly seconds: number;
  /** Second at which it is cancelled. @default never */
  readonly cancelledAt?: number;
  /** Tasks that are given up. @default 0 */
  readonly failed?: number;
}

const CONTRACT = "https://cloud.google.com/run/docs/container-contract#jobs-env-vars";
const RETRIES = "https://cloud.google.com/run/docs/configuring/max-retries";
const TIMEOUT = "https://cloud.google.com/run/docs/configuring/task-timeout";
const PARALLELISM = "https://cloud.google.com/run/docs/configuring/parallelism";
const OVERRIDES = "google/cloud/run/v2/job.proto: RunJobRequest.Overrides";

export const runJobVectors: readonly RunJobVector[] = [
  {
    id: "tasks/all-at-once",
    shows: "without a limit all tasks run side by side, each told its index",
    source: PARALLELISM,
    job: { tasks: 3 },
    begun: ["0 0/0", "0 1/0", "0 2/0"],
    state: "succeeded",
    seconds: 1,
  },
  {
    id: "tasks/limited",
    shows: "a task begins when another has ended, and no more than parallelism run",
    source: PARALLELISM,
    job: { tasks: 4, parallelism: 2 },
    attempts: { "0/0": { seconds: 3 } },
    begun: ["0 0/0", "0 1/0", "1 2/0", "2 3/0"],
    state: "succeeded",
    seconds: 3,
  },
  {
    id: "retries/the-same-index-and-the-next-attempt",
    shows: "a failed task runs again with the same index and an attempt that is one higher",
    source: CONTRACT,
    job: { tasks: 2, retries: 3 },
    attempts: { "1/0": { code: 1 }, "1/1": { code: 137 } },
    begun: ["0 0/0", "0 1/0", "1 1/1", "2 1/2"],
    state: "succeeded",
    seconds: 3,
  },
  {
    id: "retries/none",
    shows: "with 0 retries a task runs once",
    source: RETRIES,
    job: { tasks: 1, retries: 0 },
    attempts: { "0/0": { code: 1 } },
    begun: ["0 0/0"],
    state: "failed",
    failed: 1,
    seconds: 1,
  },
  {
    id: "retries/by-default-three",
    shows: "unset, a task is given up after its fourth attempt",
    source: RETRIES,
    job: { tasks: 1 },
    attempts: { "0/0": { code: 1 }, "0/1": { code: 1 }, "0/2": { code: 1 }, "0/3": { code: 1 } },
    begun: ["0 0/0", "1 0/1", "2 0/2", "3 0/3"],
    state: "failed",
    failed: 1,
    seconds: 4,
  },
  {
    id: "retries/one-task-does-not-stop-the-others",
    shows: "a task that is given up fails the execution, which ends when all tasks are done",
    source: TIMEOUT,
    job: { tasks: 3, parallelism: 1, retries: 0 },
    attempts: { "0/0": { code: 1 } },
    begun: ["0 0/0", "1 1/0", "2 2/0"],
    state: "failed",
    failed: 1,
    seconds: 3,
  },
  {
    id: "timeout/of-each-attempt",
    shows: "the time is each attempt's own: one that is too long is stopped and the task runs again",
    source: TIMEOUT,
    job: { tasks: 1, retries: 1, timeoutSeconds: 10 },
    attempts: { "0/0": { seconds: 60 }, "0/1": { seconds: 9 } },
    begun: ["0 0/0", "10 0/1"],
    state: "succeeded",
    seconds: 19,
  },
  {
    id: "timeout/ten-minutes-by-default",
    shows: "unset, an attempt is stopped after ten minutes",
    source: TIMEOUT,
    job: { tasks: 1, retries: 0 },
    attempts: { "0/0": { seconds: 3_600 } },
    begun: ["0 0/0"],
    state: "failed",
    failed: 1,
    seconds: 600,
  },
  {
    id: "overrides/of-one-execution",
    shows: "an execution may have another number of tasks and another timeout than its job",
    source: OVERRIDES,
    job: { tasks: 5, parallelism: 3, retries: 0 },
    overrides: { tasks: 2, timeoutSeconds: 5 },
    attempts: { "1/0": { seconds: 20 } },
    begun: ["0 0/0", "0 1/0"],
    state: "failed",
    failed: 1,
    seconds: 5,
  },
  {
    id: "cancel/ends-what-runs",
    shows: "a cancelled execution begins nothing more, and what runs is stopped",
    source: "google/cloud/run/v2/execution.proto: CancelExecution",
    job: { tasks: 3, parallelism: 1 },
    attempts: { "0/0": { seconds: 60 } },
    cancelledAt: 2,
    begun: ["0 0/0"],
    state: "cancelled",
    seconds: 2,
  },
];
