import { formatDuration } from "../../language/duration";
import { DATA_COLUMN, METADATA_COLUMNS } from "../bigquery/columns";
import { isKnown, type Rule } from "../core";
import type { ResolvedSubscription } from "./subscription-rules";
import { Topic } from "./topic";

/** google/pubsub/v1/pubsub.proto: `CloudStorageConfig` */
const FILE = {
  durationMs: { min: 60_000, max: 600_000 },
  bytes: { min: 1_000, max: 10 * 1024 ** 3 },
  messages: { min: 1_000, max: Number.MAX_SAFE_INTEGER },
} as const;

const outside = (value: number | undefined, range: { readonly min: number; readonly max: number }) =>
  value !== undefined && isKnown(value) && (value < range.min || value > range.max);

/** A topic made elsewhere may have a schema that is not known here. */
const lacksSchema = ({ topic }: ResolvedSubscription) => topic instanceof Topic && topic.schema === undefined;

/** What Pub/Sub refuses of subscriptions that write to BigQuery or Cloud Storage, or never gets written. */
export const EXPORT_RULES: readonly Rule<ResolvedSubscription>[] = [
  {
    code: "MR1132",
    fault: ({ push, bigQuery, cloudStorage }) => {
      const ways = Object.entries({ push, bigQuery, cloudStorage }).filter(([, way]) => way !== undefined);
      const names = ways.map(([name]) => name);
      return names.length > 1 && { problem: `${names.join(" and ")} exclude each other`, got: names.join(", ") };
    },
  },
  {
    code: "MR1133",
    fault: ({ cloudStorage, ackDeadlineMs }) =>
      cloudStorage !== undefined &&
      !outside(cloudStorage.maxDurationMs, FILE.durationMs) &&
      cloudStorage.maxDurationMs > ackDeadlineMs && {
        problem: `a file is kept open for ${formatDuration(cloudStorage.maxDurationMs)}, longer than the ack deadline of ${formatDuration(ackDeadlineMs)}`,
        got: formatDuration(cloudStorage.maxDurationMs),
        want: `≤ ${formatDuration(ackDeadlineMs)}`,
      },
  },
  {
    code: "MR1134",
    fault: ({ cloudStorage }) => {
      if (!cloudStorage) return undefined;
      const { maxDurationMs, maxBytes, maxMessages, filenameSuffix } = cloudStorage;
      const faults = [
        outside(maxDurationMs, FILE.durationMs) && `maxDuration is ${formatDuration(maxDurationMs)}`,
        outside(maxBytes, FILE.bytes) && `maxBytes is ${maxBytes}`,
        outside(maxMessages, FILE.messages) && `maxMessages is ${maxMessages}`,
        filenameSuffix?.endsWith("/") && `filenameSuffix is "${filenameSuffix}"`,
      ].filter(Boolean);
      return faults.length > 0 && { problem: `${faults.join(", ")}, which Pub/Sub does not take` };
    },
  },
  {
    code: "MR1135",
    fault: (subscription) =>
      subscription.bigQuery?.columnsFrom === "topic-schema" &&
      lacksSchema(subscription) && {
        problem: `columns are to follow the schema of ${subscription.topic.name}, which has none`,
      },
  },
  {
    code: "MR1135",
    fault: (subscription) =>
      subscription.cloudStorage?.avro?.useTopicSchema === true &&
      lacksSchema(subscription) && {
        problem: `files are to follow the schema of ${subscription.topic.name}, which has none`,
      },
  },
  {
    code: "MR1136",
    severity: "warning",
    fault: ({ bigQuery }) =>
      bigQuery?.dropUnknownFields === true &&
      bigQuery.columnsFrom === undefined && { problem: "unknown fields would be dropped, but no schema says which" },
  },
  {
    code: "MR1137",
    fault: ({ bigQuery }) => {
      const columns = bigQuery?.table.columns?.map(({ name }) => name.toLowerCase());
      if (!bigQuery || !columns) return undefined;
      const needed = [
        ...(bigQuery.columnsFrom === undefined ? [DATA_COLUMN] : []),
        ...(bigQuery.writeMetadata ? METADATA_COLUMNS : []),
      ];
      const missing = needed.filter((name) => !columns.includes(name));
      return (
        missing.length > 0 && {
          problem: `${bigQuery.table.name} has no column ${missing.map((name) => `"${name}"`).join(", ")}`,
          got: columns.join(", "),
          want: needed.join(", "),
        }
      );
    },
  },
  {
    code: "MR1142",
    severity: "warning",
    fault: ({ bigQuery }) =>
      bigQuery?.identity !== undefined && { problem: "it writes to BigQuery as an identity of its own" },
  },
];
