export { type Column, type ColumnType, pubsubColumns } from "./columns";
export { BigQueryDataset, type BigQueryDatasetProps, type IBigQueryDataset } from "./dataset";
export { BigQueryTable, type BigQueryTableProps, type IBigQueryTable } from "./table";
