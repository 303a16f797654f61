import type { AbsenceCondition, Alarm, ScarcityCondition } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

/** What alarms and charts of scheduled work speak of. */
export interface WatchedSchedule {
  readonly jobId: string;
  readonly projectId: string;
  readonly region: string;
  /** Counts once for every run that has done its work, and for nothing else. */
  readonly success?: Metric;
  /** Longest time between two runs. */
  readonly longestGapMs?: number;
}

/** Longest absence that Cloud Monitoring waits for: https://cloud.google.com/monitoring/alerts/types-of-conditions */
const LONGEST_ABSENCE_SECONDS = 23.5 * 3_600;
/** A run may be late, and take its time, before it counts as missed. */
const GRACE_SECONDS = 900;
const MINUTE = 60;

/** Cloud Scheduler has no metric of its runs: its log tells how each attempt came out. */
const failedRun = ({ jobId, region }: WatchedSchedule) =>
  `resource.type="cloud_scheduler_job" AND resource.labels.job_id="${jobId}" AND resource.labels.location="${region}" AND severity>=ERROR`;

/** Somebody has paused or deleted the job: after that no run fails, because there is none. */
const stopped = ({ jobId, region, projectId }: WatchedSchedule) =>
  `protoPayload.serviceName="cloudscheduler.googleapis.com" AND protoPayload.resourceName="projects/${projectId}/locations/${region}/jobs/${jobId}" AND protoPayload.methodName=~"(PauseJob|DeleteJob)$"`;

/** Absence that means a missed run, whole minutes; undefined for runs too rare to be watched so. */
export function absenceSeconds(longestGapMs: number): number | undefined {
  const seconds = Math.ceil((longestGapMs / 1_000 + GRACE_SECONDS) / MINUTE) * MINUTE;
  return seconds <= LONGEST_ABSENCE_SECONDS ? seconds : undefined;
}

/** Longest period of an alert policy, google/monitoring/v3/common.proto: a day, and the hour that one in autumn has more. */
const LONGEST_PERIOD_MS = 25 * 3_600_000;

/** What a missed run shows in; undefined for runs that are rarer than anything Cloud Monitoring can wait for. */
function missedCondition(metric: Metric, longestGapMs: number): AbsenceCondition | ScarcityCondition | undefined {
  const common = { metric, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM" } as const;
  const absentForSeconds = absenceSeconds(longestGapMs);
  if (absentForSeconds !== undefined)
    return {
      ...common,
      title: `no run has done its work for ${absentForSeconds / MINUTE} minutes`,
      periodSeconds: MINUTE,
      absentForSeconds,
    };
  if (longestGapMs > LONGEST_PERIOD_MS) return undefined;
  return {
    ...common,
    title: "no run has done its work for 25 hours",
    periodSeconds: LONGEST_PERIOD_MS / 1_000,
    below: 1,
    forSeconds: 2 * GRACE_SECONDS,
  };
}

/**
 * A failed run, and a missed one. Runs that are rarer than Cloud Monitoring can wait for are missed when somebody stops
 * the job, which the first alarm sees in the audit log.
 */
export function scheduledAlarms(watched: WatchedSchedule): readonly Alarm[] {
  const { jobId, projectId, region, success, longestGapMs } = watched;
  const missing = success && longestGapMs !== undefined ? missedCondition(success, longestGapMs) : undefined;
  const failed: Alarm = {
    id: "RunFailed",
    title: `${jobId}: a run failed, or runs were stopped`,
    severity: "ERROR",
    page: "docs/monitoring.md#a-run-failed",
    conditions: [
      {
        title: "an attempt failed, or the job was paused or deleted",
        log: `(${failedRun(watched)}) OR (${stopped(watched)})`,
      },
    ],
    runbook: `A run of \`${jobId}\` has failed, or somebody has paused or deleted the job.

1. Which? \`gcloud scheduler jobs describe ${jobId} --location=${region} --project=${projectId}\` shows state, last attempt and its status.
2. Why? \`gcloud logging read 'resource.type="cloud_scheduler_job" AND resource.labels.job_id="${jobId}"' --project=${projectId} --freshness=7d --limit=20\`; then read the target's log.
3. Run it again once it is mended: \`gcloud scheduler jobs run ${jobId} --location=${region} --project=${projectId}\`.`,
  };
  if (!missing) return [failed];
  const missed: Alarm = {
    id: "RunMissed",
    title: `${jobId}: a run was missed`,
    severity: "ERROR",
    page: "docs/monitoring.md#a-run-was-missed",
    conditions: [missing],
    runbook: `\`${jobId}\` should have done its work by now and has not.

1. Is it enabled, and when did it run last? \`gcloud scheduler jobs describe ${jobId} --location=${region} --project=${projectId}\`.
2. Run it: \`gcloud scheduler jobs run ${jobId} --location=${region} --project=${projectId}\`.`,
  };
  return [failed, missed];
}

/** What scheduled work shows: the runs that have done it. */
export const scheduledSection = ({ jobId, success }: WatchedSchedule): readonly DashboardSection[] =>
  success
    ? [
        {
          title: jobId,
          kind: "schedule",
          charts: [
            chart(
              "runs that have done their work",
              { metric: success, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM" },
              { shape: "stacked-bar" },
            ),
          ],
        },
      ]
    : [];
