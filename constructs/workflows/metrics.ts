import type { Alarm } from "../monitoring/alarm";
import { type Metric, metricsFor } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

/** What alarms and charts of a workflow speak of. */
export interface WatchedWorkflow {
  readonly workflowId: string;
  readonly projectId: string;
  readonly region: string;
  /** Executions that wait and are too many; undefined watches none. */
  readonly tooManyWaiting?: number;
}

const of =
  (type: string, metricLabels?: Metric["metricLabels"]) =>
  ({ workflowId, region }: Pick<WatchedWorkflow, "workflowId" | "region">): Metric => ({
    type: `workflows.googleapis.com/${type}`,
    resourceType: "workflows.googleapis.com/Workflow",
    resourceLabels: { workflow_id: workflowId, location: region },
    ...(metricLabels && { metricLabels }),
  });

/** https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-workflows */
export const workflowMetrics = {
  /** Executions that have ended, by status, count. */
  finished: of("finished_execution_count"),
  failed: of("finished_execution_count", { status: "FAILED" }),
  succeeded: of("finished_execution_count", { status: "SUCCEEDED" }),
} as const;

/** Executions that wait for others to end. No page of Google's confirms the name: nothing uses it unasked. */
const backlog = of("execution_backlog_size");

/** The metrics of one workflow. */
export const metricsOfWorkflow = (watched: WatchedWorkflow): Readonly<Record<keyof typeof workflowMetrics, Metric>> =>
  metricsFor(workflowMetrics, watched);

export function workflowAlarms(watched: WatchedWorkflow): readonly Alarm[] {
  const { workflowId, projectId, region, tooManyWaiting } = watched;
  const list = `gcloud workflows executions list ${workflowId} --location=${region} --project=${projectId}`;
  const failed: Alarm = {
    id: "ExecutionFailed",
    title: `${workflowId}: an execution failed`,
    severity: "ERROR",
    page: "docs/monitoring.md#an-execution-of-a-workflow-failed",
    conditions: [
      {
        title: "an execution ended with an error that nothing caught",
        metric: workflowMetrics.failed(watched),
        aligner: "ALIGN_DELTA",
        periodSeconds: 300,
        reducer: "REDUCE_SUM",
        above: 0,
        forSeconds: 0,
      },
    ],
    runbook: `An execution of \`${workflowId}\` has failed. Nothing starts it again: whoever started it was answered long ago.

1. Which? \`${list} --filter='state="FAILED"' --limit=10\`.
2. Why? \`gcloud workflows executions describe-last --location=${region} --project=${projectId} --workflow=${workflowId}\` shows the error, its step and line.
3. Start it again with the same argument once the cause is mended: \`gcloud workflows run ${workflowId} --location=${region} --project=${projectId} --data='{}'\`. Steps that had been taken are taken again.`,
  };
  if (tooManyWaiting === undefined) return [failed];
  return [
    failed,
    {
      id: "Backlog",
      title: `${workflowId}: executions wait`,
      severity: "WARNING",
      page: "docs/monitoring.md#executions-of-a-workflow-wait",
      conditions: [
        {
          title: `more than ${tooManyWaiting} executions wait for others to end`,
          metric: backlog(watched),
          aligner: "ALIGN_MAX",
          periodSeconds: 60,
          reducer: "REDUCE_SUM",
          above: tooManyWaiting,
          forSeconds: 300,
        },
      ],
      runbook: `More executions than the project may run at once: those above it wait.

1. How many run? \`${list} --filter='state="ACTIVE"' --limit=100\`.
2. What do they wait for? The steps of the oldest: \`${list} --sort-by=startTime --limit=5\`.
3. Ask Google for more concurrent executions, or start fewer.`,
    },
  ];
}

export const workflowSection = (watched: WatchedWorkflow): DashboardSection => ({
  title: watched.workflowId,
  kind: "workflow",
  charts: [
    chart(
      "executions that ended, by status",
      {
        metric: workflowMetrics.finished(watched),
        aligner: "ALIGN_DELTA",
        reducer: "REDUCE_SUM",
        by: ["metric.labels.status"],
      },
      { shape: "stacked-bar" },
    ),
  ],
});
