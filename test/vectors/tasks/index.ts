/**
 * How Cloud Tasks dispatches, as data: a queue, the tasks that are created at once, what the handler answers, and when
 * the attempts are made. `test/local/tasks/vectors.test.ts` plays them on a virtual clock.
 */
export interface TaskVector {
  /** `subject/behaviour`, unique. */
  readonly id: string;
  /** What production does, one sentence. */
  readonly shows: string;
  /** Where Google says so. */
  readonly source: string;
  readonly queue?: {
    readonly perSecond?: number;
    readonly concurrent?: number;
    readonly attempts?: number;
    readonly maxDurationSeconds?: number;
    readonly minSeconds?: number;
    readonly maxSeconds?: number;
    readonly doublings?: number;
  };
  /** Created at a second, by default at once, and due some seconds after the start. @default one task that is due at once */
  readonly tasks?: readonly {
    readonly id?: string;
    readonly createdAt?: number;
    readonly inSeconds?: number;
    readonly deadlineSeconds?: number;
  }[];
  /** Tasks, by index, that are refused because their name is taken. @default none */
  readonly refused?: readonly number[];
  /** Answers in the order of the attempts, then 200: a status, at once or after some seconds; `hang` never comes. */
  readonly answers?: readonly (number | { readonly status: number; readonly after: number } | "hang")[];
  /** Seconds that are played. */
  readonly seconds: number;
  /** Seconds after the start at which attempts are made, in their order. */
  readonly attempts: readonly number[];
  /** Some headers of some attempts, by index; null for none. */
  readonly headers?: Readonly<Record<number, Readonly<Record<string, string | null>>>>;
  /** Tasks that remain. @default 0 */
  readonly left?: number;
}

const QUEUE_PROTO = "google/cloud/tasks/v2/queue.proto";
const HANDLER = "https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler";
const MEASURED = "peers-local.md §2.2: captured from production by aertje/cloud-tasks-emulator 2.0.0 (PR #114)";

const failures = (count: number, status = 500) => Array.from({ length: count }, () => status);

export const taskVectors: readonly TaskVector[] = [
  {
    id: "backoff/doubles-then-grows-evenly",
    shows: "pauses double max_doublings times, then grow by the same amount, and stay at max_backoff",
    source: `${QUEUE_PROTO}: RetryConfig.max_doublings`,
    queue: { minSeconds: 10, maxSeconds: 300, doublings: 3 },
    answers: failures(8),
    seconds: 1_200,
    attempts: [0, 10, 30, 70, 150, 310, 550, 850, 1_150],
  },
  {
    id: "backoff/keeps-no-slot",
    shows: "a task that waits for its retry takes no part of max_concurrent_dispatches",
    source: `${QUEUE_PROTO}: RateLimits.max_concurrent_dispatches`,
    queue: { concurrent: 1, minSeconds: 100, maxSeconds: 100 },
    tasks: [{}, {}],
    answers: [500, 200],
    seconds: 99,
    attempts: [0, 0],
    left: 1,
  },
  {
    id: "limits/attempts",
    shows: "after max_attempts the task is deleted, and nobody keeps it",
    source: `${QUEUE_PROTO}: RetryConfig.max_attempts`,
    queue: { attempts: 3, minSeconds: 1, maxSeconds: 1 },
    answers: failures(9),
    seconds: 60,
    attempts: [0, 1, 2],
  },
  {
    id: "limits/both",
    shows: "with max_retry_duration both limits must be passed",
    source: `${QUEUE_PROTO}: RetryConfig.max_retry_duration`,
    queue: { attempts: 2, maxDurationSeconds: 60, minSeconds: 10, maxSeconds: 600, doublings: 0 },
    answers: failures(9),
    seconds: 600,
    attempts: [0, 10, 30, 60],
  },
  {
    id: "limits/none",
    shows: "max_attempts -1 is no limit",
    source: `${QUEUE_PROTO}: RetryConfig.max_attempts`,
    queue: { attempts: -1, minSeconds: 1, maxSeconds: 1 },
    answers: failures(200),
    seconds: 150,
    attempts: Array.from({ length: 151 }, (_, second) => second),
    left: 1,
  },
  {
    id: "rate/bucket",
    shows: "a full bucket is dispatched at once, then max_dispatches_per_second",
    source: `${QUEUE_PROTO}: RateLimits.max_burst_size`,
    queue: { perSecond: 2 },
    tasks: Array.from({ length: 13 }, () => ({})),
    seconds: 10,
    attempts: [...Array.from({ length: 10 }, () => 0), 0.5, 1, 1.5],
  },
  {
    id: "rate/concurrency",
    shows: "no more than max_concurrent_dispatches are under way",
    source: `${QUEUE_PROTO}: RateLimits.max_concurrent_dispatches`,
    queue: { concurrent: 2 },
    tasks: Array.from({ length: 5 }, () => ({})),
    answers: Array.from({ length: 5 }, () => ({ status: 200, after: 1 })),
    seconds: 10,
    attempts: [0, 0, 1, 1, 2],
  },
  {
    id: "schedule/later",
    shows: "a task waits for its schedule_time",
    source: "google/cloud/tasks/v2/task.proto: Task.schedule_time",
    tasks: [{ inSeconds: 300 }],
    seconds: 600,
    attempts: [300],
  },
  {
    id: "deadline/passed",
    shows: "an attempt without an answer within dispatch_deadline has failed and is retried",
    source: "google/cloud/tasks/v2/task.proto: Task.dispatch_deadline",
    queue: { minSeconds: 5, maxSeconds: 5 },
    tasks: [{ deadlineSeconds: 15 }],
    answers: ["hang"],
    seconds: 60,
    attempts: [0, 20],
    headers: { 1: { "x-cloudtasks-taskpreviousresponse": null, "x-cloudtasks-taskretrycount": "1" } },
  },
  {
    id: "answers/any-2xx",
    shows: "every status from 200 to 299 is success, every other one is not",
    source: HANDLER,
    queue: { minSeconds: 1, maxSeconds: 1 },
    answers: [199, 302, 404, 299],
    seconds: 60,
    attempts: [0, 1, 2, 3],
  },
  {
    id: "headers/first",
    shows: "the first attempt says its queue, its name and when it was due, and nothing of a previous response",
    source: HANDLER,
    tasks: [{ id: "mail-1", inSeconds: 1.5 }],
    seconds: 10,
    attempts: [1.5],
    headers: {
      0: {
        "x-cloudtasks-queuename": "mails",
        "x-cloudtasks-taskname": "mail-1",
        "x-cloudtasks-taskretrycount": "0",
        "x-cloudtasks-taskexecutioncount": "0",
        "x-cloudtasks-tasketa": "1764000001.500000",
        "x-cloudtasks-taskpreviousresponse": null,
        "x-cloudtasks-taskretryreason": null,
        "user-agent": "Google-Cloud-Tasks",
        "content-type": null,
      },
    },
  },
  {
    id: "headers/retries",
    shows: "the retry count has every attempt, the execution count only those that were answered by other than 5xx",
    source: MEASURED,
    queue: { minSeconds: 1, maxSeconds: 1 },
    answers: [503, 404],
    seconds: 10,
    attempts: [0, 1, 2],
    headers: {
      1: {
        "x-cloudtasks-taskretrycount": "1",
        "x-cloudtasks-taskexecutioncount": "0",
        "x-cloudtasks-taskpreviousresponse": "503",
        "x-cloudtasks-tasketa": "1764000001.000000",
      },
      2: {
        "x-cloudtasks-taskretrycount": "2",
        "x-cloudtasks-taskexecutioncount": "1",
        "x-cloudtasks-taskpreviousresponse": "404",
      },
    },
  },
  {
    id: "deadline/ten-minutes-by-default",
    shows: "an attempt whose task says nothing is given up after ten minutes",
    source: "google/cloud/tasks/v2/task.proto: Task.dispatch_deadline",
    queue: { minSeconds: 1, maxSeconds: 1 },
    answers: ["hang"],
    seconds: 700,
    attempts: [0, 601],
  },
  {
    id: "names/taken-while-it-waits",
    shows: "a second task of the same name is refused while the first is there, so that it is done once",
    source: "google/cloud/tasks/v2/cloudtasks.proto: CreateTaskRequest.task, Task De-duplication",
    tasks: [
      { id: "mail-1", inSeconds: 100 },
      { id: "mail-1", createdAt: 50 },
    ],
    refused: [1],
    seconds: 200,
    attempts: [100],
  },
  {
    id: "names/taken-after-it-is-done",
    shows: "the name stays taken for an hour after its task is done, and is free then",
    source: "google/cloud/tasks/v2/cloudtasks.proto: CreateTaskRequest.task, ~1 hour after completion",
    tasks: [{ id: "mail-1" }, { id: "mail-1", createdAt: 1_800 }, { id: "mail-1", createdAt: 3_700 }],
    refused: [1],
    seconds: 4_000,
    attempts: [0, 3_700],
  },
];
