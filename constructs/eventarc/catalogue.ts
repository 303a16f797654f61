/** What Google says of one attribute that a trigger can filter by. */
export interface EventAttribute {
  /** A trigger without it is refused. */
  readonly required: boolean;
  /** Its value may be a pattern of a path: `*` for a part, `**` for any number of parts, `{name}` for either. */
  readonly pattern: boolean;
}

/** A type of events that Eventarc Standard delivers. */
export interface EventKind {
  /** The CloudEvent's type. */
  readonly type: string;
  /** What a trigger filters by, beside the type. */
  readonly attributes: Readonly<Record<string, EventAttribute>>;
  /** How the data of the event is written. */
  readonly contentType: "application/json" | "application/protobuf";
  /**
   * Where its triggers live: where the bucket or the database is, in one region, or in one region or `global`.
   * https://cloud.google.com/eventarc/docs/understand-locations
   */
  readonly place: "bucket" | "database" | "region" | "region-or-global";
  /** Whether the trigger can be told which topic carries the events. google_eventarc_trigger, `transport.pubsub.topic` */
  readonly ownTopic: boolean;
  /** Whether its identity must be an `eventarc.eventReceiver`. https://cloud.google.com/eventarc/docs/all-roles-permissions */
  readonly receiver: boolean;
  /** The way to the same events that ends in dead letters of one's own. */
  readonly instead: string;
}

const required = { required: true, pattern: false } as const;
const optionalPattern = { required: false, pattern: true } as const;

const objectKind = (event: string) =>
  ({
    type: `google.cloud.storage.object.v1.${event}`,
    attributes: { bucket: required },
    contentType: "application/json",
    place: "bucket",
    ownTopic: false,
    receiver: true,
    instead: "a BucketNotification to a topic of one's own, which EventDrivenPipeline makes of `source: { bucket }`",
  }) as const satisfies EventKind;

const documentKind = (event: string) =>
  ({
    type: `google.cloud.firestore.document.v1.${event}`,
    attributes: { database: required, namespace: optionalPattern, document: optionalPattern },
    // JSON is not offered. https://cloud.google.com/eventarc/docs/run/route-trigger-cloud-firestore
    contentType: "application/protobuf",
    place: "database",
    ownTopic: false,
    receiver: true,
    instead:
      "the relay that EventDrivenPipeline makes of `source: { documents }`: it publishes to a topic of one's own",
  }) as const satisfies EventKind;

/**
 * Events by the name that a trigger is given. Types and attributes: https://github.com/googleapis/google-cloudevents
 * and https://cloud.google.com/eventarc/docs/reference/supported-events
 */
export const EVENTS = {
  "message-published": {
    type: "google.cloud.pubsub.topic.v1.messagePublished",
    attributes: {},
    contentType: "application/json",
    place: "region",
    ownTopic: true,
    receiver: false,
    instead: "a DeadLetteredSubscription of the same topic that pushes to the same target",
  },
  "object-finalized": objectKind("finalized"),
  "object-deleted": objectKind("deleted"),
  "object-archived": objectKind("archived"),
  "object-metadata-updated": objectKind("metadataUpdated"),
  "audit-log": {
    type: "google.cloud.audit.log.v1.written",
    attributes: { serviceName: required, methodName: required, resourceName: optionalPattern },
    contentType: "application/json",
    place: "region-or-global",
    ownTopic: false,
    receiver: true,
    instead: "a LogSink to a topic of one's own, which EventDrivenPipeline makes of `source: { auditLog }`",
  },
  "document-created": documentKind("created"),
  "document-updated": documentKind("updated"),
  "document-deleted": documentKind("deleted"),
  "document-written": documentKind("written"),
} as const satisfies Record<string, EventKind>;

export type EventName = keyof typeof EVENTS;
export type ObjectEventName = Extract<EventName, `object-${string}`>;
export type DocumentEventName = Extract<EventName, `document-${string}`>;

/** Firestore's multi-regions and the region that Eventarc takes them for. https://cloud.google.com/firestore/docs/eventarc */
const DATABASE_REGIONS: Readonly<Record<string, string>> = { nam5: "us-central1", eur3: "europe-west4" };

/** Where the triggers of a database live. */
export const triggerRegionOf = (databaseLocation: string): string =>
  DATABASE_REGIONS[databaseLocation] ?? databaseLocation;

/** A completed job of BigQuery: https://cloud.google.com/bigquery/docs/reference/auditlogs, `AuditData` */
export const BIGQUERY_JOB_COMPLETED = {
  service: "bigquery.googleapis.com",
  method: "jobservice.jobcompleted",
} as const;
