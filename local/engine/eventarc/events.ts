import { createHash } from "node:crypto";
import { canonicalJson } from "../../../contract/json";
import type { LogEntry } from "../../../language/log-filter";
import type { DocumentWrite } from "../firestore";
import { formatMicros } from "../firestore/time";
import { renderDocument } from "../firestore/write";
import { objectResource, type ObjectChange } from "../storage";
import { encodeDocumentEvent } from "./document-proto";
import type { SourceEvent } from "./types";

const SCHEMAS = "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud";

/** An id that the same event has on every run. */
const idOf = (...parts: readonly string[]): string =>
  BigInt(`0x${createHash("sha256").update(parts.join("\n")).digest("hex")}`)
    .toString()
    .slice(0, 17);

const OBJECT_EVENTS = {
  OBJECT_FINALIZE: "finalized",
  OBJECT_DELETE: "deleted",
  OBJECT_ARCHIVE: "archived",
  OBJECT_METADATA_UPDATE: "metadataUpdated",
} as const;

/** https://cloud.google.com/eventarc/docs/cloudevents, Cloud Storage */
export function objectEvent({ type, object }: ObjectChange, project: string, location: string): SourceEvent {
  const { bucket, name, generation, metageneration } = object;
  return {
    id: idOf(type, bucket, name, generation, String(metageneration)),
    type: `google.cloud.storage.object.v1.${OBJECT_EVENTS[type]}`,
    source: `//storage.googleapis.com/projects/_/buckets/${bucket}`,
    subject: `objects/${name}`,
    time: new Date(object.deletedMs ?? object.updatedMs).toISOString(),
    attributes: { bucket },
    dataContentType: "application/json",
    dataSchema: `${SCHEMAS}/storage/v1/data.proto`,
    data: Buffer.from(JSON.stringify(objectResource(object))),
    project,
    location: location.toLowerCase(),
  };
}

/** The events of a changed document: what happened to it, and that it was written; each with and without who did it. */
export function documentEvents({ name, before, document, commitTime }: DocumentWrite): readonly SourceEvent[] {
  if (before === document) return [];
  const [, project = "", , database = "", , ...path] = name.split("/");
  const what = before === undefined ? "created" : document === undefined ? "deleted" : "updated";
  const data = encodeDocumentEvent({
    ...(document && { value: renderDocument(document) }),
    ...(before && { oldValue: renderDocument(before) }),
    ...(before && document && { updateMask: { fieldPaths: changedFields(before.fields, document.fields) } }),
  });
  const event = (type: string, more: Readonly<Record<string, string>> = {}): SourceEvent => ({
    id: idOf(type, name, commitTime),
    type: `google.cloud.firestore.document.v1.${type}`,
    source: `//firestore.googleapis.com/projects/${project}/databases/${database}`,
    subject: `documents/${path.join("/")}`,
    time: commitTime,
    attributes: { database, namespace: "(default)", document: path.join("/"), project, ...more },
    dataContentType: "application/protobuf",
    dataSchema: `${SCHEMAS}/firestore/v1/data.proto`,
    data,
    project,
  });
  // Whoever writes here is no principal that anybody knows.
  const somebody = { authtype: "unknown" };
  return [what, "written"].flatMap((type) => [event(type), event(`${type}.withAuthContext`, somebody)]);
}

/** Names of the fields that differ, quoted where they must be. */
function changedFields(before: object, after: object): readonly string[] {
  const [old, now] = [before, after] as Readonly<Record<string, never>>[];
  const names = [...new Set([...Object.keys(old!), ...Object.keys(now!)])].sort();
  const text = (value: unknown) => (value === undefined ? "" : canonicalJson(value));
  return names
    .filter((name) => text(old![name]) !== text(now![name]))
    .map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replace(/[\\`]/g, "\\$&")}\``));
}

/** What an audit log says, as far as it matters here; the rest goes along. */
interface AuditPayload {
  readonly serviceName?: unknown;
  readonly methodName?: unknown;
  readonly resourceName?: unknown;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The event of an audited call; undefined for an entry that is none. */
export function auditEvent(entry: LogEntry, project: string): SourceEvent | undefined {
  const { serviceName, methodName, resourceName } = (entry["protoPayload"] ?? {}) as AuditPayload;
  const [service, method, resource] = [text(serviceName), text(methodName), text(resourceName)];
  if (!service || !method) return undefined;
  const log = /%2F(\w+)$/.exec(text(entry["logName"]))?.[1] ?? "activity";
  const labels = ((entry["resource"] ?? {}) as { labels?: Record<string, unknown> }).labels;
  const location = text(labels?.["location"]);
  return {
    id: `projects/${project}/logs/cloudaudit.googleapis.com%2F${log}${text(entry["insertId"])}${text(entry["timestamp"])}`,
    type: "google.cloud.audit.log.v1.written",
    source: `//cloudaudit.googleapis.com/projects/${project}/logs/${log}`,
    subject: `${service}/${resource}`,
    time: text(entry["timestamp"]),
    attributes: {
      serviceName: service,
      methodName: method,
      ...(resource && { resourceName: resource }),
      recordedTime: text(entry["timestamp"]),
    },
    dataContentType: "application/json",
    dataSchema: `${SCHEMAS}/audit/v1/data.proto`,
    data: Buffer.from(JSON.stringify(entry)),
    project,
    ...(location && { location }),
  };
}

/** The message that carries an event to a trigger's subscription. CloudEvents' Pub/Sub binding, binary mode. */
export const eventAttributes = (event: SourceEvent): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(event.attributes).map(([name, value]) => [`ce-${name.toLowerCase()}`, value])),
  ...(event.location !== undefined && event.type.includes(".firestore.") && { "ce-location": event.location }),
  "ce-id": event.id,
  "ce-source": event.source,
  "ce-specversion": "1.0",
  "ce-type": event.type,
  "ce-subject": event.subject,
  "ce-time": event.time,
  "ce-dataschema": event.dataSchema,
  "ce-datacontenttype": event.dataContentType,
});

/** Attributes of a notification's message. https://cloud.google.com/storage/docs/pubsub-notifications#attributes */
export function notificationAttributes(
  { type, object, overwroteGeneration, overwrittenByGeneration }: ObjectChange,
  { name, payload, attributes }: { readonly name: string; readonly payload: string; readonly attributes: object },
): Record<string, string> {
  return {
    ...attributes,
    notificationConfig: name,
    eventType: type,
    payloadFormat: payload,
    bucketId: object.bucket,
    objectId: object.name,
    objectGeneration: object.generation,
    eventTime: formatMicros((object.deletedMs ?? object.updatedMs) * 1_000),
    ...(overwroteGeneration !== undefined && { overwroteGeneration }),
    ...(overwrittenByGeneration !== undefined && { overwrittenByGeneration }),
  };
}
