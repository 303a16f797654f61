import { type LogEntry, matchesLog, parseLogFilter } from "../../../language/log-filter";
import { matchesPath } from "../../../language/path-pattern";
import { StatusError } from "../../wire/rest";
import type { Documents } from "../firestore";
import { membersOf } from "../grants";
import type { PubSub } from "../pubsub";
import { type ObjectChange, objectResource, type Storage } from "../storage";
import type { System } from "../system";
import { auditEvent, documentEvents, eventAttributes, notificationAttributes, objectEvent } from "./events";
import type { SourceEvent, TriggerConfig } from "./types";

/** Something that happens outside of the engine. */
export type Emitted =
  /** An entry of a log, as Cloud Logging has it; without a project, a time and an id it is given some. */
  | { readonly logEntry: LogEntry }
  /** An event of a partner's channel. */
  | {
      readonly event: {
        readonly type: string;
        readonly source: string;
        readonly id?: string;
        readonly subject?: string;
        readonly attributes?: Readonly<Record<string, string>>;
        readonly data?: unknown;
      };
    };

/** Who has got what was emitted. */
export interface Reached {
  /** Full names of triggers and sinks. */
  readonly triggers: readonly string[];
  readonly sinks: readonly string[];
}

export interface EventRouter {
  emit(emitted: Emitted): Reached;
  stop(): void;
}

export interface EventRouterOptions {
  readonly system: () => System;
  readonly storage: Storage;
  readonly documents: Documents;
  readonly pubsub: Pick<PubSub, "publish">;
  readonly now: () => number;
  /** Project of what is emitted without one. */
  readonly project: () => string;
  /** Told of messages that Pub/Sub refuses, a document's path that is too long for an attribute for one. */
  readonly onRefused: (what: string, reason: string) => void;
}

/** Carries what happens in buckets, documents and logs to those who listen, as far as they may. */
export function createEventRouter(options: EventRouterOptions): EventRouter {
  const { system, storage, documents, pubsub, now } = options;

  const publish = (to: string, topic: string, data: Buffer, attributes: Readonly<Record<string, string>>): boolean => {
    try {
      pubsub.publish(topic, [{ data, attributes }]);
      return true;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      options.onRefused(to, error.message);
      return false;
    }
  };

  const route = (event: SourceEvent): string[] => {
    const { triggers, grants } = system();
    const wanted = triggers.filter(({ config }) => !config.own && fits(config, event) && mayReceive(config, grants));
    return wanted.flatMap(({ config }) =>
      publish(config.name, config.topic, event.data, eventAttributes(event)) ? [config.name] : [],
    );
  };

  const objectChanged = (change: ObjectChange) => {
    const { notifications, grants, buckets } = system();
    const { bucket, name } = change.object;
    for (const { config } of notifications) {
      if (config.bucket !== bucket || !name.startsWith(config.prefix)) continue;
      if (config.eventTypes.length > 0 && !config.eventTypes.includes(change.type)) continue;
      if (!membersOf(grants, "publish", config.topic).includes(config.agent)) continue;
      const data = config.payload === "NONE" ? "" : JSON.stringify(objectResource(change.object), null, 2);
      publish(config.name, config.topic, Buffer.from(data), notificationAttributes(change, config));
    }
    const found = buckets.find(({ config }) => config.name === bucket);
    if (!found) return;
    const { project, agent } = found;
    // Cloud Storage publishes to a topic of Eventarc's, which only a grant on the project lets it.
    if (membersOf(grants, "publish", `projects/${project}`).includes(agent))
      route(objectEvent(change, project, found.config.location));
  };

  const offs = [
    storage.onChange(objectChanged),
    documents.onWrite((write) => {
      if (write.last) for (const event of documentEvents(write)) route(event);
    }),
  ];

  const emitLog = (given: LogEntry): Reached => {
    const project =
      /^projects\/([^/]+)\//.exec(typeof given["logName"] === "string" ? given["logName"] : "")?.[1] ??
      options.project();
    const time = new Date(now()).toISOString();
    const entry: LogEntry = {
      logName: `projects/${project}/logs/cloudaudit.googleapis.com%2Fdata_access`,
      insertId: `local${Math.floor(now())}`,
      timestamp: time,
      receiveTimestamp: time,
      severity: "INFO",
      resource: { type: "audited_resource", labels: { project_id: project } },
      ...given,
    };
    const { sinks, grants } = system();
    const reached = sinks.filter(({ config }) => {
      const { name, topic, filter, exclusions, writer } = config;
      if (!name.startsWith(`projects/${project}/`) || !lets(filter, entry)) return false;
      if (exclusions.some((one) => lets(one, entry)) || !membersOf(grants, "publish", topic).includes(writer))
        return false;
      // https://cloud.google.com/logging/docs/export/pubsub
      const at = entry["timestamp"];
      const attributes = { "logging.googleapis.com/timestamp": typeof at === "string" ? at : time };
      return publish(name, topic, Buffer.from(JSON.stringify(entry)), attributes);
    });
    const event = auditEvent(entry, project);
    return { sinks: reached.map(({ config }) => config.name), triggers: event ? route(event) : [] };
  };

  return {
    emit(emitted) {
      if ("logEntry" in emitted) return emitLog(emitted.logEntry);
      const { type, source, id = `local${Math.floor(now())}`, subject = "", attributes = {}, data } = emitted.event;
      const triggers = route({
        id,
        type,
        source,
        subject,
        time: new Date(now()).toISOString(),
        attributes,
        dataContentType: "application/json",
        dataSchema: "",
        data: Buffer.from(data === undefined ? "" : JSON.stringify(data)),
        project: options.project(),
      });
      return { triggers, sinks: [] };
    },
    stop() {
      for (const off of offs) off();
    },
  };
}

/** A filter that cannot be read was reported when the stack was. */
function lets(filter: string, entry: LogEntry): boolean {
  const parsed = parseLogFilter(filter);
  return parsed.ok && matchesLog(parsed.filter, entry);
}

/** Whether a trigger listens to an event: every line of its filter fits, and it is where the event is. */
export function fits({ criteria, location, project }: TriggerConfig, event: SourceEvent): boolean {
  if (project !== event.project) return false;
  if (event.location !== undefined && location !== "global" && location !== event.location) return false;
  return criteria.every(({ attribute, value, pattern }) => {
    const found = attribute === "type" ? event.type : event.attributes[attribute];
    return found !== undefined && (pattern ? matchesPath(value, found) : value === found);
  });
}

const mayReceive = ({ email, project }: TriggerConfig, grants: System["grants"]): boolean =>
  email !== undefined && membersOf(grants, "receiveEvents", `projects/${project}`).includes(`serviceAccount:${email}`);
