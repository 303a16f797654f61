/** Type of a column. https://cloud.google.com/bigquery/docs/schemas#standard_sql_data_types */
export type ColumnType =
  | "STRING"
  | "BYTES"
  | "INTEGER"
  | "FLOAT"
  | "NUMERIC"
  | "BIGNUMERIC"
  | "BOOLEAN"
  | "TIMESTAMP"
  | "DATE"
  | "TIME"
  | "DATETIME"
  | "GEOGRAPHY"
  | "JSON"
  | "RECORD";

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** @default "NULLABLE" */
  readonly mode?: "NULLABLE" | "REQUIRED" | "REPEATED";
  readonly description?: string;
  /** Columns of a `RECORD`. @default none */
  readonly fields?: readonly Column[];
}

/** What Pub/Sub writes beside a message's data. https://cloud.google.com/pubsub/docs/bigquery#write-metadata */
const METADATA: readonly Column[] = [
  { name: "subscription_name", type: "STRING" },
  { name: "message_id", type: "STRING" },
  { name: "publish_time", type: "TIMESTAMP" },
  { name: "attributes", type: "JSON" },
];

export const METADATA_COLUMNS: readonly string[] = METADATA.map(({ name }) => name);

/** Column of the data of a message that is written without a schema. */
export const DATA_COLUMN = "data";

/**
 * Columns of a table that takes messages as they are, with everything Pub/Sub knows of them.
 * @param data `BYTES` takes any data; `STRING` wants UTF-8 and `JSON` wants JSON, and what is not cannot be written
 */
export const pubsubColumns = (data: "BYTES" | "STRING" | "JSON" = "BYTES"): readonly Column[] => [
  { name: DATA_COLUMN, type: data },
  ...METADATA,
];
