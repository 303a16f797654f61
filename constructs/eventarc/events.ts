import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { canMatchDocument, isPattern } from "../../language/path-pattern";
import { addIssue, isKnown, MillraceStack, serviceAgent } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import { grant, type GrantKind, projectTarget } from "../core/grants";
import { enableAuditLog, type AuditLogName } from "../logging/audit-logs";
import type { ITopic } from "../pubsub/topic";
import type { IBucket } from "../storage/bucket";
import {
  BIGQUERY_JOB_COMPLETED,
  type DocumentEventName,
  type EventKind,
  EVENTS,
  type ObjectEventName,
  triggerRegionOf,
} from "./catalogue";

/** Messages of a topic. */
export interface MessageEvents {
  readonly on: "message-published";
  /** Topic that carries the events; the trigger subscribes to it and leaves it alone otherwise. */
  readonly topic: ITopic;
}

/** What happens to the objects of a bucket of the trigger's project. */
export interface ObjectEvents {
  readonly on: ObjectEventName;
  readonly bucket: IBucket;
}

/** Calls of Google's APIs, as the audit logs know them. */
export interface AuditLogEvents {
  readonly on: "audit-log";
  /** `storage.googleapis.com` */
  readonly service: string;
  /** `storage.objects.create` */
  readonly method: string;
  /** Resource that is called upon, or a pattern: `projects/_/buckets/incoming/objects/*`. @default any */
  readonly resource?: string;
  /** The log that holds the method's calls. @default known for common methods; others must be given theirs */
  readonly log?: AuditLogName;
  /** `false` where somebody else turns that log on. @default true */
  readonly enableLog?: boolean;
  /** Region of the resources, or `global` for all of them. @default the stack's region */
  readonly location?: string;
}

/** Jobs of BigQuery that are done, failed ones included; an audit log that Google always writes. */
export interface BigQueryJobEvents {
  readonly on: "bigquery-job-completed";
  /** Region of the jobs, or `global`: jobs in a multi-region are found there alone. @default "global" */
  readonly location?: string;
}

/** Changes of documents. */
export interface DocumentEvents {
  readonly on: DocumentEventName;
  /** @default the project's `(default)` database in the stack's region */
  readonly database?: IFirestoreDatabase;
  /** Document, or a pattern: `orders/{order}`, `orders/*`, `shops/**`. @default all */
  readonly document?: string;
  /** Adds who changed it, as `authtype` and `authid`. @default false */
  readonly authContext?: boolean;
}

/** Events of a partner, through a channel that was made with it. */
export interface ChannelEvents {
  readonly on: "channel";
  /** `projects/{project}/locations/{region}/channels/{channel}` */
  readonly channel: string;
  /** The CloudEvent's type. */
  readonly type: string;
  /** What else to filter by. @default nothing */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What a trigger listens to. */
export type TriggerEvent =
  MessageEvents | ObjectEvents | AuditLogEvents | BigQueryJobEvents | DocumentEvents | ChannelEvents;

/** One line of a trigger's filter. */
export interface Criterion {
  readonly attribute: string;
  readonly value: string;
  readonly pattern?: boolean;
}

/** What an event means for its trigger. */
export interface ResolvedEvent {
  readonly kind: EventKind;
  readonly type: string;
  readonly criteria: readonly Criterion[];
  /** Undefined where nobody said where the source is. */
  readonly location: string | undefined;
  readonly topic?: ITopic;
  readonly channel?: string;
  /** What must exist before the first event. */
  readonly before: readonly ITerraformDependable[];
}

/** Cloud Storage publishes to a topic that Eventarc chooses, so nothing narrower exists when the trigger is made. */
const OBJECTS_PUBLISH: GrantKind = {
  role: "roles/pubsub.publisher",
  on: "project",
  reason: "publishes object events to Eventarc's topics",
  because: "Eventarc makes the topic, and Cloud Storage must be allowed before it does",
};

const CHANNEL_KIND: EventKind = {
  type: "",
  attributes: {},
  contentType: "application/json",
  place: "region",
  ownTopic: false,
  receiver: true,
  instead: "a subscription of a topic that the partner publishes to, where it can",
};

/** Says what an event of a trigger needs, and sees to it. */
export function resolveEvent(construct: Construct, event: TriggerEvent, location?: string): ResolvedEvent {
  const { region } = MillraceStack.of(construct).context;
  switch (event.on) {
    case "message-published":
      return { ...of(EVENTS[event.on]), criteria: [], location: location ?? region, topic: event.topic, before: [] };
    case "audit-log":
      return auditLog(construct, event, location ?? event.location ?? region);
    case "bigquery-job-completed":
      return auditLog(
        construct,
        { on: "audit-log", ...BIGQUERY_JOB_COMPLETED },
        location ?? event.location ?? "global",
      );
    case "channel": {
      const attributes = Object.entries(event.attributes ?? {});
      const criteria = attributes.map(([attribute, value]) => ({ attribute, value }));
      const place = location ?? event.channel.split("/")[3];
      return { ...of(CHANNEL_KIND), type: event.type, criteria, location: place, channel: event.channel, before: [] };
    }
    case "object-finalized":
    case "object-deleted":
    case "object-archived":
    case "object-metadata-updated": {
      const { bucket } = event;
      const agent = serviceAgent(construct, "storage");
      const publish = grant(projectTarget(construct), agent, OBJECTS_PUBLISH);
      return {
        ...of(EVENTS[event.on]),
        criteria: [{ attribute: "bucket", value: bucket.reference }],
        location: location ?? bucket.location?.toLowerCase(),
        before: [publish.resource],
      };
    }
    default:
      return documents(construct, event, location);
  }
}

const of = (kind: EventKind) => ({ kind, type: kind.type });

function auditLog(construct: Construct, event: AuditLogEvents, location: string): ResolvedEvent {
  const { service, method, resource } = event;
  return {
    ...of(EVENTS["audit-log"]),
    criteria: [
      { attribute: "serviceName", value: service },
      { attribute: "methodName", value: method },
      ...(resource === undefined ? [] : [criterion("resourceName", resource)]),
    ],
    location,
    before: enableAuditLog(construct, event),
  };
}

function documents(construct: Construct, event: DocumentEvents, location?: string): ResolvedEvent {
  const { region } = MillraceStack.of(construct).context;
  const kind = EVENTS[event.on];
  const { database, document, authContext } = event;
  if (document !== undefined && isKnown(document) && !canMatchDocument(document))
    addIssue(construct, "MR1658", {
      problem: `"${document}" matches no document: the path of one has an even number of parts`,
      got: document,
      want: "orders/{order}",
    });
  const at = database ? database.location : region;
  return {
    kind,
    type: authContext ? `${kind.type}.withAuthContext` : kind.type,
    criteria: [
      { attribute: "database", value: database?.reference ?? "(default)" },
      ...(document === undefined ? [] : [criterion("document", document)]),
    ],
    location: location ?? (at === undefined ? undefined : triggerRegionOf(at)),
    before: [],
  };
}

/** A value with wildcards is a pattern; another is compared as it is. */
const criterion = (attribute: string, value: string): Criterion =>
  isPattern(value) ? { attribute, value, pattern: true } : { attribute, value };
