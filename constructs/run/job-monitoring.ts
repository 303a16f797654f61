import type { Alarm } from "../monitoring/alarm";
import { type Metric, metricsFor } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

const of =
  (name: string, metricLabels?: Metric["metricLabels"]) =>
  ({ jobId, region }: { readonly jobId: string; readonly region: string }): Metric => ({
    type: `run.googleapis.com/job/${name}`,
    resourceType: "cloud_run_job",
    resourceLabels: { job_name: jobId, location: region },
    metricLabels,
  });

/** https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run */
export const runJobMetrics = {
  /** Executions that have ended well, count. */
  succeeded: of("completed_execution_count", { result: "succeeded" }),
  /** Executions that have ended with a task given up, count. */
  failed: of("completed_execution_count", { result: "failed" }),
  /** Attempts of tasks that have ended, by their result, count. */
  attempts: of("completed_task_attempt_count"),
  /** Executions that run. */
  running: of("running_executions"),
  /** Attempts of tasks that run. */
  runningTasks: of("running_task_attempts"),
} as const;

/** What alarms and charts of a job speak of. */
export interface WatchedJob {
  readonly jobId: string;
  readonly projectId: string;
  readonly region: string;
}

type Metrics = Readonly<Record<keyof typeof runJobMetrics, Metric>>;

/** The metrics of one job. */
export const metricsOfJob = (job: Pick<WatchedJob, "jobId" | "region">): Metrics => metricsFor(runJobMetrics, job);

/** The alarms every job comes with. */
export const runJobAlarms = ({ jobId, projectId, region }: WatchedJob, { failed }: Metrics): readonly Alarm[] => [
  {
    id: "ExecutionFailed",
    title: `${jobId}: an execution has failed`,
    severity: "ERROR",
    page: "docs/monitoring.md#an-execution-has-failed",
    conditions: [
      {
        title: "a task was given up",
        metric: failed,
        aligner: "ALIGN_DELTA",
        periodSeconds: 300,
        reducer: "REDUCE_SUM",
        above: 0,
        forSeconds: 0,
      },
    ],
    runbook: `A task of \`${jobId}\` has used up its attempts, so its execution has failed. Tasks that have ended are done.

1. Which tasks? \`gcloud run jobs executions list --job=${jobId} --region=${region} --project=${projectId} --limit=5\`, then \`gcloud run jobs executions tasks list --execution=EXECUTION --region=${region} --project=${projectId} --filter='status.conditions.status=False'\`.
2. Why? \`gcloud logging read 'resource.type="cloud_run_job" AND resource.labels.job_name="${jobId}" AND severity>=ERROR' --project=${projectId} --freshness=1d --limit=20\`.
3. Mend it, deploy, and run the job again: \`gcloud run jobs execute ${jobId} --region=${region} --project=${projectId}\`. Items that a handler has settled are not done a second time.`,
  },
];

/** What a job shows: executions and tasks by their result, and what runs. */
export const runJobSection = ({ jobId }: Pick<WatchedJob, "jobId">, metrics: Metrics): DashboardSection => ({
  title: jobId,
  kind: "job",
  charts: [
    chart(
      "executions that have ended",
      [
        { metric: metrics.succeeded, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", legend: "succeeded" },
        { metric: metrics.failed, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", legend: "failed" },
      ],
      { shape: "stacked-bar" },
    ),
    chart(
      "attempts of tasks that have ended",
      { metric: metrics.attempts, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", by: ["metric.labels.result"] },
      { shape: "stacked-bar" },
    ),
    chart("tasks that run", { metric: metrics.runningTasks, aligner: "ALIGN_MAX", reducer: "REDUCE_SUM" }),
  ],
});
