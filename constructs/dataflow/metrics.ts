import type { Metric } from "../monitoring/metric";

/** A time series of one job, by its name. */
const of =
  (name: string) =>
  (jobName: string): Metric => ({
    type: `dataflow.googleapis.com/job/${name}`,
    resourceType: "dataflow_job",
    resourceLabels: { job_name: jobName },
  });

/** https://cloud.google.com/monitoring/api/metrics_gcp_d_h#gcp-dataflow */
export const dataflowMetrics = {
  /** How long the oldest item has waited or been worked on, seconds. */
  systemLag: of("system_lag"),
  /** Age of the watermark: how far behind the events the job is, seconds. */
  watermarkAge: of("data_watermark_age"),
  /** 1 once the job has failed. */
  failed: of("is_failed"),
  /** Virtual processors at work, count. */
  processors: of("current_num_vcpus"),
} as const;
