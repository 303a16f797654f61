import { milliseconds, toGoogleDuration } from "../../../language/duration";
import { StatusError } from "../../wire/rest";
import type { ProtoJson } from "../../wire/proto-json";
import { SNAPSHOT_LIFE_MS, type Snapshot } from "./history";
import { timestamp } from "./envelope";
import type { Delivery, Message, PushConfig, SubscriptionConfig, TopicConfig, TransformConfig } from "./types";

/** Subscription and topic as the API writes them (google/pubsub/v1/pubsub.proto, in its JSON form). */
export interface SubscriptionResource {
  readonly name?: string;
  readonly topic?: string;
  readonly pushConfig?: PushResource;
  readonly ackDeadlineSeconds?: number;
  readonly retainAckedMessages?: boolean;
  readonly messageRetentionDuration?: string;
  readonly enableMessageOrdering?: boolean;
  readonly enableExactlyOnceDelivery?: boolean;
  readonly filter?: string;
  readonly retryPolicy?: { readonly minimumBackoff?: string; readonly maximumBackoff?: string };
  readonly deadLetterPolicy?: { readonly deadLetterTopic?: string; readonly maxDeliveryAttempts?: number };
  readonly labels?: Readonly<Record<string, string>>;
  readonly expirationPolicy?: { readonly ttl?: string };
  readonly messageTransforms?: readonly TransformResource[];
}

export interface TransformResource {
  readonly javascriptUdf?: { readonly functionName?: string; readonly code?: string };
  readonly disabled?: boolean;
}

export interface PushResource {
  readonly pushEndpoint?: string;
  readonly oidcToken?: { readonly serviceAccountEmail?: string; readonly audience?: string };
  readonly noWrapper?: { readonly writeMetadata?: boolean };
}

export interface TopicResource {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly messageRetentionDuration?: string;
  readonly messageTransforms?: readonly TransformResource[];
  /** Shown only: the engine serves no schemas, and takes them from a plan. */
  readonly schemaSettings?: { readonly schema: string; readonly encoding: string };
}

export interface MessageResource {
  readonly data?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

/** Defaults of what is unset (pubsub.proto). */
const DEFAULTS = {
  ackDeadlineSeconds: 10,
  retention: "604800s",
  minBackoff: "10s",
  maxBackoff: "600s",
  attempts: 5,
  expiration: "2678400s",
};

/** Fields that would change what is delivered and that the engine does not act on. */
const UNSUPPORTED = [
  "bigqueryConfig",
  "cloudStorageConfig",
  "bigtableConfig",
  "schemaSettings",
  "ingestionDataSourceSettings",
];

function refuseUnsupported(resource: object): void {
  for (const field of UNSUPPORTED)
    if (field in resource) throw new StatusError("UNIMPLEMENTED", `the local engine does not run ${field}`);
}

/** A google.protobuf.Duration may be negative; none of Pub/Sub's is. */
function durationMs(field: string, duration: string): number {
  if (duration.startsWith("-")) throw new StatusError("INVALID_ARGUMENT", `${field} ${duration} is negative`);
  return milliseconds(duration);
}

export function pushOf(push: PushResource | undefined): PushConfig | undefined {
  if (!push?.pushEndpoint) return undefined;
  const { pushEndpoint: endpoint, oidcToken, noWrapper } = push;
  const serviceAccountEmail = oidcToken?.serviceAccountEmail;
  return {
    endpoint,
    // The audience is the endpoint unless one is given (pubsub.proto, OidcToken).
    ...(serviceAccountEmail && { oidc: { serviceAccountEmail, audience: oidcToken.audience || endpoint } }),
    ...(noWrapper && { unwrapped: { writeMetadata: noWrapper.writeMetadata ?? false } }),
  };
}

const transformsOf = (resources: readonly TransformResource[] = []): readonly TransformConfig[] =>
  resources.map(({ javascriptUdf: udf, disabled }) => {
    if (!udf) throw new StatusError("UNIMPLEMENTED", "the local engine runs message transforms in JavaScript alone");
    const { functionName = "", code = "" } = udf;
    return { functionName, code, ...(disabled && { disabled }) };
  });

const transformResources = (transforms: readonly TransformConfig[] | undefined) =>
  transforms &&
  transforms.length > 0 && {
    messageTransforms: transforms.map(({ disabled, ...javascriptUdf }) => ({
      javascriptUdf,
      ...(disabled && { disabled }),
    })),
  };

export function subscriptionOf(resource: SubscriptionResource): SubscriptionConfig {
  refuseUnsupported(resource);
  const { retryPolicy: retry, deadLetterPolicy: dead, expirationPolicy: expiration } = resource;
  const push = pushOf(resource.pushConfig);
  const transforms = transformsOf(resource.messageTransforms);
  return {
    name: resource.name ?? "",
    topic: resource.topic ?? "",
    ackDeadlineMs: (resource.ackDeadlineSeconds || DEFAULTS.ackDeadlineSeconds) * 1000,
    retentionMs: durationMs("messageRetentionDuration", resource.messageRetentionDuration ?? DEFAULTS.retention),
    retainAcked: resource.retainAckedMessages ?? false,
    ordering: resource.enableMessageOrdering ?? false,
    exactlyOnce: resource.enableExactlyOnceDelivery ?? false,
    ...(resource.filter && { filter: resource.filter }),
    ...(transforms.length > 0 && { transforms }),
    ...(retry && {
      retry: {
        minMs: durationMs("minimumBackoff", retry.minimumBackoff ?? DEFAULTS.minBackoff),
        maxMs: durationMs("maximumBackoff", retry.maximumBackoff ?? DEFAULTS.maxBackoff),
      },
    }),
    ...(dead?.deadLetterTopic && {
      deadLetter: { topic: dead.deadLetterTopic, maxAttempts: dead.maxDeliveryAttempts || DEFAULTS.attempts },
    }),
    ...(push && { push }),
    ...(resource.labels && { labels: resource.labels }),
    ...(expiration && { expiration: expiration.ttl ? { ttlMs: durationMs("ttl", expiration.ttl) } : {} }),
  };
}

export function subscriptionResource(config: SubscriptionConfig): ProtoJson {
  const { push, retry, deadLetter, expiration = { ttlMs: milliseconds(DEFAULTS.expiration) } } = config;
  return {
    name: config.name,
    topic: config.topic,
    pushConfig: push
      ? {
          pushEndpoint: push.endpoint,
          ...(push.oidc && { oidcToken: push.oidc }),
          ...(push.unwrapped && { noWrapper: push.unwrapped }),
        }
      : {},
    ackDeadlineSeconds: config.ackDeadlineMs / 1000,
    ...(config.retainAcked && { retainAckedMessages: true }),
    messageRetentionDuration: toGoogleDuration(config.retentionMs),
    ...(config.ordering && { enableMessageOrdering: true }),
    ...(config.exactlyOnce && { enableExactlyOnceDelivery: true }),
    ...(config.filter && { filter: config.filter }),
    ...transformResources(config.transforms),
    ...(retry && {
      retryPolicy: { minimumBackoff: toGoogleDuration(retry.minMs), maximumBackoff: toGoogleDuration(retry.maxMs) },
    }),
    ...(deadLetter && {
      deadLetterPolicy: { deadLetterTopic: deadLetter.topic, maxDeliveryAttempts: deadLetter.maxAttempts },
    }),
    ...(config.labels && { labels: config.labels }),
    expirationPolicy: expiration.ttlMs === undefined ? {} : { ttl: toGoogleDuration(expiration.ttlMs) },
    ...(config.detached && { detached: true }),
    state: "ACTIVE",
  };
}

export function topicOf(resource: TopicResource): TopicConfig {
  refuseUnsupported(resource);
  const { name = "", labels, messageRetentionDuration: retention } = resource;
  const transforms = transformsOf(resource.messageTransforms);
  return {
    name,
    ...(transforms.length > 0 && { transforms }),
    ...(labels && { labels }),
    ...(retention && { retentionMs: durationMs("messageRetentionDuration", retention) }),
  };
}

export function topicResource({ name, labels, retentionMs, transforms, schema }: TopicConfig): ProtoJson {
  return {
    name,
    ...transformResources(transforms),
    ...(schema && { schemaSettings: { schema: schema.name, encoding: schema.encoding } }),
    ...(labels && { labels }),
    ...(retentionMs && { messageRetentionDuration: toGoogleDuration(retentionMs) }),
    state: "ACTIVE",
  };
}

export const snapshotResource = ({ name, topic, takenMs }: Snapshot): ProtoJson => ({
  name,
  topic,
  expireTime: timestamp(takenMs + SNAPSHOT_LIFE_MS),
});

export const messageResource = ({ id, data, attributes, orderingKey, publishedMs }: Message): ProtoJson => ({
  ...(data.length > 0 && { data: data.toString("base64") }),
  ...(Object.keys(attributes).length > 0 && { attributes }),
  messageId: id,
  publishTime: timestamp(publishedMs),
  ...(orderingKey && { orderingKey }),
});

/** @param countsAttempts whether a dead-letter policy is set: only then is the attempt shown */
export const receivedResource = ({ ackId, message, attempt }: Delivery, countsAttempts: boolean): ProtoJson => ({
  ackId,
  message: messageResource(message),
  ...(countsAttempts && { deliveryAttempt: attempt }),
});
