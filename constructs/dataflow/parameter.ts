import type { IBigQueryDataset } from "../bigquery/dataset";
import type { IBigQueryTable } from "../bigquery/table";
import type { ISubscription } from "../pubsub/subscription";
import type { ITopic } from "../pubsub/topic";
import type { ISecret } from "../secrets/secret";
import type { IBucket } from "../storage/bucket";

/** An object or a folder of a bucket: `{ bucket, path: "udf/clean.js" }`. */
export interface BucketPath {
  readonly bucket: IBucket;
  /** Without a leading slash; a folder ends in one. */
  readonly path: string;
}

/** What a parameter of a template stands for: it decides what is accepted, how it is written and what the worker may do. */
export type ParameterKind =
  /** Read by the job: `projects/{project}/subscriptions/{subscription}`. */
  | "subscription"
  /** Read by the job, which makes a subscription of its own: `projects/{project}/topics/{topic}`. */
  | "input-topic"
  /** Published to: `projects/{project}/topics/{topic}`. */
  | "topic"
  /** Written to: `{project}:{dataset}.{table}`. */
  | "table"
  /** Tables of it are made and written to. */
  | "dataset"
  /** Objects that are read: `gs://{bucket}/{path}`, wildcards allowed. */
  | "objects"
  /** Where objects are written: `gs://{bucket}/{path}/`. */
  | "folder"
  /** Version of a secret: `projects/{project}/secrets/{secret}/versions/{version}`. */
  | "secret"
  | "text"
  | "count"
  | "flag";

export interface Parameter<Kind extends ParameterKind = ParameterKind, Needed extends boolean = boolean> {
  readonly kind: Kind;
  readonly required: Needed;
  /** The only texts accepted. @default any */
  readonly choices?: readonly string[];
}

/** What can be given for a parameter of a kind; every kind takes the text that Google wants as well. */
export interface ParameterValues {
  readonly subscription: ISubscription | string;
  readonly "input-topic": ITopic | string;
  readonly topic: ITopic | string;
  readonly table: IBigQueryTable | string;
  readonly dataset: IBigQueryDataset | string;
  readonly objects: BucketPath | string;
  readonly folder: BucketPath | string;
  readonly secret: { readonly secret: ISecret; readonly version: string } | string;
  readonly text: string;
  readonly count: number;
  readonly flag: boolean;
}

export type ParameterValue = ParameterValues[ParameterKind];

const parameter =
  <Needed extends boolean>(required: Needed) =>
  <Kind extends ParameterKind>(kind: Kind): Parameter<Kind, Needed> => ({ kind, required });

export const needed = parameter(true);
export const optional = parameter(false);
export const oneOf = <const Choices extends readonly string[]>(...choices: Choices) =>
  ({ kind: "text", required: false, choices }) as const;
