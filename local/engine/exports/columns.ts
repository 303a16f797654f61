/** A column of a table, as `google_bigquery_table.schema` has it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly mode?: string;
  readonly fields?: readonly Column[];
}
