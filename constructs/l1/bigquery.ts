import type { BigqueryDataset, BigqueryDatasetConfig } from "@cdktf/provider-google/lib/bigquery-dataset/index.js";
import type { BigqueryTable, BigqueryTableConfig } from "@cdktf/provider-google/lib/bigquery-table/index.js";
import type { Construct } from "constructs";

export type { BigqueryDataset, BigqueryTable };
export { BigqueryDatasetIamMember } from "@cdktf/provider-google/lib/bigquery-dataset-iam-member/index.js";
export { BigqueryTableIamMember } from "@cdktf/provider-google/lib/bigquery-table-iam-member/index.js";

// The two largest bindings here take 40 ms to load, a tenth of a small app's synth: loaded when the first one is made.

export function bigqueryDataset(scope: Construct, id: string, config: BigqueryDatasetConfig): BigqueryDataset {
  const bindings = require("@cdktf/provider-google/lib/bigquery-dataset/index.js") as {
    readonly BigqueryDataset: typeof BigqueryDataset;
  };
  return new bindings.BigqueryDataset(scope, id, config);
}

export function bigqueryTable(scope: Construct, id: string, config: BigqueryTableConfig): BigqueryTable {
  const bindings = require("@cdktf/provider-google/lib/bigquery-table/index.js") as {
    readonly BigqueryTable: typeof BigqueryTable;
  };
  return new bindings.BigqueryTable(scope, id, config);
}
