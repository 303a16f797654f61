import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { IBigQueryTable } from "../bigquery/table";
import { toGoogleDuration, type Duration } from "../../language/duration";
import { enableApi, type IGrantee, type IServiceAccount } from "../core";
import type { IBucket } from "../storage/bucket";

/** Writing messages to a table instead of waiting to be asked for them. */
export interface BigQueryProps {
  readonly table: IBigQueryTable;
  /**
   * What becomes a column: the fields of the topic's schema, the table's own columns filled from JSON data, or one
   * column `data` for all of it.
   * @default one column `data`
   */
  readonly columnsFrom?: "topic-schema" | "table";
  /** Leaves out fields that the table has no column for; otherwise their message cannot be written. @default false */
  readonly dropUnknownFields?: boolean;
  /** Writes subscription, message id, publish time and attributes to columns of their own. @default false */
  readonly writeMetadata?: boolean;
  /** Identity that writes. @default Pub/Sub's service agent */
  readonly identity?: IServiceAccount;
}

/** Writing messages to files instead of waiting to be asked for them. */
export interface CloudStorageProps {
  readonly bucket: IBucket;
  /** Avro files with the messages' data, and with everything else on demand. @default text files, a line per message, data alone */
  readonly avro?: { readonly writeMetadata?: boolean; readonly useTopicSchema?: boolean };
  /** Start of the names of the files. @default none */
  readonly filenamePrefix?: string;
  /** End of the names of the files; not `/`. @default none */
  readonly filenameSuffix?: string;
  /** Date and time in the names of the files, for example `YYYY-MM-DD/hh_mm_ssZ`. @default Google's */
  readonly filenameDatetimeFormat?: string;
  /** Age at which a file is finished, 1m–10m. @default "5m" */
  readonly maxDuration?: Duration;
  /** Size at which a file is finished, 1000 bytes to 10 GiB. @default none */
  readonly maxBytes?: number;
  /** Number of messages at which a file is finished, at least 1000. @default none */
  readonly maxMessages?: number;
  /** Identity that writes. @default Pub/Sub's service agent */
  readonly identity?: IServiceAccount;
}

/** Who writes, and what must exist before it can. */
interface Writer {
  readonly serviceAccountEmail?: string;
  readonly before: readonly ITerraformDependable[];
}

/** Lets the writer write: the agent itself, or an account whose tokens the agent may make. */
function allow(
  identity: IServiceAccount | undefined,
  agent: IGrantee,
  grants: (writer: IGrantee) => readonly { readonly resource: ITerraformDependable }[],
): Writer {
  const tokens = identity?.grantTokenCreator(agent);
  const made = [...grants(identity ?? agent), ...(tokens ? [tokens] : [])];
  return { serviceAccountEmail: identity?.emailReference, before: made.map(({ resource }) => resource) };
}

/** The block of a subscription that writes to a table, and what it waits for. */
export function bindBigQuery(construct: Construct, props: BigQueryProps, agent: IGrantee) {
  const { table, columnsFrom, dropUnknownFields, writeMetadata, identity } = props;
  // Both roles, and on the table alone. https://cloud.google.com/pubsub/docs/create-bigquery-subscription
  const { serviceAccountEmail, before } = allow(identity, agent, (writer) => [
    table.grantWrite(writer, { reason: "writes messages" }),
    table.grantDescribe(writer),
  ]);
  return {
    config: {
      table: table.reference,
      useTopicSchema: columnsFrom === "topic-schema" || undefined,
      useTableSchema: columnsFrom === "table" || undefined,
      dropUnknownFields,
      writeMetadata,
      serviceAccountEmail,
    },
    before: [enableApi(construct, "bigquery.googleapis.com"), ...before],
  };
}

/** The block of a subscription that writes to files, and what it waits for. */
export function bindCloudStorage(
  construct: Construct,
  props: CloudStorageProps,
  maxDurationMs: number,
  agent: IGrantee,
) {
  const { bucket, avro, identity, filenamePrefix, filenameSuffix, filenameDatetimeFormat, maxBytes, maxMessages } =
    props;
  // Creating objects and reading the bucket's settings; Google's example grants storage.admin on the project.
  const { serviceAccountEmail, before } = allow(identity, agent, (writer) => [
    bucket.grantCreate(writer, { reason: "writes messages" }),
    bucket.grantDescribe(writer),
  ]);
  return {
    config: {
      bucket: bucket.reference,
      avroConfig: avro,
      filenamePrefix,
      filenameSuffix,
      filenameDatetimeFormat,
      maxDuration: toGoogleDuration(maxDurationMs),
      maxBytes,
      maxMessages,
      serviceAccountEmail,
    },
    before: [enableApi(construct, "storage.googleapis.com"), ...before],
  };
}
