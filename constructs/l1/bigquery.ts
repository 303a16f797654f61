export { BigqueryDataset } from "@cdktf/provider-google/lib/bigquery-dataset/index.js";
export { BigqueryDatasetIamMember } from "@cdktf/provider-google/lib/bigquery-dataset-iam-member/index.js";
export { BigqueryTable } from "@cdktf/provider-google/lib/bigquery-table/index.js";
export { BigqueryTableIamMember } from "@cdktf/provider-google/lib/bigquery-table-iam-member/index.js";
