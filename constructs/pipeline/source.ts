import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { addIssue } from "../core";
import { BIGQUERY_JOB_COMPLETED, type DocumentEventName } from "../eventarc/catalogue";
import type { IFirestoreDatabase } from "../firestore/database";
import { EventRelay } from "../eventarc/relay";
import { type AuditedCalls, enableAuditLog } from "../logging/audit-logs";
import { auditFilter, type AuditFilter } from "../logging/filter";
import { LogSink } from "../logging/log-sink";
import type { TransportName } from "../packaging/wrapper";
import type { ITopic } from "../pubsub/topic";
import { SchedulerJob, type SchedulerJobProps } from "../scheduler/job";
import { BucketNotification, type BucketNotificationProps } from "../storage/notification";
import type { EventDrivenPipeline } from "./pipeline";

/** What happens to the objects of a bucket, published by Cloud Storage. */
export type BucketSource = Pick<BucketNotificationProps, "bucket" | "events" | "prefix" | "attributes">;

/** Calls of a Google API, published by a log sink as they are logged. */
export interface AuditLogSource {
  readonly auditLog: AuditedCalls & Omit<AuditFilter, "service" | "method">;
}

/** Jobs of BigQuery that are done; an audit log that Google always writes. */
export interface BigQueryJobSource {
  readonly bigQueryJobs: Omit<AuditFilter, "service" | "method">;
}

/** Changes of documents, carried to the topic by a relay. */
export interface DocumentSource {
  readonly documents: {
    /** Document, or a pattern: `orders/{order}`, `shops/**`. @default all */
    readonly path?: string;
    /** @default "written" */
    readonly event?: "created" | "updated" | "deleted" | "written";
    /** @default the database of the pipeline's records */
    readonly database?: IFirestoreDatabase;
    /** Adds who changed it. @default false */
    readonly authContext?: boolean;
  };
}

/** A message whenever the clock says so. */
export interface ScheduleSource extends Pick<SchedulerJobProps, "timeZone" | "paused" | "description"> {
  /** Unix cron, or App Engine's descriptive form; `every` writes the usual ones. */
  readonly schedule: string;
  /** @default `{"scheduled":true}` */
  readonly data?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What the handlers of another pipeline publish. */
export interface PipelineLink {
  readonly pipeline: EventDrivenPipeline;
  /** One of the `publishes` of a contract there: the topic of `defineTopic`, or its name. */
  readonly event: string | { readonly name: string };
}

/** Users of Firebase Authentication; refused, with what to do instead. */
export interface FirebaseAuthSource {
  readonly firebaseAuth: "user-created" | "user-deleted";
}

/** Anything else that publishes. */
export interface IPipelineSource {
  /** @param scope the pipeline; everything is made below a construct of this id */
  bind(scope: Construct, id: string, into: SourceTarget): void;
}

/** What a source is given of its pipeline. */
export interface SourceTarget {
  readonly topic: ITopic;
  /** What must exist before the first event: every consumer can take it and dead-letter it. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** Database of the pipeline's records, made when it is first asked for. */
  readonly store: () => IFirestoreDatabase;
}

/** Where events of a pipeline come from. */
export type PipelineSource =
  | BucketSource
  | AuditLogSource
  | BigQueryJobSource
  | DocumentSource
  | ScheduleSource
  | PipelineLink
  | FirebaseAuthSource
  | IPipelineSource;

/** Makes what publishes a source's events to the topic, once everything behind the topic is there. */
export function bindSource(
  scope: Construct,
  id: string,
  source: PipelineSource,
  name: string,
  into: SourceTarget,
): void {
  const { topic, dependsOn } = into;
  if ("bind" in source) source.bind(scope, id, into);
  else if ("bucket" in source) new BucketNotification(scope, id, { ...source, topic, dependsOn });
  else if ("auditLog" in source) {
    const logged = enableAuditLog(scope, source.auditLog);
    new LogSink(scope, id, { topic, filter: auditFilter(source.auditLog), dependsOn: [...dependsOn, ...logged] });
  } else if ("bigQueryJobs" in source) {
    new LogSink(scope, id, {
      topic,
      filter: auditFilter({ ...source.bigQueryJobs, ...BIGQUERY_JOB_COMPLETED }),
      dependsOn,
    });
  } else if ("documents" in source) relayDocuments(scope, id, source, name, into);
  else if ("schedule" in source) {
    const { data = '{"scheduled":true}', attributes, ...when } = source;
    new SchedulerJob(scope, id, { ...when, target: { publish: topic, data, attributes }, dependsOn });
  } else if ("pipeline" in source) link(scope, source, into);
  else
    addIssue(scope, "MR1657", {
      problem: `${source.firebaseAuth} is an event that only functions of the first generation are told of`,
      got: source.firebaseAuth,
    });
}

function relayDocuments(
  scope: Construct,
  id: string,
  { documents }: DocumentSource,
  name: string,
  { topic, dependsOn, store }: SourceTarget,
): void {
  const { path, event = "written", authContext, database = store() } = documents;
  const on: DocumentEventName = `document-${event}`;
  addIssue(
    scope,
    "MR1664",
    { problem: `changes of ${path ?? "documents"} come by way of Eventarc, which keeps an event for a day` },
    "warning",
  );
  new EventRelay(scope, id, { event: { on, database, document: path, authContext }, topic, name, dependsOn });
}

/** Lets the handlers that publish the event publish to the topic, and tells them which it is. */
function link(scope: Construct, { pipeline, event: given }: PipelineLink, { topic, dependsOn }: SourceTarget): void {
  const event = typeof given === "string" ? given : given.name;
  const handlers = Object.values(pipeline.bound).flatMap(({ handler }) => handler ?? []);
  const publishers = handlers.filter(({ contract }) => contract.manifest.publishes?.includes(event));
  for (const { publications } of publishers) publications.to(event, topic, dependsOn);
  if (publishers.length > 0) return;
  const published = new Set(handlers.flatMap(({ contract }) => contract.manifest.publishes ?? []));
  addIssue(scope, "MR1660", {
    problem: `no handler of ${pipeline.node.path} publishes "${event}"`,
    got: event,
    ...(published.size > 0 && { want: [...published].sort().join(", ") }),
  });
}

/** What handlers must understand for events of a source to be what they were. */
export const transportsOf = (source: PipelineSource): readonly TransportName[] =>
  "documents" in source ? ["eventarc"] : [];
