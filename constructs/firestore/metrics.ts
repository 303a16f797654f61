import type { Metric } from "../monitoring/metric";
import { chart, type DashboardSection } from "../monitoring/section";

const of = (type: string, databaseId: string): Metric => ({
  type: `firestore.googleapis.com/document/${type}`,
  resourceType: "firestore.googleapis.com/Database",
  resourceLabels: { database_id: databaseId },
});

/** https://cloud.google.com/monitoring/api/metrics_gcp_d_h#gcp-firestore */
export const databaseMetrics = (databaseId: string) => ({
  /** Documents read, count. */
  reads: of("read_ops_count", databaseId),
  /** Documents written, count. */
  writes: of("write_ops_count", databaseId),
  /** Documents deleted, expired ones among them, count. */
  deletes: of("delete_ops_count", databaseId),
});

/** What a database shows: what is paid for by the document. */
export function databaseSection(metrics: ReturnType<typeof databaseMetrics>, title: string): DashboardSection {
  const rate = (metric: Metric, legend: string) =>
    ({ metric, aligner: "ALIGN_RATE", reducer: "REDUCE_SUM", legend }) as const;
  const { reads, writes, deletes } = metrics;
  return {
    title,
    kind: "database",
    charts: [chart("documents a second", [rate(reads, "read"), rate(writes, "written"), rate(deletes, "deleted")])],
  };
}
