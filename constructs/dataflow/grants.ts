import type { GrantKind } from "../core";

/** What a worker is given beside access to what its parameters name. https://cloud.google.com/dataflow/docs/concepts/access-control */
export const DATAFLOW_GRANTS = {
  work: {
    role: "roles/dataflow.worker",
    on: "project",
    reason: "carries out the work items of a job",
    because: "Dataflow has no role on a single job",
  },
  load: {
    role: "roles/bigquery.jobUser",
    on: "project",
    reason: "starts load jobs for files",
    because: "BigQuery runs load jobs in a project, and has no role on anything narrower",
  },
} as const satisfies Record<string, GrantKind>;
