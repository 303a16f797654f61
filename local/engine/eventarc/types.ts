/** One line of a trigger's filter. */
export interface Criterion {
  readonly attribute: string;
  readonly value: string;
  /** The value is a path pattern. */
  readonly pattern: boolean;
}

/** A trigger of Eventarc, as the engine routes by it. */
export interface TriggerConfig {
  /** `projects/{project}/locations/{location}/triggers/{trigger}` */
  readonly name: string;
  readonly project: string;
  readonly location: string;
  readonly criteria: readonly Criterion[];
  /** Topic that carries its events. */
  readonly topic: string;
  /** The topic is somebody's own, and what is published there are the events. */
  readonly own: boolean;
  /** The subscription of that topic which delivers: Eventarc's own. */
  readonly subscription: string;
  /** Its identity; without one nothing is delivered. */
  readonly email?: string;
  /** A service, `projects/…/locations/…/services/…`, and the path below its URL, or a workflow. */
  readonly target: { readonly service: string; readonly path: string } | { readonly workflow: string };
}

/** A sink of Cloud Logging that publishes. */
export interface SinkConfig {
  readonly name: string;
  readonly topic: string;
  readonly filter: string;
  readonly exclusions: readonly string[];
  /** Who publishes: `serviceAccount:…`. */
  readonly writer: string;
}

/** A notification of a bucket. */
export interface NotificationConfig {
  /** `projects/_/buckets/{bucket}/notificationConfigs/{number}` */
  readonly name: string;
  readonly bucket: string;
  readonly topic: string;
  /** @default all */
  readonly eventTypes: readonly string[];
  readonly prefix: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly payload: "JSON_API_V1" | "NONE";
  /** Cloud Storage's own identity in the bucket's project: who publishes. */
  readonly agent: string;
}

/** An event on its way to triggers. */
export interface SourceEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
  /** Extension attributes, in the spelling of a trigger's filter: `serviceName`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly dataContentType: "application/json" | "application/protobuf";
  readonly dataSchema: string;
  readonly data: Buffer;
  /** Project that it happened in. */
  readonly project: string;
  /** Where it happened; undefined when that does not matter. */
  readonly location?: string;
}
