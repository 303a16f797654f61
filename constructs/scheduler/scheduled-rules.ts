import { type ContractManifest, DEADLINE_MARGIN_MS } from "../../contract/contract";
import { formatDuration } from "../../language/duration";
import type { Rule } from "../core";
import { RunJob } from "../run/run-job";
import { SCHEDULER_LIMITS } from "./job-rules";
import type { Gaps } from "./retries";
import type { ScheduledJobProps } from "./scheduled-job";

/** Whether a run may begin while another works. */
export type Overlap = "forbid" | "allow";

interface Checked {
  readonly target: ScheduledJobProps["target"];
  readonly overlap: Overlap | undefined;
  readonly gaps: Gaps | undefined;
  readonly manifest: ContractManifest | undefined;
}

/** Work that goes on once the run that began it has ended, in a word; undefined where the run is the work. */
function beyondTheRun(target: Checked["target"]): string | undefined {
  if ("runJob" in target) return "the execution of a job";
  if ("startWorkflow" in target) return "the execution of a workflow";
  return "publish" in target ? "what the topic's subscribers do" : undefined;
}

/** Longest execution of a job made here; undefined when nobody knows. */
const executionMs = (target: Checked["target"]): number | undefined =>
  "runJob" in target && target.runJob instanceof RunJob ? target.runJob.longestExecutionMs : undefined;

export const SCHEDULED_RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1915",
    fault: ({ manifest }) =>
      manifest !== undefined &&
      manifest.timeLimitMs + DEADLINE_MARGIN_MS > SCHEDULER_LIMITS.attemptDeadlineMs.max && {
        problem: `handler limit ${formatDuration(manifest.timeLimitMs)}, with a margin of ${formatDuration(DEADLINE_MARGIN_MS)}, is longer than the 30 minutes that Cloud Scheduler waits at most`,
        got: formatDuration(manifest.timeLimitMs),
        want: "≤ 1795s",
      },
  },
  {
    code: "MR1916",
    fault: ({ target, overlap, gaps }) => {
      if (overlap !== "forbid") return false;
      const what = beyondTheRun(target);
      const longest = executionMs(target);
      if (what === undefined || (gaps && longest !== undefined && longest <= gaps.shortestMs)) return false;
      return { problem: `${what} goes on after the run has ended, and may outlast the next one`, got: overlap };
    },
  },
  {
    code: "MR1917",
    severity: "warning",
    fault: ({ target, overlap, gaps }) => {
      const longest = executionMs(target);
      return (
        overlap === undefined &&
        gaps !== undefined &&
        longest !== undefined &&
        longest > gaps.shortestMs && {
          problem: `an execution may take ${formatDuration(longest)} with every retry, and the next run comes after ${formatDuration(gaps.shortestMs)}`,
          got: formatDuration(longest),
          want: `≤ ${formatDuration(gaps.shortestMs)}`,
        }
      );
    },
  },
];
