import type { Metric } from "../monitoring/metric";

/** Time series are sampled every 60 s and visible after one to four minutes. */
const of =
  (name: string, metricLabels?: Metric["metricLabels"]) =>
  (subscriptionId: string): Metric => ({
    type: `pubsub.googleapis.com/subscription/${name}`,
    resourceType: "pubsub_subscription",
    resourceLabels: { subscription_id: subscriptionId },
    metricLabels,
  });

/** https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-pubsub */
export const subscriptionMetrics = {
  /** Messages waiting, count. */
  backlog: of("num_undelivered_messages"),
  /** Messages waiting, bytes. */
  backlogBytes: of("backlog_bytes"),
  /** Age of the oldest message waiting, seconds. */
  oldestAge: of("oldest_unacked_message_age"),
  /** Messages Pub/Sub itself has given up and forwarded, by source subscription; parked ones are not among them. */
  deadLettered: of("dead_letter_message_count"),
  /** Messages sent to subscribers, count. */
  sent: of("sent_message_count"),
  /** Messages acknowledged, count. */
  acked: of("ack_message_count"),
  /** Deliveries whose ack deadline passed, count. */
  expired: of("expired_ack_deadlines_count"),
  pushes: of("push_request_count"),
  failedPushes: of("push_request_count", { response_class: { not: "ack" } }),
  /** How long pushes take to be answered, distribution in microseconds. */
  pushLatency: of("push_request_latencies"),
} as const;

const ofTopic =
  (name: string) =>
  (topicId: string): Metric => ({
    type: `pubsub.googleapis.com/topic/${name}`,
    resourceType: "pubsub_topic",
    resourceLabels: { topic_id: topicId },
  });

export const topicMetrics = {
  /** Requests to publish, each of up to 1000 messages, count. */
  publishRequests: ofTopic("send_request_count"),
  /** Messages published, count. */
  published: ofTopic("send_message_operation_count"),
} as const;

/** The metrics of one resource out of a table of them. */
export const metricsFor = <Table extends Readonly<Record<string, (id: string) => Metric>>>(
  table: Table,
  id: string,
): Readonly<Record<keyof Table, Metric>> =>
  Object.fromEntries(Object.entries(table).map(([name, metric]) => [name, metric(id)])) as Record<keyof Table, Metric>;
