import type { ContractManifest } from "../../contract/contract";
import { isTimeZone, nextRuns, parseSchedule } from "../../language/schedule";
import { isKnown } from "../core";
import type { JobRetry } from "./job";
import { pausesOf, SCHEDULER_LIMITS, SPAN_START } from "./job-rules";

/** Time between runs. */
export interface Gaps {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** Runs that are looked at: enough for a year of weeks. */
const RUNS = 60;

/** Shortest and longest time between two runs; undefined when the schedule or its zone cannot be read. */
export function gapsOf(schedule: string, timeZone: string): Gaps | undefined {
  if (!isKnown(schedule) || !isKnown(timeZone) || !isTimeZone(timeZone)) return undefined;
  const parsed = parseSchedule(schedule);
  if (!parsed.ok) return undefined;
  const runs = nextRuns(parsed.schedule, timeZone, SPAN_START, RUNS);
  const gaps = runs.slice(1).map((at, index) => at - runs[index]!);
  return gaps.length === 0 ? undefined : { shortestMs: Math.min(...gaps), longestMs: Math.max(...gaps) };
}

/** Least pause of Cloud Scheduler's own, google/cloud/scheduler/v1/job.proto: `RetryConfig.min_backoff_duration` */
const LEAST_PAUSE_MS = 5_000;

/**
 * The contract's attempts and pauses, and one attempt more: the record parks first, Cloud Scheduler is the net. As many
 * as are over before the next run is due and ends them.
 */
export function retriesThatFit(manifest: ContractManifest, shortestMs = Number.POSITIVE_INFINITY): JobRetry {
  const minBackoffMs = Math.max(LEAST_PAUSE_MS, manifest.minBackoffMs);
  const maxBackoffMs = Math.max(minBackoffMs, manifest.maxBackoffMs);
  const most = Math.min(SCHEDULER_LIMITS.retries.max, manifest.attempts);
  const fits = (attempts: number) =>
    pausesOf({ attempts, minBackoffMs, maxBackoffMs, maxDoublings: MAX_DOUBLINGS }) <= shortestMs;
  let attempts = most;
  while (attempts > 0 && !fits(attempts)) attempts--;
  return {
    attempts,
    minBackoff: `${minBackoffMs}ms`,
    maxBackoff: `${maxBackoffMs}ms`,
    maxDoublings: MAX_DOUBLINGS,
  };
}

const MAX_DOUBLINGS = 5;
