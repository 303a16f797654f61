import type { CodeTable } from "./table";

/** MR1800–MR1849: BigQuery datasets and tables. */
export const bigqueryCodes = {
  MR1801: {
    title: "not the full name of a dataset or table",
    why: "what was made elsewhere may live in another project, so its short name says too little",
    fix: "write PROJECT.DATASET or PROJECT.DATASET.TABLE, with dots",
    source: "google/pubsub/v1/pubsub.proto: BigQueryConfig.table",
  },
  MR1802: {
    title: "table partitioned or clustered by a column it does not have",
    why: "BigQuery refuses the table at apply",
    fix: "name one of the columns",
  },
  MR1803: {
    title: "two columns of one name",
    why: "BigQuery refuses the table at apply; it does not tell upper from lower case",
    fix: "rename one of the columns",
  },
  MR1804: {
    title: "expiration out of BigQuery's bounds",
    why: "the provider refuses a table expiration of less than an hour, and BigQuery a time travel outside two to seven days",
    fix: "keep tables for 1h or longer, and set timeTravel to 2d–7d in whole days",
    source: "google_bigquery_dataset: default_table_expiration_ms, max_time_travel_hours",
  },
  MR1805: {
    title: "table clustered by many columns",
    why: "BigQuery is said to cluster by four columns at most",
    fix: "name the four that queries filter by most",
  },
} as const satisfies CodeTable;
