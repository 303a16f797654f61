import type { Metric } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

const of = (type: string, datasetId: string): Metric => ({
  type: `bigquery.googleapis.com/storage/${type}`,
  resourceType: "bigquery_dataset",
  resourceLabels: { dataset_id: datasetId },
});

/** Of a dataset, a series per table. https://cloud.google.com/monitoring/api/metrics_gcp_a_b#gcp-bigquery */
export const datasetMetrics = (datasetId: string) => ({
  /** Bytes stored. */
  bytes: of("stored_bytes", datasetId),
  /** Rows written by Pub/Sub, loads and inserts, count. */
  rowsWritten: of("uploaded_row_count", datasetId),
});

/** What a dataset shows: whether its tables grow. */
export const datasetSection = (metrics: ReturnType<typeof datasetMetrics>, title: string): DashboardSection => ({
  title,
  kind: "dataset",
  charts: [
    chart("rows written, a second", { metric: metrics.rowsWritten, aligner: "ALIGN_RATE" }),
    chart("bytes stored", { metric: metrics.bytes, aligner: "ALIGN_MEAN" }, { shape: "stacked-area" }),
  ],
});
