import type { CodeTable } from "./table";

const QUEUE_PROTO = "google/cloud/tasks/v2/queue.proto";

/** MR1950–MR1999: queues of Cloud Tasks. */
export const tasksCodes = {
  MR1951: {
    title: "dispatch rate out of range",
    why: "Cloud Tasks refuses the queue at apply",
    fix: "set perSecond above 0 and at most 500; use several queues for more",
    source: `${QUEUE_PROTO}: RateLimits.max_dispatches_per_second`,
  },
  MR1952: {
    title: "concurrent dispatches out of range",
    why: "Cloud Tasks refuses the queue at apply",
    fix: "set concurrent to 1–5000",
    source: `${QUEUE_PROTO}: RateLimits.max_concurrent_dispatches`,
  },
  MR1953: {
    title: "number of attempts that cannot be",
    why: "0 means Google's own default, and nothing is below the first attempt",
    fix: 'set attempts to 1 or more, or to "unlimited"',
    source: `${QUEUE_PROTO}: RetryConfig.max_attempts`,
  },
  MR1954: {
    title: "pauses that cannot be made",
    why: "Cloud Tasks refuses the queue at apply",
    fix: "set minBackoff to at most maxBackoff, and maxDoublings to 0 or more",
    source: `${QUEUE_PROTO}: RetryConfig`,
  },
  MR1955: {
    title: "tasks without a limit of attempts",
    why: "one poisoned task is paid for and logged again and again for a month",
    fix: "limit attempts, and let the handler park what fails for good",
    source: `${QUEUE_PROTO}: RetryConfig.max_attempts`,
  },
  MR1956: {
    title: "exhausted tasks are deleted",
    why: "Cloud Tasks has no dead letters: what its last attempt does not settle is gone",
    fix: 'let the handler park on the last attempt and say exhausted: "parked-by-handler", or say "dropped"',
    source: `${QUEUE_PROTO}: RetryConfig.max_retry_duration`,
  },
  MR1957: {
    title: "share of logged operations out of range",
    why: "Cloud Tasks refuses the queue at apply",
    fix: "set logShare to 0–1",
    source: `${QUEUE_PROTO}: StackdriverLoggingConfig.sampling_ratio`,
  },
  MR1958: {
    title: "one dispatch at a time is no order",
    why: "Cloud Tasks keeps no order: retries and its own scheduling reorder tasks",
    fix: "use an ordering key of Pub/Sub for order; acknowledge it if the load alone is to be limited",
    source: "https://cloud.google.com/tasks/docs/common-pitfalls",
  },
  MR1959: {
    title: "not a full queue name",
    why: "what was made elsewhere may live in another project or region, so its short name says too little",
    fix: "write projects/PROJECT/locations/REGION/queues/QUEUE",
  },
  MR1960: {
    title: "generation of a queue",
    why: "it becomes the end of the queue's name",
    fix: "set 1, and one more each time the name of a deleted queue is still taken",
  },
  MR1961: {
    title: "handler longer than Cloud Tasks waits",
    why: "the attempt would be given up and made again while the handler still runs",
    fix: "lower the contract's timeLimit to at most 1795s, or let the task start a Cloud Run job",
    source: "google/cloud/tasks/v2/task.proto: Task.dispatch_deadline",
  },
  MR1962: {
    title: "queue that outruns its worker",
    why: "what finds no instance with room is answered 429 and uses up attempts",
    fix: "lower concurrent, or raise maxInstances or the contract's concurrency",
    source: "https://cloud.google.com/run/docs/about-concurrency",
  },
  MR1963: {
    title: "fewer attempts than the contract makes",
    why: "the queue's last attempt parks the task although the handler was promised more",
    fix: "raise retry.attempts, or lower the contract's",
  },
  MR1964: {
    title: "order in a queue",
    why: "Cloud Tasks keeps no order: retries and its own scheduling reorder tasks",
    fix: "use an ordered subscription of Pub/Sub, or leave order out of the contract",
    source: "https://cloud.google.com/tasks/docs/common-pitfalls",
  },
  MR1965: {
    title: "tasks must say how long they may take",
    why: "a task that does not say is given up after 10 minutes and dispatched again while the handler still runs",
    fix: "create tasks with the dispatchDeadline of the worker's `taskDefaults`, and acknowledge this",
    source: "google/cloud/tasks/v2/task.proto: Task.dispatch_deadline",
  },
} as const satisfies CodeTable;
