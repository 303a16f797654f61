import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";
import { instanceCharts, memoryAlarm } from "./instances";
import { workloadMetrics } from "./metrics";

/** What alarms and charts of a service or function speak of. */
export interface WatchedWorkload {
  /** `service` or `function`. */
  readonly kind: string;
  readonly serviceName: string;
  readonly projectId: string;
  readonly region: string;
  readonly timeoutSeconds: number;
  readonly maxInstances: number;
}

type Metrics = Readonly<Record<keyof typeof workloadMetrics, Metric>>;

const SHARE_OF_ERRORS = 0.05;
const SHARE_OF_TIMEOUT = 0.8;
const SHARE_OF_INSTANCES = 0.9;

/** The alarms every service and function comes with. Thresholds are ours. */
export const workloadAlarms = (watched: WatchedWorkload, metrics: Metrics): readonly Alarm[] => [
  errors(watched, metrics),
  slow(watched, metrics),
  saturated(watched, metrics),
  memoryAlarm({
    name: watched.serviceName,
    metric: metrics.memory,
    lost: "with every request in it; their events come again",
    killed: read(watched, '"Memory limit"'),
  }),
];

const read = ({ serviceName, region, projectId }: WatchedWorkload, more = "severity>=ERROR") =>
  `\`gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="${serviceName}" AND resource.labels.location="${region}" AND ${more}' --project=${projectId} --freshness=1h --limit=20\``;

const errors = (watched: WatchedWorkload, { serverErrors, requests }: Metrics): Alarm => ({
  id: "ServerErrors",
  title: `${watched.serviceName}: requests fail`,
  severity: "ERROR",
  page: "docs/monitoring.md#server-errors",
  conditions: [
    {
      title: "more than 5 % of the requests were answered with 5xx",
      metric: serverErrors,
      of: requests,
      aligner: "ALIGN_RATE",
      periodSeconds: 60,
      reducer: "REDUCE_SUM",
      above: SHARE_OF_ERRORS,
      forSeconds: 300,
    },
  ],
  runbook: `Callers get errors from \`${watched.serviceName}\`. Pub/Sub, Tasks and Scheduler try again with back-off, so nothing is lost yet.

1. Read why: ${read(watched)}.
2. A bad release? \`gcloud run revisions list --service=${watched.serviceName} --region=${watched.region} --project=${watched.projectId}\` shows when it came; deploy the one before.
3. Something downstream? Lower \`maxInstances\` until it has recovered: the events wait.`,
});

const slow = (watched: WatchedWorkload, { latency }: Metrics): Alarm => ({
  id: "Slow",
  title: `${watched.serviceName}: close to its time limit`,
  severity: "WARNING",
  page: "docs/monitoring.md#close-to-the-time-limit",
  conditions: [
    {
      title: `5 % of the requests take longer than ${SHARE_OF_TIMEOUT * 100} % of the ${watched.timeoutSeconds} s they have`,
      metric: latency,
      aligner: "ALIGN_PERCENTILE_95",
      periodSeconds: 60,
      reducer: "REDUCE_MAX",
      above: Math.round(watched.timeoutSeconds * 1_000 * SHARE_OF_TIMEOUT),
      forSeconds: 300,
    },
  ],
  runbook: `Requests of \`${watched.serviceName}\` that reach ${watched.timeoutSeconds} s are cut off and delivered again, while their work may go on.

1. Find the slow ones: ${read(watched, `httpRequest.latency>="${Math.round(watched.timeoutSeconds * SHARE_OF_TIMEOUT)}s"`)}.
2. Mend what they wait for, or raise the contract's \`timeLimit\` and deploy: every deadline follows from it.`,
});

const saturated = (watched: WatchedWorkload, { activeInstances }: Metrics): Alarm => ({
  id: "Saturated",
  title: `${watched.serviceName}: as many instances as it may have`,
  severity: "WARNING",
  page: "docs/monitoring.md#as-many-instances-as-allowed",
  conditions: [
    {
      title: `${SHARE_OF_INSTANCES * 100} % of the ${watched.maxInstances} instances are busy`,
      metric: activeInstances,
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      reducer: "REDUCE_SUM",
      // At or above, where Cloud Monitoring knows only above: instances are whole.
      above: Math.ceil(watched.maxInstances * SHARE_OF_INSTANCES) - 0.5,
      forSeconds: 600,
    },
  ],
  runbook: `\`${watched.serviceName}\` cannot grow any more; further requests are refused with 429 and come again.

1. Is it load, or are requests slow? Compare requests and latency on the stack's dashboard; the slow ones: ${read(watched, 'httpRequest.latency>="10s"')}.
2. If what is downstream can take it, raise \`maxInstances\` or \`concurrency\` and deploy. Otherwise let the events wait: that is what the limit is for.`,
});

/** What a service or function shows: traffic, errors, latency, saturation. */
export const workloadSection = (watched: WatchedWorkload, metrics: Metrics): DashboardSection => ({
  title: watched.serviceName,
  kind: watched.kind,
  charts: [
    chart(
      "requests by answer, a second",
      {
        metric: metrics.requests,
        aligner: "ALIGN_RATE",
        reducer: "REDUCE_SUM",
        by: ["metric.labels.response_code_class"],
      },
      { shape: "stacked-bar" },
    ),
    chart(
      "time to answer, p95, ms",
      { metric: metrics.latency, aligner: "ALIGN_PERCENTILE_95", reducer: "REDUCE_MAX" },
      { threshold: Math.round(watched.timeoutSeconds * 1_000 * SHARE_OF_TIMEOUT) },
    ),
    chart(
      "instances",
      { metric: metrics.instances, aligner: "ALIGN_MAX", reducer: "REDUCE_SUM", by: ["metric.labels.state"] },
      { shape: "stacked-area", threshold: watched.maxInstances },
    ),
    ...instanceCharts(metrics),
  ],
});
