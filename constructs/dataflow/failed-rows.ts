import type { Column } from "../bigquery/columns";

/**
 * Columns of the table to which Google's templates write the messages that they could not: the template fails when the
 * table has others. GoogleCloudPlatform/DataflowTemplates, streaming_source_deadletter_table_schema.json
 */
export const failedRowColumns = (): readonly Column[] => [
  { name: "timestamp", type: "TIMESTAMP", mode: "REQUIRED" },
  { name: "payloadString", type: "STRING", mode: "REQUIRED" },
  { name: "payloadBytes", type: "BYTES", mode: "REQUIRED" },
  {
    name: "attributes",
    type: "RECORD",
    mode: "REPEATED",
    fields: [
      { name: "key", type: "STRING" },
      { name: "value", type: "STRING" },
    ],
  },
  { name: "errorMessage", type: "STRING" },
  { name: "stacktrace", type: "STRING" },
];
