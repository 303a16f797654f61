import type { CodeTable } from "./table";

const JOB_PROTO = "google/cloud/scheduler/v1/job.proto";
const TARGET_PROTO = "google/cloud/scheduler/v1/target.proto";

/** MR1900–MR1949: jobs of Cloud Scheduler and scheduled work. */
export const schedulerCodes = {
  MR1901: {
    title: "schedule that Google refuses",
    why: "Cloud Scheduler refuses the job at apply; a schedule that no day fits would be accepted by some parsers and never run",
    fix: "write five fields of unix cron or the descriptive form, or use `every`",
    source: "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules",
  },
  MR1902: {
    title: "unknown time zone",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "name a zone of the tz database, or leave timeZone out for Etc/UTC",
    source: JOB_PROTO + ": Job.time_zone",
  },
  MR1903: {
    title: "attempt deadline out of range",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "set 15s to 30m",
    source: JOB_PROTO + ": Job.attempt_deadline",
  },
  MR1904: {
    title: "target slower than the attempt deadline",
    why: "Cloud Scheduler counts the attempt as failed while the target still works on it, and a retry does the work a second time",
    fix: "raise attemptDeadline, or lower the target's timeout",
    source: JOB_PROTO + ": Job.attempt_deadline",
  },
  MR1905: {
    title: "retries that Cloud Scheduler does not make",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "set attempts to 0–5 and minBackoff to at most maxBackoff",
    source: JOB_PROTO + ": RetryConfig",
  },
  MR1906: {
    title: "retries that run into the next run",
    why: "retries end when the next run is due, so the last of them are never made",
    fix: "retry less often, with shorter pauses, or run less often",
    source: JOB_PROTO + ": Job.schedule",
  },
  MR1907: {
    title: "schedule hit by a change of the clocks",
    why: "Cloud Scheduler goes by the clock on the wall: a time that is left out has no run, one that comes twice may have two",
    fix: "use Etc/UTC or another hour; acknowledge it if a missing or second run does no harm",
    source: "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules#time_zone",
  },
  MR1908: {
    title: "empty message",
    why: "Pub/Sub refuses a message without data and attributes, so every run would fail",
    fix: "give data or at least one attribute",
    source: TARGET_PROTO + ": PubsubTarget",
  },
  MR1909: {
    title: "topic of another project",
    why: "Cloud Scheduler publishes within the job's project only",
    fix: "make the job in the project of the topic",
    source: TARGET_PROTO + ": PubsubTarget.topic_name",
  },
  MR1910: {
    title: "body where none can be",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "use POST, PUT or PATCH, or leave the body out",
    source: TARGET_PROTO + ": HttpTarget.body",
  },
  MR1911: {
    title: "header of Google's own",
    why: "the provider refuses it, or Cloud Scheduler overwrites it",
    fix: "leave it out",
    source: TARGET_PROTO + ": HttpTarget.headers",
  },
  MR1912: {
    title: "target without encryption",
    why: "whoever listens on the way has the token and may call the target with it for an hour",
    fix: "call an https URL",
  },
  MR1913: {
    title: "description too long",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "shorten it to 500 characters",
    source: JOB_PROTO + ": Job.description",
  },
  MR1914: {
    title: "path that does not begin with a slash",
    why: "Cloud Scheduler refuses the job at apply",
    fix: "write the path from the application's root, /tasks/weekly",
    source: TARGET_PROTO + ": AppEngineHttpTarget.relative_uri",
  },
  MR1915: {
    title: "handler longer than Cloud Scheduler waits",
    why: "the attempt would be given up and made again while the handler still runs",
    fix: "lower the contract's timeLimit to at most 1795s, or run a Cloud Run job or a workflow",
    source: JOB_PROTO + ": Job.attempt_deadline",
  },
  MR1916: {
    title: "overlap that cannot be forbidden",
    why: "Cloud Scheduler holds back the next run until this one has been answered, and this one is answered when the work has only begun",
    fix: "let a handler do the work, lower the job's timeout, retries or tasks until an execution fits between two runs, or allow overlap",
    source: JOB_PROTO + ": Job.schedule",
  },
  MR1917: {
    title: "executions that may overlap",
    why: "two executions of a job then work side by side; a handler's records keep their effects apart, an image's own code may not",
    fix: 'lower the job\'s timeout or retries, run less often, or say overlap: "allow"',
    source: JOB_PROTO + ": Job.schedule",
  },
} as const satisfies CodeTable;
