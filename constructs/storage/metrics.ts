import type { Metric } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

const of = (type: string, bucketName: string): Metric => ({
  type: `storage.googleapis.com/${type}`,
  resourceType: "gcs_bucket",
  resourceLabels: { bucket_name: bucketName },
});

/** https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-storage */
export const bucketMetrics = (bucketName: string) => ({
  /** Requests of every kind, count. */
  requests: of("api/request_count", bucketName),
  /** Objects, told once a day. */
  objects: of("storage/object_count", bucketName),
  /** Bytes of all objects, told once a day. */
  bytes: of("storage/total_bytes", bucketName),
});

/** What a bucket shows: who asks for what with which answer, and what is stored. */
export const bucketSection = (metrics: ReturnType<typeof bucketMetrics>, title: string): DashboardSection => ({
  title,
  kind: "bucket",
  charts: [
    chart(
      "requests by answer, a second",
      { metric: metrics.requests, aligner: "ALIGN_RATE", reducer: "REDUCE_SUM", by: ["metric.labels.response_code"] },
      { shape: "stacked-bar" },
    ),
    chart("bytes stored", { metric: metrics.bytes, aligner: "ALIGN_MEAN", reducer: "REDUCE_SUM" }),
  ],
});
