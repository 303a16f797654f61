import type { Attributes } from "../../plan/values";
import { pubsubAgent } from "../grants";
import type { ExportConfig, PushConfig, SubscriptionConfig, TopicConfig, TransformConfig } from "../pubsub/types";
import { type Adapter, at, type Reader } from "./adapter";
import { labelled, milliseconds } from "./common";
import { described, observed, seconds, type Written } from "./observed";

/** Full name of a topic that is named in full or by its last part. */
export const topicName = (read: Reader, path: string): string => {
  const name = read.required(path);
  return name.startsWith("projects/") ? name : `projects/${read.project}/topics/${name}`;
};

const topic: Adapter = {
  type: "google_pubsub_topic",
  runs: true,
  honoured: ["name", "project", "message_retention_duration", "message_transforms", "schema_settings"],
  inert: ["labels", "kms_key_name", "message_storage_policy", "timeouts"],
  computed: (read) => ({
    project: read.project,
    id: `projects/${read.project}/topics/${read.required("name")}`,
    ...labelled(read),
  }),
  contribute(read, resource, draft) {
    const schema = read.text("schema_settings.schema");
    const encoding = read.text("schema_settings.encoding") === "BINARY" ? "BINARY" : "JSON";
    draft.topics.push({ config: topicConfig(read), resource, ...(schema && { schema: { name: schema, encoding } }) });
  },
  observe: (read, { pubsub }) => observed(topicConfig(read), named(pubsub.topics(), read), TOPIC_ATTRIBUTES),
  describe: (id, { pubsub }) => describedIn(pubsub.topics(), id, TOPIC_ATTRIBUTES),
};

const schema: Adapter = {
  type: "google_pubsub_schema",
  runs: true,
  honoured: ["name", "project", "type", "definition"],
  inert: ["timeouts"],
  computed: (read) => ({
    project: read.project,
    id: `projects/${read.project}/schemas/${read.required("name")}`,
  }),
  contribute(read, _resource, draft) {
    const type = read.text("type") === "PROTOCOL_BUFFER" ? "PROTOCOL_BUFFER" : "AVRO";
    draft.schemas.set(read.required("id"), { type, definition: read.text("definition") ?? "" });
  },
};

function topicConfig(read: Reader): TopicConfig {
  const retentionMs = milliseconds(read, "message_retention_duration");
  const transforms = transformsOf(read);
  return {
    name: read.required("id"),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(transforms.length > 0 && { transforms }),
  };
}

const textIn = (block: Attributes, path: string): string => {
  const value = at(block, path);
  return typeof value === "string" ? value : "";
};

const transformsOf = (read: Reader): readonly TransformConfig[] =>
  read.blocks("message_transforms").map((block) => ({
    functionName: textIn(block, "javascript_udf.function_name"),
    code: textIn(block, "javascript_udf.code"),
    ...(at(block, "disabled") === true && { disabled: true }),
  }));

const transformAttributes = (transforms: readonly TransformConfig[] = []): Attributes => ({
  message_transforms: transforms.map(({ functionName, code, disabled = false }) => ({
    javascript_udf: [{ function_name: functionName, code }],
    disabled,
  })),
});

interface Named {
  readonly name: string;
}

/** The thing that a resource has made. */
const named = <C extends Named>(all: readonly C[], read: Reader): C | undefined =>
  all.find(({ name }) => name === read.required("id"));

/** Something of the engine by its full name, or by the last part of one alone, as a configuration says it. */
function describedIn<C extends Named>(all: readonly C[], id: string, written: Written<C>): Attributes | undefined {
  const short = all.filter(({ name }) => name.endsWith(`/${id}`));
  const found = all.find(({ name }) => name === id) ?? (short.length === 1 ? short[0] : undefined);
  const [, project = "", , name = ""] = found?.name.split("/") ?? [];
  return found && { id: found.name, project, name, ...described(found, written) };
}

const TOPIC_ATTRIBUTES: Written<TopicConfig> = {
  retentionMs: (ms) => ({ message_retention_duration: ms === undefined ? "" : seconds(ms) }),
  transforms: transformAttributes,
};

/** Defaults of google/pubsub/v1/pubsub.proto, `Subscription`, `RetryPolicy`, `DeadLetterPolicy`. */
const DEFAULTS = {
  ackDeadlineSeconds: 10,
  retention: "604800s",
  minBackoffMs: 10_000,
  maxBackoffMs: 600_000,
  maxDeliveryAttempts: 5,
  fileDurationMs: 300_000,
} as const;

const subscription: Adapter = {
  type: "google_pubsub_subscription",
  runs: true,
  honoured: [
    "name",
    "project",
    "topic",
    "ack_deadline_seconds",
    "message_retention_duration",
    "retain_acked_messages",
    "enable_exactly_once_delivery",
    "enable_message_ordering",
    "filter",
    "message_transforms",
    "retry_policy",
    "dead_letter_policy",
    "push_config.push_endpoint",
    "push_config.oidc_token",
    "push_config.no_wrapper",
    "bigquery_config",
    "cloud_storage_config.bucket",
    "cloud_storage_config.filename_prefix",
    "cloud_storage_config.filename_suffix",
    "cloud_storage_config.filename_datetime_format",
    "cloud_storage_config.max_duration",
    "cloud_storage_config.max_bytes",
    "cloud_storage_config.max_messages",
    "cloud_storage_config.service_account_email",
    "cloud_storage_config.avro_config.write_metadata",
  ],
  // Expiry after a month without a consumer has no use on a laptop; the API itself ignores the push attributes but one.
  inert: ["labels", "expiration_policy", "push_config.attributes", "timeouts"],
  computed: (read) => ({
    project: read.project,
    id: `projects/${read.project}/subscriptions/${read.required("name")}`,
    ack_deadline_seconds: read.number("ack_deadline_seconds") || DEFAULTS.ackDeadlineSeconds,
    message_retention_duration: read.text("message_retention_duration") ?? DEFAULTS.retention,
    ...labelled(read),
  }),
  contribute: (read, resource, draft) => void draft.subscriptions.push({ config: subscriptionConfig(read), resource }),
  observe: (read, { pubsub }) =>
    observed(subscriptionConfig(read), named(pubsub.subscriptions(), read), SUBSCRIPTION_ATTRIBUTES),
  describe: (id, { pubsub }) => describedIn(pubsub.subscriptions(), id, SUBSCRIPTION_ATTRIBUTES),
};

function subscriptionConfig(read: Reader): SubscriptionConfig {
  const filter = read.text("filter");
  const retry = read.block("retry_policy");
  const deadLetter = read.block("dead_letter_policy");
  const push = pushOf(read);
  const to = exportOf(read);
  const transforms = transformsOf(read);
  return {
    name: read.required("id"),
    topic: topicName(read, "topic"),
    ackDeadlineMs: (read.number("ack_deadline_seconds") ?? DEFAULTS.ackDeadlineSeconds) * 1_000,
    retentionMs: milliseconds(read, "message_retention_duration") ?? 0,
    retainAcked: read.bool("retain_acked_messages") ?? false,
    ordering: read.bool("enable_message_ordering") ?? false,
    exactlyOnce: read.bool("enable_exactly_once_delivery") ?? false,
    ...(filter && { filter }),
    ...(transforms.length > 0 && { transforms }),
    ...(retry && {
      retry: {
        minMs: milliseconds(read, "retry_policy.minimum_backoff") ?? DEFAULTS.minBackoffMs,
        maxMs: milliseconds(read, "retry_policy.maximum_backoff") ?? DEFAULTS.maxBackoffMs,
      },
    }),
    ...(deadLetter && {
      deadLetter: {
        topic: topicName(read, "dead_letter_policy.dead_letter_topic"),
        maxAttempts: read.number("dead_letter_policy.max_delivery_attempts") || DEFAULTS.maxDeliveryAttempts,
      },
    }),
    ...(push && { push }),
    ...(to && { export: to }),
  };
}

/** Who writes what a subscription exports: Pub/Sub itself, or an account whose tokens it may make. */
const writerOf = (read: Reader, block: string): string => {
  const email = read.text(`${block}.service_account_email`);
  return email ? `serviceAccount:${email}` : pubsubAgent(read.projectNumber);
};

function exportOf(read: Reader): ExportConfig | undefined {
  if (read.block("bigquery_config")) {
    const block = "bigquery_config";
    return {
      kind: "bigquery",
      table: read.required(`${block}.table`),
      ...(read.bool(`${block}.use_topic_schema`) && { columnsFrom: "topic" }),
      ...(read.bool(`${block}.use_table_schema`) && { columnsFrom: "table" }),
      dropUnknownFields: read.bool(`${block}.drop_unknown_fields`) ?? false,
      writeMetadata: read.bool(`${block}.write_metadata`) ?? false,
      writer: writerOf(read, block),
    };
  }
  if (!read.block("cloud_storage_config")) return undefined;
  const block = "cloud_storage_config";
  const [format, maxBytes, maxMessages] = [
    read.text(`${block}.filename_datetime_format`),
    read.number(`${block}.max_bytes`),
    read.number(`${block}.max_messages`),
  ];
  return {
    kind: "cloudStorage",
    bucket: read.required(`${block}.bucket`),
    prefix: read.text(`${block}.filename_prefix`) ?? "",
    suffix: read.text(`${block}.filename_suffix`) ?? "",
    ...(format && { datetimeFormat: format }),
    ...(read.block(`${block}.avro_config`) && {
      avro: { writeMetadata: read.bool(`${block}.avro_config.write_metadata`) ?? false },
    }),
    maxDurationMs: milliseconds(read, `${block}.max_duration`) || DEFAULTS.fileDurationMs,
    ...(maxBytes && { maxBytes }),
    ...(maxMessages && { maxMessages }),
    writer: writerOf(read, block),
  };
}

const SUBSCRIPTION_ATTRIBUTES: Written<SubscriptionConfig> = {
  topic: (topic) => ({ topic }),
  ackDeadlineMs: (ms) => ({ ack_deadline_seconds: ms / 1_000 }),
  retentionMs: (ms) => ({ message_retention_duration: seconds(ms) }),
  retainAcked: (retain_acked_messages) => ({ retain_acked_messages }),
  ordering: (enable_message_ordering) => ({ enable_message_ordering }),
  exactlyOnce: (enable_exactly_once_delivery) => ({ enable_exactly_once_delivery }),
  filter: (filter = "") => ({ filter }),
  transforms: transformAttributes,
  retry: (retry) => ({
    retry_policy: retry ? [{ minimum_backoff: seconds(retry.minMs), maximum_backoff: seconds(retry.maxMs) }] : [],
  }),
  deadLetter: (policy) => ({
    dead_letter_policy: policy ? [{ dead_letter_topic: policy.topic, max_delivery_attempts: policy.maxAttempts }] : [],
  }),
  push: (push) => ({
    push_config: push
      ? [
          {
            push_endpoint: push.endpoint,
            oidc_token: push.oidc
              ? [{ service_account_email: push.oidc.serviceAccountEmail, audience: push.oidc.audience }]
              : [],
            no_wrapper: push.unwrapped ? [{ write_metadata: push.unwrapped.writeMetadata }] : [],
          },
        ]
      : [],
  }),
};

function pushOf(read: Reader): PushConfig | undefined {
  // An empty endpoint is a pull subscription, by the proto.
  const endpoint = read.text("push_config.push_endpoint");
  if (!endpoint) return undefined;
  if (!URL.canParse(endpoint)) {
    read.wrong("push_config.push_endpoint", "a URL", endpoint);
    return undefined;
  }
  const serviceAccountEmail = read.text("push_config.oidc_token.service_account_email");
  return {
    endpoint,
    ...(serviceAccountEmail && {
      // "If not specified, the Push endpoint URL will be used", pubsub.proto, `PushConfig.OidcToken.audience`.
      oidc: { serviceAccountEmail, audience: read.text("push_config.oidc_token.audience") || endpoint },
    }),
    ...(read.block("push_config.no_wrapper") && {
      unwrapped: { writeMetadata: read.bool("push_config.no_wrapper.write_metadata") ?? false },
    }),
  };
}

export const pubsubAdapters: readonly Adapter[] = [schema, topic, subscription];
