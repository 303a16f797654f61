import type { Alarm } from "../monitoring/alarm";
import { type Metric, metricsFor } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";
import { instanceCharts, memoryAlarm } from "./instances";

const of =
  (name: string) =>
  ({ poolId, region }: Pick<WatchedPool, "poolId" | "region">): Metric => ({
    type: `run.googleapis.com/container/${name}`,
    resourceType: "cloud_run_worker_pool",
    resourceLabels: { worker_pool_name: poolId, location: region },
  });

/** Those of Cloud Run's metrics that pools have. https://docs.cloud.google.com/run/docs/monitoring#built-in-metrics */
export const poolMetrics = {
  /** Instances that run. */
  instances: of("instance_count"),
  /** Share of the CPU in use, 0–1, distribution. */
  cpu: of("cpu/utilizations"),
  /** Share of the memory in use, 0–1, distribution. */
  memory: of("memory/utilizations"),
  /** Time that is paid for, seconds of instances. */
  billedTime: of("billable_instance_time"),
  /** Time from start to ready, distribution in milliseconds; one for every instance that starts. */
  startup: of("startup_latencies"),
} as const;

/** What alarms and charts of a worker pool speak of. */
export interface WatchedPool {
  readonly poolId: string;
  readonly projectId: string;
  readonly region: string;
  readonly instances: number;
}

type Metrics = Readonly<Record<keyof typeof poolMetrics, Metric>>;

/** The metrics of one worker pool. */
export const metricsOfPool = (pool: Pick<WatchedPool, "poolId" | "region">): Metrics => metricsFor(poolMetrics, pool);

/** The alarms every worker pool comes with; that its messages wait is an alarm of the subscription. Thresholds are ours. */
export const poolAlarms = (watched: WatchedPool, metrics: Metrics): readonly Alarm[] => [
  // A pool of none has been switched off by hand, and would be missed forever.
  ...(watched.instances === 0 ? [] : [missing(watched, metrics)]),
  memoryAlarm({
    name: watched.poolId,
    metric: metrics.memory,
    lost: "with every message in it; they come again",
    killed: read(watched, '"Memory limit"'),
  }),
];

const read = ({ poolId, region, projectId }: WatchedPool, more: string) =>
  `\`gcloud logging read 'resource.type="cloud_run_worker_pool" AND resource.labels.worker_pool_name="${poolId}" AND resource.labels.location="${region}" AND ${more}' --project=${projectId} --freshness=1h --limit=20\``;

const missing = (watched: WatchedPool, { instances }: Metrics): Alarm => ({
  id: "NoInstance",
  title: `${watched.poolId}: no instance runs`,
  severity: "ERROR",
  page: "docs/monitoring.md#no-instance-runs",
  conditions: [
    {
      title: "there has been no instance for 10 minutes",
      metric: instances,
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      reducer: "REDUCE_SUM",
      absentForSeconds: 600,
    },
  ],
  runbook: `Nothing pulls what \`${watched.poolId}\` should: messages wait until the subscription's retention ends.

1. Does it start? \`gcloud run worker-pools describe ${watched.poolId} --region=${watched.region} --project=${watched.projectId}\` shows its condition and how many instances it is told to have (${watched.instances} by this plan).
2. Why does it stop? ${read(watched, "severity>=WARNING")}. A handler that is started with the wrong variables says so in its first line and ends.
3. Set to none by hand? Deploy the plan again.`,
});

/** What a worker pool shows: its instances, and what they use. */
export const poolSection = ({ poolId, instances }: WatchedPool, metrics: Metrics): DashboardSection => ({
  title: poolId,
  kind: "worker pool",
  charts: [
    chart(
      "instances",
      { metric: metrics.instances, aligner: "ALIGN_MAX", reducer: "REDUCE_SUM" },
      { threshold: instances },
    ),
    ...instanceCharts(metrics),
  ],
});
