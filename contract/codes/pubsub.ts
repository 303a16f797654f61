import type { CodeTable } from "./table";

/** MR1100–MR1199: topics, schemas, subscriptions, filters and dead letters. */
export const pubsubCodes = {
  MR1101: {
    title: "topic retention out of range",
    why: "Pub/Sub refuses the topic at apply",
    fix: "keep messages for 10m to 31d, or leave retention out",
    source: "google/pubsub/v1/pubsub.proto: Topic.message_retention_duration",
  },
  MR1102: {
    title: "no storage region left",
    why: "an empty list allows no region at all, and Pub/Sub refuses it",
    fix: "name at least one region, or leave storageRegions out",
    source: "google/pubsub/v1/pubsub.proto: MessageStoragePolicy",
  },
  MR1103: {
    title: "not the full name of a topic, subscription or schema",
    why: "what was made elsewhere may live in another project, so its short name says too little",
    fix: "write projects/PROJECT/topics/TOPIC, projects/PROJECT/subscriptions/SUBSCRIPTION or projects/PROJECT/schemas/SCHEMA",
  },
  MR1104: {
    title: "storage regions enforced, and none named",
    why: "there is nothing to enforce: the organization's policy is not known here",
    fix: "name the storageRegions, or leave enforceStorageRegions out",
    source: "google/pubsub/v1/pubsub.proto: MessageStoragePolicy.enforce_in_transit",
  },
  MR1105: {
    title: "schema does not parse",
    why: "Pub/Sub refuses the schema at apply",
    fix: "mend the definition: an Avro schema is JSON, a Protobuf schema a .proto file without imports",
    source: "google/pubsub/v1/schema.proto: Schema.definition",
  },
  MR1106: {
    title: "message transform that cannot run",
    why: "Pub/Sub refuses it at apply",
    fix: "give every transform a functionName of its own, and code that defines function functionName(message, metadata)",
    source: "google/pubsub/v1/pubsub.proto: JavaScriptUDF",
  },
  MR1107: {
    title: "many or large message transforms",
    why: "Pub/Sub is said to take five transforms with 20 kB of code each",
    fix: "do less in transforms, or in the handler",
  },
  MR1110: {
    title: "ack deadline out of range",
    why: "Pub/Sub refuses the subscription at apply; for push the deadline is also how long it waits for an answer",
    fix: "set 10s to 600s, in whole seconds",
    source: "google/pubsub/v1/pubsub.proto: Subscription.ack_deadline_seconds",
  },
  MR1111: {
    title: "subscription retention out of range",
    why: "Pub/Sub refuses the subscription at apply",
    fix: "keep messages for 10m to 31d",
    source: "google/pubsub/v1/pubsub.proto: Subscription.message_retention_duration",
  },
  MR1112: {
    title: "expiration out of range",
    why: "Pub/Sub refuses the subscription at apply",
    fix: 'set at least 1d, or "never"',
    source: "google/pubsub/v1/pubsub.proto: ExpirationPolicy",
  },
  MR1113: {
    title: "subscription expires before its messages do",
    why: "the subscription may be deleted while it still holds messages",
    fix: 'raise expiration above retention, or set "never"',
  },
  MR1114: {
    title: "delivery attempts out of range",
    why: "Pub/Sub refuses the subscription at apply",
    fix: "set a whole number from 5 to 100",
    source: "google/pubsub/v1/pubsub.proto: DeadLetterPolicy.max_delivery_attempts",
  },
  MR1115: {
    title: "back-off out of range",
    why: "Pub/Sub refuses the subscription at apply",
    fix: "set 0s to 600s",
    source: "google/pubsub/v1/pubsub.proto: RetryPolicy",
  },
  MR1116: {
    title: "shortest back-off above the longest",
    why: "no pause could satisfy both",
    fix: "raise maxBackoff or lower minBackoff",
  },
  MR1117: {
    title: "filter too long",
    why: "Pub/Sub refuses the subscription at apply; the provider counts characters where the API counts bytes",
    fix: "shorten the filter: use startsWith, publish a coarser attribute, or filter in the handler",
    source: "https://cloud.google.com/pubsub/docs/subscription-message-filter",
  },
  MR1118: {
    title: "filter does not parse",
    why: "Pub/Sub refuses the subscription at apply",
    fix: "build it with attribute(), all(), any() and not()",
    source: "https://cloud.google.com/pubsub/docs/subscription-message-filter",
  },
  MR1119: {
    title: "exactly-once delivery on a subscription that is not pulled",
    why: "push subscriptions and those that write to BigQuery or Cloud Storage do not support it",
    fix: "drop exactlyOnce: the contract's idempotency record makes the effect of a push happen once",
    source: "https://cloud.google.com/pubsub/docs/exactly-once-delivery",
  },
  MR1120: {
    title: "exactly-once delivery with a short ack deadline",
    why: "an acknowledgement after the deadline fails and the message comes again",
    fix: "set an ack deadline of 60s or more",
  },
  MR1121: {
    title: "push endpoint without TLS",
    why: "Pub/Sub posts to https alone, and the caller's token must not be read on the way",
    fix: "give an https URL",
    source: "https://cloud.google.com/pubsub/docs/push",
  },
  MR1122: {
    title: "target slower than the ack deadline",
    why: "Pub/Sub stops waiting at the ack deadline and delivers again while the first delivery still runs",
    fix: "raise ackDeadline (to 600s at most) or lower the target's timeout",
    source: "google/pubsub/v1/pubsub.proto: Subscription.ack_deadline_seconds",
  },
  MR1123: {
    title: "topic is its own dead-letter topic",
    why: "a message that fails would be published to the subscription it failed on",
    fix: "use a topic of its own for dead letters: DeadLetteredSubscription makes one",
  },
  MR1124: {
    title: "subscription without a dead-letter topic",
    why: "a message that always fails is retried until its retention ends and is lost then; nobody is told",
    fix: "use DeadLetteredSubscription, or say deadLetter: false if this is meant",
  },
  MR1125: {
    title: "messages are kept for less than a day",
    why: "what is not handled within the retention is lost",
    fix: "raise retention to 1d or more",
  },
  MR1126: {
    title: "subscription that expires",
    why: "an idle subscription is deleted together with its backlog, without a word",
    fix: 'set expiration: "never"',
    source: "google/pubsub/v1/pubsub.proto: ExpirationPolicy",
  },
  MR1127: {
    title: "redelivery without a pause",
    why: "a failing target is called again as fast as it fails, and attempts are used up before it can recover",
    fix: "give retry a minBackoff of 10s and a maxBackoff of 600s",
  },
  MR1128: {
    title: "ordering together with dead-lettering",
    why: "order holds only among the messages that are delivered; one that is given up is overtaken by its successors",
    fix: "acknowledge it if handlers can live with a gap, or raise the attempts so that giving up is rare",
    source: "https://cloud.google.com/pubsub/docs/ordering",
  },
  MR1130: {
    title: "dead-letter topic without a subscription",
    why: "Pub/Sub keeps no message that nobody subscribes to: dead letters would be lost",
    fix: "use DeadLetterTopic, which keeps them, or add a Subscription to the topic",
    source: "google/pubsub/v1/pubsub.proto: DeadLetterPolicy",
  },
  MR1131: {
    title: "dead letters are kept too briefly",
    why: "they must outlast the messages they come from, and the week-ends until somebody looks",
    fix: "keep dead letters for 14d to 31d",
  },
  MR1132: {
    title: "subscription with two ways of delivery",
    why: "a subscription pushes, or writes to BigQuery, or writes to Cloud Storage, or is pulled",
    fix: "make a subscription for each",
    source: "google_pubsub_subscription: push_config, bigquery_config and cloud_storage_config conflict",
  },
  MR1133: {
    title: "file kept open longer than the ack deadline",
    why: "messages are acknowledged when their file is finished; after the deadline they would be written again",
    fix: "raise ackDeadline to maxDuration or more, or leave it out",
    source: "google/pubsub/v1/pubsub.proto: CloudStorageConfig.max_duration",
  },
  MR1134: {
    title: "file out of Pub/Sub's bounds",
    why: "Pub/Sub refuses the subscription at apply",
    fix: 'set maxDuration to 1m–10m, maxBytes to 1000–10 GiB, maxMessages to 1000 or more, and a suffix that does not end in "/"',
    source: "google/pubsub/v1/pubsub.proto: CloudStorageConfig",
  },
  MR1135: {
    title: "topic without the schema that is to be written by",
    why: "Pub/Sub cannot write by a schema that the topic does not have",
    fix: "give the topic a schema, or write by the table's columns",
    source: "google/pubsub/v1/pubsub.proto: BigQueryConfig.use_topic_schema, AvroConfig.use_topic_schema",
  },
  MR1136: {
    title: "unknown fields dropped without a schema",
    why: "it has no effect: without a schema a message is written as it is",
    fix: "say which schema the columns follow, or leave dropUnknownFields out",
    source: "google/pubsub/v1/pubsub.proto: BigQueryConfig.drop_unknown_fields",
  },
  MR1137: {
    title: "table without the columns Pub/Sub writes",
    why: "no message would fit the table, and all of them would end as dead letters",
    fix: "add the columns; pubsubColumns() makes those that a message needs",
    source: "https://cloud.google.com/pubsub/docs/bigquery",
  },
  MR1138: {
    title: "archive of a dead-letter topic that is shared",
    why: "the topic belongs to all its subscriptions, so its archive and its retention are its own",
    fix: "give archive and retention to the DeadLetterTopic",
  },
} as const satisfies CodeTable;
