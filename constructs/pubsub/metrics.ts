import type { Metric } from "../monitoring/alarm";

/** A time series of one subscription, sampled every 60 s and visible after one to four minutes. */
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
  /** Age of the oldest message waiting, seconds. */
  oldestAge: of("oldest_unacked_message_age"),
  /** Messages Pub/Sub itself has given up and forwarded, by source subscription; parked ones are not among them. */
  deadLettered: of("dead_letter_message_count"),
  pushes: of("push_request_count"),
  failedPushes: of("push_request_count", { response_class: { not: "ack" } }),
} as const;
