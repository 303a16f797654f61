import type { Column } from "../exports/columns";
import { type Adapter, asContent } from "./adapter";
import { labelled } from "./common";

const BIGQUERY = "https://bigquery.googleapis.com/bigquery/v2";

/** Kept for what is in it. */
const dataset: Adapter = {
  type: "google_bigquery_dataset",
  computed(read) {
    const name = `projects/${read.project}/datasets/${read.required("dataset_id")}`;
    return { project: read.project, id: name, self_link: `${BIGQUERY}/${name}`, ...labelled(read) };
  },
  contents: {
    leave: "delete_contents_on_destroy",
    refusal: "400, the dataset is still in use",
    of: (read, _live, others) =>
      others
        .filter(({ type }) => type === table.type)
        .map((one) => asContent(one, "table_id"))
        .filter(({ resource }) => resource?.id.startsWith(`${read.required("id")}/`)),
  },
};

/** A table keeps rows that Pub/Sub writes, as lines of a file; queries have to be made elsewhere. */
const table: Adapter = {
  type: "google_bigquery_table",
  runs: (attributes) => typeof attributes["schema"] === "string",
  honoured: ["dataset_id", "table_id", "project", "schema"],
  inert: [
    "clustering",
    "deletion_protection",
    "description",
    "encryption_configuration",
    "expiration_time",
    "friendly_name",
    "labels",
    "require_partition_filter",
    "resource_tags",
    "table_constraints",
    "time_partitioning",
    "range_partitioning",
  ],
  computed(read) {
    const parent = `projects/${read.project}/datasets/${read.required("dataset_id")}`;
    const name = `${parent}/tables/${read.required("table_id")}`;
    return { project: read.project, id: name, self_link: `${BIGQUERY}/${name}`, ...labelled(read) };
  },
  contribute(read, resource, draft) {
    const schema = read.text("schema");
    let columns: unknown;
    try {
      columns = schema === undefined ? undefined : JSON.parse(schema);
    } catch {
      read.wrong("schema", "a list of columns as JSON", schema!);
    }
    draft.tables.push({
      resource,
      name: `${read.project}.${read.required("dataset_id").split("/").at(-1)}.${read.required("table_id")}`,
      ...(Array.isArray(columns) && { columns: columns as readonly Column[] }),
    });
  },
};

export const bigqueryAdapters: readonly Adapter[] = [dataset, table];
