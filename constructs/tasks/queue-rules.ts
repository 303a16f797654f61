import { formatDuration } from "../../language/duration";
import type { Rule } from "../core";

/** google/cloud/tasks/v2/queue.proto */
export const TASKS_LIMITS = {
  perSecond: 500,
  concurrent: 5_000,
} as const;

/** A queue's props with every default applied; durations in milliseconds, `NaN` where one cannot be read. */
export interface ResolvedQueue {
  readonly generation: number;
  readonly perSecond: number;
  readonly concurrent: number;
  /** -1 for no limit. */
  readonly attempts: number;
  /** 0 for no limit. */
  readonly maxDurationMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxDoublings: number;
  readonly logShare: number;
  readonly exhausted?: "parked-by-handler" | "dropped";
}

/** What Cloud Tasks refuses, and what it accepts and then does otherwise than meant. */
export const QUEUE_RULES: readonly Rule<ResolvedQueue>[] = [
  {
    code: "MR1960",
    fault: ({ generation }) =>
      !(Number.isInteger(generation) && generation >= 1) && {
        problem: `generation ${generation} of the queue`,
        got: String(generation),
        want: "a whole number from 1",
      },
  },
  {
    code: "MR1951",
    fault: ({ perSecond }) =>
      (perSecond <= 0 || perSecond > TASKS_LIMITS.perSecond) && {
        problem: `${perSecond} dispatches per second; a queue makes more than 0 and at most ${TASKS_LIMITS.perSecond}`,
        got: String(perSecond),
        want: `0–${TASKS_LIMITS.perSecond}`,
      },
  },
  {
    code: "MR1952",
    fault: ({ concurrent }) =>
      (concurrent < 1 || concurrent > TASKS_LIMITS.concurrent || !Number.isInteger(concurrent)) && {
        problem: `${concurrent} dispatches at a time; a queue makes 1 to ${TASKS_LIMITS.concurrent}`,
        got: String(concurrent),
        want: `1–${TASKS_LIMITS.concurrent}`,
      },
  },
  {
    code: "MR1953",
    fault: ({ attempts }) =>
      (attempts === 0 || attempts < -1 || !Number.isInteger(attempts)) && {
        problem: `${attempts} attempts of a task cannot be made`,
        got: String(attempts),
        want: '1 or more, or "unlimited"',
      },
  },
  {
    code: "MR1954",
    fault: ({ minBackoffMs, maxBackoffMs, maxDoublings }) =>
      (minBackoffMs > maxBackoffMs || maxDoublings < 0 || !Number.isInteger(maxDoublings)) && {
        problem: `pauses from ${formatDuration(minBackoffMs)} to ${formatDuration(maxBackoffMs)} with ${maxDoublings} doublings cannot be made`,
      },
  },
  {
    code: "MR1955",
    severity: "warning",
    fault: ({ attempts }) =>
      attempts === -1 && { problem: "a task that always fails is tried until it is 31 days old", got: "unlimited" },
  },
  {
    code: "MR1956",
    severity: "warning",
    fault: ({ attempts, exhausted }) =>
      attempts !== -1 &&
      exhausted === undefined && {
        problem: `after ${attempts} failed attempts a task is deleted and nobody is told: Cloud Tasks has no dead letters`,
      },
  },
  {
    code: "MR1957",
    fault: ({ logShare }) =>
      (logShare < 0 || logShare > 1) && {
        problem: `a share of ${logShare} of the operations`,
        got: String(logShare),
        want: "0–1",
      },
  },
  {
    code: "MR1958",
    severity: "warning",
    fault: ({ concurrent }) => concurrent === 1 && { problem: "one dispatch at a time looks like order, and is none" },
  },
];
