import type { Alarm } from "../monitoring/alarm";
import { type Metric, metricsFor } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

const of =
  (type: string, metricLabels?: Metric["metricLabels"]) =>
  ({ queueId, region }: { readonly queueId: string; readonly region: string }): Metric => ({
    type: `cloudtasks.googleapis.com/${type}`,
    resourceType: "cloud_tasks_queue",
    resourceLabels: { queue_id: queueId, location: region },
    metricLabels,
  });

/** There is no metric of a task's age. https://cloud.google.com/monitoring/api/metrics_gcp_c#gcp-cloudtasks */
export const queueMetrics = {
  /** Tasks that wait, those scheduled for later included. */
  depth: of("queue/depth"),
  /** Attempts, by their answer, count. */
  attempts: of("queue/task_attempt_count"),
  /** From the instant a task was due to the attempt, distribution in milliseconds: how late the queue is. */
  delay: of("queue/task_attempt_delays"),
  /** Calls of the API, count. */
  requests: of("api/request_count"),
} as const;

type Metrics = Readonly<Record<keyof typeof queueMetrics, Metric>>;

/** What alarms and charts of a queue speak of. */
export interface WatchedQueue {
  readonly queueId: string;
  readonly projectId: string;
  readonly region: string;
  /** Tasks that are too many. */
  readonly tooDeep: number;
  /** Lateness that is too much, seconds. */
  readonly tooLateSeconds: number;
}

/** The metrics of one queue. */
export const metricsOfQueue = (queue: Pick<WatchedQueue, "queueId" | "region">): Metrics =>
  metricsFor(queueMetrics, queue);

const describe = ({ queueId, region, projectId }: WatchedQueue) =>
  `\`gcloud tasks queues describe ${queueId} --location=${region} --project=${projectId}\``;

/** The alarms every queue comes with. Thresholds are ours. */
export const queueAlarms = (watched: WatchedQueue, { depth, delay }: Metrics): readonly Alarm[] => [
  {
    id: "Depth",
    title: `${watched.queueId}: too many tasks wait`,
    severity: "WARNING",
    page: "docs/monitoring.md#too-many-tasks-wait",
    conditions: [
      {
        title: `more than ${watched.tooDeep} tasks wait`,
        metric: depth,
        aligner: "ALIGN_MAX",
        periodSeconds: 60,
        reducer: "REDUCE_SUM",
        above: watched.tooDeep,
        forSeconds: 900,
      },
    ],
    runbook: `\`${watched.queueId}\` gets more tasks than it dispatches.

1. Is it paused, or are its rates too low? ${describe(watched)} shows state and rates.
2. Do its tasks fail? The stack's dashboard shows attempts by their answer; the target's log says why.
3. Raise \`perSecond\` and \`concurrent\`, and with them the target's \`maxInstances\`, if what is downstream can take it.`,
  },
  {
    id: "Late",
    title: `${watched.queueId}: tasks are late`,
    severity: "WARNING",
    page: "docs/monitoring.md#tasks-are-late",
    conditions: [
      {
        title: `5 % of the attempts begin more than ${watched.tooLateSeconds} s after they were due`,
        metric: delay,
        aligner: "ALIGN_PERCENTILE_95",
        periodSeconds: 60,
        reducer: "REDUCE_MAX",
        above: watched.tooLateSeconds * 1_000,
        forSeconds: 300,
      },
    ],
    runbook: `Tasks of \`${watched.queueId}\` wait beyond the instant they were scheduled for. Cloud Tasks tells no task's age; this is how late attempts begin.

1. ${describe(watched)}: do \`maxConcurrentDispatches\` and \`maxDispatchesPerSecond\` allow what comes in?
2. Slow targets hold concurrent dispatches: look at the target's time to answer on the stack's dashboard.`,
  },
];

/** What a queue shows: how deep, how late, and what its attempts come to. */
export const queueSection = (watched: WatchedQueue, metrics: Metrics): DashboardSection => ({
  title: watched.queueId,
  kind: "queue",
  charts: [
    chart(
      "tasks that wait",
      { metric: metrics.depth, aligner: "ALIGN_MAX", reducer: "REDUCE_SUM" },
      { threshold: watched.tooDeep },
    ),
    chart(
      "attempts by answer, a second",
      { metric: metrics.attempts, aligner: "ALIGN_RATE", reducer: "REDUCE_SUM", by: ["metric.labels.response_code"] },
      { shape: "stacked-bar" },
    ),
    chart(
      "lateness of attempts, p95, ms",
      { metric: metrics.delay, aligner: "ALIGN_PERCENTILE_95", reducer: "REDUCE_MAX" },
      { threshold: watched.tooLateSeconds * 1_000 },
    ),
  ],
});
