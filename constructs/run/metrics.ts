import { type Metric, metricsFor } from "../monitoring/metric";

const of =
  (name: string, metricLabels?: Metric["metricLabels"]) =>
  ({ serviceName, region }: { readonly serviceName: string; readonly region: string }): Metric => ({
    type: `run.googleapis.com/${name}`,
    resourceType: "cloud_run_revision",
    resourceLabels: { service_name: serviceName, location: region },
    metricLabels,
  });

/** Of a service, all its revisions together; a function's are those of the service under it. https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run */
export const workloadMetrics = {
  /** Requests answered, count. */
  requests: of("request_count"),
  /** Requests answered with 5xx, count. */
  serverErrors: of("request_count", { response_code_class: "5xx" }),
  /** Time to answer, distribution in milliseconds. */
  latency: of("request_latencies"),
  /** Instances, busy and idle. */
  instances: of("container/instance_count"),
  activeInstances: of("container/instance_count", { state: "active" }),
  /** Requests at a time in one instance, distribution. */
  concurrency: of("container/max_request_concurrencies"),
  /** Share of the CPU in use, 0–1, distribution. */
  cpu: of("container/cpu/utilizations"),
  /** Share of the memory in use, 0–1, distribution. */
  memory: of("container/memory/utilizations"),
  /** Time that is paid for, seconds of instances. */
  billedTime: of("container/billable_instance_time"),
  /** Time from start to ready, distribution in milliseconds. */
  startup: of("container/startup_latencies"),
} as const;

/** The metrics of one workload. */
export const metricsOfWorkload = (workload: {
  readonly serviceName: string;
  readonly region: string;
}): Readonly<Record<keyof typeof workloadMetrics, Metric>> => metricsFor(workloadMetrics, workload);
