/** JavaScript that changes messages or drops them. https://cloud.google.com/pubsub/docs/smts/smts-overview */
export interface TransformConfig {
  readonly functionName: string;
  readonly code: string;
  /** Kept, and not run. */
  readonly disabled?: true;
}

/** What the messages of a topic must follow. */
export interface SchemaConfig {
  readonly name: string;
  readonly encoding: "JSON" | "BINARY";
  readonly type: "AVRO" | "PROTOCOL_BUFFER";
  readonly definition: string;
}

/** Resource names are full (`projects/p/topics/t`); times and durations are engine milliseconds. */
export interface TopicConfig {
  readonly name: string;
  /** What messages go through before they are stored, in this order. */
  readonly transforms?: readonly TransformConfig[];
  /** What they must follow after that. */
  readonly schema?: SchemaConfig;
  /** How long the topic itself keeps messages, so that subscriptions can seek back; absent: it keeps nothing. */
  readonly retentionMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PushConfig {
  readonly endpoint: string;
  readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string };
  /** Present when the body is the bare data. */
  readonly unwrapped?: { readonly writeMetadata: boolean };
  /**
   * Present where Eventarc delivers, as a CloudEvent in HTTP's binary mode: the event that a message carries by CloudEvents'
   * Pub/Sub binding, or the message itself as an event.
   */
  readonly event?: "binding" | "message";
  /** Present where the event is the argument of an execution of a workflow: who begins it. */
  readonly oauth?: { readonly serviceAccountEmail: string };
}

/** Where Pub/Sub writes messages instead of waiting to be asked for them. */
export type ExportConfig =
  | {
      readonly kind: "bigquery";
      /** `{project}.{dataset}.{table}` */
      readonly table: string;
      readonly columnsFrom?: "topic" | "table";
      readonly dropUnknownFields: boolean;
      readonly writeMetadata: boolean;
      /** Who writes: `serviceAccount:…`. */
      readonly writer: string;
    }
  | {
      readonly kind: "cloudStorage";
      readonly bucket: string;
      readonly prefix: string;
      readonly suffix: string;
      readonly datetimeFormat?: string;
      readonly avro?: { readonly writeMetadata: boolean };
      readonly maxDurationMs: number;
      readonly maxBytes?: number;
      readonly maxMessages?: number;
      readonly writer: string;
    };

export interface SubscriptionConfig {
  readonly name: string;
  readonly topic: string;
  readonly ackDeadlineMs: number;
  readonly retentionMs: number;
  readonly retainAcked: boolean;
  readonly ordering: boolean;
  readonly exactlyOnce: boolean;
  readonly filter?: string;
  /** What the messages that the filter lets pass go through on their way to the consumer, in this order. */
  readonly transforms?: readonly TransformConfig[];
  /** Absent: redelivery at once. */
  readonly retry?: { readonly minMs: number; readonly maxMs: number };
  readonly deadLetter?: { readonly topic: string; readonly maxAttempts: number };
  readonly push?: PushConfig;
  readonly export?: ExportConfig;
  readonly labels?: Readonly<Record<string, string>>;
  /** Idle time after which it would be deleted, `ttlMs` absent for never. @default 31 days; shown, never carried out */
  readonly expiration?: { readonly ttlMs?: number };
  /** It receives nothing more and cannot be pulled. */
  readonly detached?: true;
}

/** What a subscription names when its topic has been deleted. */
export const DELETED_TOPIC = "_deleted-topic_";

export interface Message {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly orderingKey: string;
  readonly publishedMs: number;
}

/** A message in the hands of a consumer. */
export interface Delivery {
  readonly ackId: string;
  readonly message: Message;
  /** 1 + nacks + expired leases; shown to consumers only where a dead-letter policy is set. */
  readonly attempt: number;
}

/** What becomes of one ack id; only an exactly-once subscription tells its consumer. */
export type AckResult = "ok" | "invalid";

/** Numbers of one subscription. */
export interface SubscriptionStats {
  readonly unacked: number;
  /** Leased to a consumer at this moment. */
  readonly outstanding: number;
  /** Engine milliseconds since the oldest unacked message was published, 0 when there is none. */
  readonly oldestUnackedMs: number;
}
