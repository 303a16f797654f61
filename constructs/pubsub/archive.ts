import type { Construct } from "constructs";
import { pubsubColumns } from "../bigquery/columns";
import { BigQueryDataset } from "../bigquery/dataset";
import { BigQueryTable, type IBigQueryTable } from "../bigquery/table";
import { Bucket, type IBucket } from "../storage/bucket";
import type { SubscriptionProps } from "./subscription-props";

/** Where messages are kept for good, as they are and with everything Pub/Sub knows of them. */
export type Archive =
  /** Avro files, in a bucket of its own unless one is given. */
  | { readonly to: "cloud-storage"; readonly bucket?: IBucket }
  /** Rows with the columns of `pubsubColumns()`, in a table of its own with a partition per day unless one is given. */
  | { readonly to: "bigquery"; readonly table?: IBigQueryTable };

/** How a subscription writes to an archive; makes the bucket or the table unless it is given. */
export function archiving(
  scope: Construct,
  name: string,
  archive: Archive,
): Pick<SubscriptionProps, "bigQuery" | "cloudStorage"> {
  if (archive.to === "cloud-storage")
    return { cloudStorage: { bucket: archive.bucket ?? new Bucket(scope, "Files", { name }), avro: AVRO } };
  return { bigQuery: { table: archive.table ?? archiveTable(scope, name), writeMetadata: true } };
}

const AVRO = { writeMetadata: true } as const;

const archiveTable = (scope: Construct, name: string): BigQueryTable =>
  new BigQueryTable(scope, "Table", {
    dataset: new BigQueryDataset(scope, "Dataset", { name }),
    name: "messages",
    columns: pubsubColumns(),
    partition: { by: "publish_time", unit: "day" },
  });
