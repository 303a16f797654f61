import { formatDuration } from "../../language/duration";
import { clockChanges, isTimeZone, nextRuns, parseSchedule, type Schedule } from "../../language/schedule";
import { type Fault, isKnown, type Rule } from "../core";

/** google/cloud/scheduler/v1/job.proto */
export const SCHEDULER_LIMITS = {
  attemptDeadlineMs: { min: 15_000, max: 1_800_000 },
  appEngineDeadlineMs: { min: 15_000, max: 86_415_000 },
  retries: { min: 0, max: 5 },
  description: 500,
} as const;

/** A job's props with every default applied; durations in milliseconds, `NaN` where one cannot be read. */
export interface ResolvedJob {
  readonly schedule: string;
  readonly timeZone: string;
  readonly description?: string;
  readonly projectId: string;
  readonly retry: {
    readonly attempts: number;
    readonly minBackoffMs: number;
    readonly maxBackoffMs: number;
    readonly maxDoublings: number;
    readonly maxDurationMs: number;
  };
  readonly http?: {
    readonly url: string;
    readonly method: string;
    readonly hasBody: boolean;
    readonly headers: readonly string[];
    readonly attemptDeadlineMs: number;
    readonly targetSeconds?: number;
  };
  readonly appEngine?: {
    readonly path: string;
    readonly method: string;
    readonly hasBody: boolean;
    readonly headers: readonly string[];
    readonly attemptDeadlineMs: number;
  };
  readonly message?: { readonly topic: string; readonly empty: boolean };
}

/** A span that does not move: what a synth finds must not depend on the day. */
export const SPAN_START = Date.UTC(2026, 0, 1);
const SPAN_DAYS = 730;

function parsed({ schedule, timeZone }: ResolvedJob): Schedule | undefined {
  if (!isKnown(schedule) || !isKnown(timeZone) || !isTimeZone(timeZone)) return undefined;
  const result = parseSchedule(schedule);
  return result.ok ? result.schedule : undefined;
}

/** Shortest time between two runs, of the first fifty. */
export function shortestInterval(schedule: Schedule, timeZone: string): number {
  const runs = nextRuns(schedule, timeZone, SPAN_START, 50);
  return Math.min(...runs.slice(1).map((at, index) => at - runs[index]!));
}

/** All pauses of a run that fails to the end. */
export function pausesOf({
  attempts,
  minBackoffMs,
  maxBackoffMs,
  maxDoublings,
}: Omit<ResolvedJob["retry"], "maxDurationMs">): number {
  let sum = 0;
  for (let retry = 1; retry <= attempts; retry++) {
    const top = minBackoffMs * 2 ** Math.min(maxDoublings, retry - 1);
    sum += Math.min(maxBackoffMs, top * Math.max(1, retry - maxDoublings));
  }
  return sum;
}

function clockFault(job: ResolvedJob): Fault | false {
  const schedule = parsed(job);
  const change = schedule && clockChanges(schedule, job.timeZone, SPAN_START, SPAN_DAYS)[0];
  if (!change) return false;
  const at = new Date(change.wallMs).toISOString().slice(0, 16).replace("T", " ");
  const what = change.kind === "skipped" ? "does not exist there, so the run is left out" : "comes twice there";
  return { problem: `${at} in ${job.timeZone} ${what}; "${job.schedule}" is hit once a year`, got: job.schedule };
}

const REFUSED_HEADERS = /^(content-length|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i;
const BODY_METHODS = new Set(["POST", "PUT", "PATCH"]);
const within = (value: number, { min, max }: { readonly min: number; readonly max: number }) =>
  !(value < min || value > max);

/** What Cloud Scheduler refuses, and what it accepts and then does otherwise than meant. */
export const JOB_RULES: readonly Rule<ResolvedJob>[] = [
  {
    code: "MR1902",
    fault: ({ timeZone }) =>
      isKnown(timeZone) &&
      !isTimeZone(timeZone) && {
        problem: `"${timeZone}" is no zone of the tz database`,
        got: timeZone,
        want: "Europe/Berlin",
      },
  },
  {
    code: "MR1903",
    fault: ({ http }) =>
      http !== undefined &&
      !within(http.attemptDeadlineMs, SCHEDULER_LIMITS.attemptDeadlineMs) && {
        problem: `an attempt may take ${formatDuration(http.attemptDeadlineMs)}; Cloud Scheduler waits for 15 s to 30 minutes`,
        got: formatDuration(http.attemptDeadlineMs),
        want: "15s–30m",
      },
  },
  {
    code: "MR1903",
    fault: ({ appEngine }) =>
      appEngine !== undefined &&
      !within(appEngine.attemptDeadlineMs, SCHEDULER_LIMITS.appEngineDeadlineMs) && {
        problem: `an attempt may take ${formatDuration(appEngine.attemptDeadlineMs)}; App Engine is waited for from 15 s to 24 h 15 s`,
        got: formatDuration(appEngine.attemptDeadlineMs),
        want: "15s–86415s",
      },
  },
  {
    code: "MR1914",
    fault: ({ appEngine }) =>
      appEngine !== undefined &&
      isKnown(appEngine.path) &&
      !appEngine.path.startsWith("/") && {
        problem: `"${appEngine.path}" is no path of an application`,
        got: appEngine.path,
        want: "/…",
      },
  },
  {
    code: "MR1904",
    severity: "warning",
    fault: ({ http }) =>
      http?.targetSeconds !== undefined &&
      http.targetSeconds * 1_000 > http.attemptDeadlineMs && {
        problem: `the target may take ${http.targetSeconds} s, but an attempt is given up after ${formatDuration(http.attemptDeadlineMs)} and made again while the first still works`,
        got: formatDuration(http.attemptDeadlineMs),
        want: `≥ ${http.targetSeconds}s`,
      },
  },
  {
    code: "MR1905",
    fault: ({ retry: { attempts } }) =>
      (!within(attempts, SCHEDULER_LIMITS.retries) || !Number.isInteger(attempts)) && {
        problem: `${attempts} retries of a failed attempt; Cloud Scheduler makes 0 to 5`,
        got: String(attempts),
        want: "0–5",
      },
  },
  {
    code: "MR1905",
    fault: ({ retry: { minBackoffMs, maxBackoffMs, maxDoublings } }) =>
      (minBackoffMs > maxBackoffMs || maxDoublings < 0 || !Number.isInteger(maxDoublings)) && {
        problem: `pauses from ${formatDuration(minBackoffMs)} to ${formatDuration(maxBackoffMs)} with ${maxDoublings} doublings cannot be made`,
      },
  },
  {
    code: "MR1906",
    severity: "warning",
    fault: (job) => {
      const schedule = parsed(job);
      if (!schedule || job.retry.attempts === 0) return false;
      const shortest = shortestInterval(schedule, job.timeZone);
      const sum = pausesOf(job.retry);
      return (
        sum > shortest && {
          problem: `the pauses of ${job.retry.attempts} retries are ${formatDuration(sum)} in all, but the next run is due after ${formatDuration(shortest)} and ends them`,
          got: formatDuration(sum),
          want: `≤ ${formatDuration(shortest)}`,
        }
      );
    },
  },
  { code: "MR1907", severity: "warning", fault: clockFault },
  {
    code: "MR1908",
    fault: ({ message }) => message?.empty === true && { problem: "the message has neither data nor attributes" },
  },
  {
    code: "MR1909",
    fault: ({ message, projectId }) =>
      message !== undefined &&
      isKnown(message.topic) &&
      isKnown(projectId) &&
      !message.topic.startsWith(`projects/${projectId}/`) && {
        problem: `${message.topic} is not of the job's project ${projectId}`,
        got: message.topic,
      },
  },
  {
    code: "MR1910",
    fault: ({ http, appEngine }) => {
      const { hasBody = false, method = "" } = http ?? appEngine ?? {};
      return hasBody && !BODY_METHODS.has(method) && { problem: `a ${method} request carries no body`, got: method };
    },
  },
  {
    code: "MR1911",
    fault: ({ http, appEngine }) => {
      const refused = (http ?? appEngine)?.headers.filter((name) => REFUSED_HEADERS.test(name)) ?? [];
      return refused.length > 0 && { problem: `${refused.join(", ")} cannot be set by a job`, got: refused.join(", ") };
    },
  },
  {
    code: "MR1912",
    severity: "warning",
    fault: ({ http }) =>
      http !== undefined &&
      isKnown(http.url) &&
      !http.url.startsWith("https://") && {
        problem: `${http.url} is called without encryption, token included`,
        got: http.url,
      },
  },
  {
    code: "MR1913",
    fault: ({ description }) =>
      description !== undefined &&
      description.length > SCHEDULER_LIMITS.description && {
        problem: `the description has ${description.length} characters; at most ${SCHEDULER_LIMITS.description} are allowed`,
      },
  },
];
