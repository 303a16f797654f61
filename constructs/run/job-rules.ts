import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import { formatDuration } from "../../language/duration";
import { isKnown, type Rule } from "../core";
import type { Machine } from "./size";

/** https://cloud.google.com/run/quotas */
export const JOB_LIMITS = {
  tasks: 10_000,
  retries: 10,
  timeoutMs: 7 * 86_400_000,
} as const;

/** A job's props with every default applied; durations in milliseconds, `NaN` where one cannot be read. */
export interface ResolvedRunJob extends Machine {
  readonly tasks: number;
  readonly parallelism: number;
  readonly retries: number;
  readonly timeoutMs: number;
  /** Time limit of one item, by the contract. */
  readonly itemMs?: number;
}

const whole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** What Cloud Run refuses, and what it accepts and then does otherwise than meant. The provider checks none of it. */
export const RUN_JOB_RULES: readonly Rule<ResolvedRunJob>[] = [
  {
    code: "MR1360",
    fault: ({ tasks }) =>
      isKnown(tasks) &&
      !whole(tasks, 1, JOB_LIMITS.tasks) && {
        problem: `a job of ${tasks} tasks`,
        got: String(tasks),
        want: `1–${JOB_LIMITS.tasks}`,
      },
  },
  {
    code: "MR1361",
    fault: ({ tasks, parallelism }) =>
      isKnown(tasks) &&
      isKnown(parallelism) &&
      whole(tasks, 1, JOB_LIMITS.tasks) &&
      !whole(parallelism, 1, tasks) && {
        problem: `${parallelism} tasks at a time of a job that has ${tasks}`,
        got: String(parallelism),
        want: `1–${tasks}`,
      },
  },
  {
    code: "MR1362",
    fault: ({ retries }) =>
      isKnown(retries) &&
      !whole(retries, 0, JOB_LIMITS.retries) && {
        problem: `${retries} retries of a task; Cloud Run makes 0 to ${JOB_LIMITS.retries}`,
        got: String(retries),
        want: `0–${JOB_LIMITS.retries}`,
      },
  },
  {
    code: "MR1363",
    fault: ({ timeoutMs }) =>
      (timeoutMs < 1_000 || timeoutMs > JOB_LIMITS.timeoutMs) && {
        problem: `an attempt of a task cannot last ${formatDuration(timeoutMs)}`,
        got: formatDuration(timeoutMs),
        want: "1s–7d",
      },
  },
  {
    code: "MR1364",
    fault: ({ cpu }) =>
      isKnown(cpu) && cpu < 1 && { problem: `a task with ${cpu} vCPUs`, got: String(cpu), want: "≥ 1" },
  },
  {
    code: "MR1366",
    fault: ({ timeoutMs, itemMs }) =>
      itemMs !== undefined &&
      timeoutMs < itemMs + DEADLINE_MARGIN_MS && {
        problem: `an attempt of a task ends after ${formatDuration(timeoutMs)}, but the contract allows one item ${formatDuration(itemMs)}`,
        got: formatDuration(timeoutMs),
        want: `≥ ${formatDuration(itemMs + DEADLINE_MARGIN_MS)}`,
      },
  },
  {
    code: "MR1367",
    severity: "warning",
    fault: ({ retries, itemMs }) =>
      retries === 0 && itemMs !== undefined && { problem: "a task that fails or is lost is never taken up again" },
  },
];
