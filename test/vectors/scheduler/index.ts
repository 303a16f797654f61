/**
 * How Cloud Scheduler runs a job, as data: its schedule and zone, what the target answers, and when attempts are made.
 * `test/local/scheduler/vectors.test.ts` plays them on a virtual clock.
 */
export interface SchedulerVector {
  /** `subject/behaviour`, unique. */
  readonly id: string;
  /** What production does, one sentence. */
  readonly shows: string;
  /** Where Google says so. */
  readonly source: string;
  /** Instant that is begun with, UTC. */
  readonly start: string;
  readonly schedule: string;
  /** @default "Etc/UTC" */
  readonly timeZone?: string;
  readonly retry?: {
    readonly count?: number;
    readonly maxDurationSeconds?: number;
    readonly minSeconds?: number;
    readonly maxSeconds?: number;
    readonly doublings?: number;
  };
  /** @default 180 */
  readonly deadlineSeconds?: number;
  /** Answers in the order of the attempts, then 200: a status, at once or after some seconds; `hang` never comes. */
  readonly answers?: readonly (number | { readonly status: number; readonly after: number } | "hang")[];
  /** @default false */
  readonly paused?: boolean;
  /** Hours after the start at which it is told to run now. @default never */
  readonly runNow?: readonly number[];
  /** Some headers of every attempt. @default not compared */
  readonly headers?: Readonly<Record<string, string>>;
  /** Hours that are played. */
  readonly hours: number;
  /** Instants at which attempts are made, UTC, in their order. */
  readonly attempts: readonly string[];
  /** What each attempt says it was due at, where it is not the instant itself, by index. */
  readonly due?: Readonly<Record<number, string>>;
}

const JOB_PROTO = "google/cloud/scheduler/v1/job.proto";
const ZONES = "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules#time_zone";
const FORMATS = "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules";

export const schedulerVectors: readonly SchedulerVector[] = [
  {
    id: "ticks/cron",
    shows: "a job runs at the minutes that its fields name",
    source: FORMATS,
    start: "2026-11-30T08:58:30Z",
    schedule: "*/20 9 * * 1",
    hours: 24,
    attempts: ["2026-11-30T09:00:00Z", "2026-11-30T09:20:00Z", "2026-11-30T09:40:00Z"],
  },
  {
    id: "ticks/descriptive",
    shows: "the descriptive form of App Engine names days and times in words",
    source: FORMATS,
    start: "2026-11-30T08:00:00Z",
    schedule: "every monday 09:00",
    hours: 24 * 8,
    attempts: ["2026-11-30T09:00:00Z", "2026-12-07T09:00:00Z"],
  },
  {
    id: "zones/clock-on-the-wall",
    shows: "nine o'clock is nine o'clock of the zone, before and after its clocks change",
    source: ZONES,
    start: "2026-10-30T00:00:00Z",
    schedule: "0 9 * * *",
    timeZone: "America/New_York",
    hours: 72,
    // Clocks go back on 1 November.
    attempts: ["2026-10-30T13:00:00Z", "2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z"],
  },
  {
    id: "zones/skipped-hour",
    shows: "a time that the clocks leave out has no run that day",
    source: ZONES,
    start: "2027-03-27T12:00:00Z",
    schedule: "30 2 * * *",
    timeZone: "Europe/Berlin",
    hours: 48,
    attempts: ["2027-03-29T00:30:00Z"],
  },
  {
    id: "retries/none-by-default",
    shows: "a failed attempt is not repeated unless the job says so",
    source: `${JOB_PROTO}: RetryConfig.retry_count`,
    start: "2026-11-30T08:59:00Z",
    schedule: "0 9 * * *",
    answers: [500],
    hours: 12,
    attempts: ["2026-11-30T09:00:00Z"],
  },
  {
    id: "retries/doubling-then-even",
    shows: "pauses double max_doublings times, then grow by the same amount",
    source: `${JOB_PROTO}: RetryConfig.max_doublings`,
    start: "2026-11-30T08:59:00Z",
    schedule: "0 9 * * *",
    retry: { count: 4, minSeconds: 10, maxSeconds: 3_600, doublings: 1 },
    answers: [500, 500, 503, 500, 500],
    hours: 12,
    attempts: [
      "2026-11-30T09:00:00Z",
      "2026-11-30T09:00:10Z",
      "2026-11-30T09:00:30Z",
      "2026-11-30T09:01:10Z",
      "2026-11-30T09:02:10Z",
    ],
    due: { 4: "2026-11-30T09:00:00Z" },
  },
  {
    id: "deadline/counts-as-failed",
    shows: "an attempt that is not answered in time has failed, and is repeated",
    source: `${JOB_PROTO}: Job.attempt_deadline`,
    start: "2026-11-30T08:59:00Z",
    schedule: "0 9 * * *",
    deadlineSeconds: 30,
    retry: { count: 1, minSeconds: 5, maxSeconds: 5 },
    answers: ["hang", 200],
    hours: 1,
    attempts: ["2026-11-30T09:00:00Z", "2026-11-30T09:00:35Z"],
  },
  {
    id: "overlap/never",
    shows: "a run that is due while one is under way begins when that has ended, late",
    source: `${JOB_PROTO}: Job.schedule`,
    start: "2026-11-30T08:59:30Z",
    schedule: "*/5 9 * * *",
    deadlineSeconds: 1_800,
    answers: [{ status: 200, after: 420 }],
    hours: 0.2,
    attempts: ["2026-11-30T09:00:00Z", "2026-11-30T09:07:00Z", "2026-11-30T09:10:00Z"],
    due: { 1: "2026-11-30T09:05:00Z" },
  },
  {
    id: "run/now",
    shows: "a job that is told to run now does, under the instant of the call, and keeps its schedule",
    source: "google/cloud/scheduler/v1/cloudscheduler.proto: RunJob",
    start: "2026-11-30T08:00:00Z",
    schedule: "0 9 * * *",
    runNow: [0.5],
    hours: 2,
    attempts: ["2026-11-30T08:30:00Z", "2026-11-30T09:00:00Z"],
    due: { 0: "2026-11-30T08:30:00Z" },
  },
  {
    id: "pause/but-for-run-now",
    shows: "a paused job has no runs but those that it is told to have now",
    source: "google/cloud/scheduler/v1/cloudscheduler.proto: PauseJob, RunJob",
    start: "2026-11-30T08:00:00Z",
    schedule: "*/10 * * * *",
    paused: true,
    runNow: [0.25],
    hours: 2,
    attempts: ["2026-11-30T08:15:00Z"],
  },
  {
    id: "headers/every-attempt",
    shows: "every attempt says that it is Cloud Scheduler's, of which job, and when it was due",
    source: "https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget",
    start: "2026-11-30T08:59:00Z",
    schedule: "0 9 * * *",
    retry: { count: 1, minSeconds: 10, maxSeconds: 10 },
    answers: [500],
    headers: {
      "x-cloudscheduler": "true",
      "x-cloudscheduler-jobname": "report",
      "x-cloudscheduler-scheduletime": "2026-11-30T09:00:00Z",
      "user-agent": "Google-Cloud-Scheduler",
    },
    hours: 1,
    attempts: ["2026-11-30T09:00:00Z", "2026-11-30T09:00:10Z"],
  },
];
