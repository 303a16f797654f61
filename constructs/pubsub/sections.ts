import { chart, type DashboardSection } from "../monitoring/section";
import type { Watched } from "./alarms";
import { subscriptionMetrics as metrics, topicMetrics } from "./metrics";

/** What a subscription shows: is work piling up, is it being done, is anything given up. */
export function subscriptionSection(watched: Watched): DashboardSection {
  const { title, subscriptionId, deadLetterSubscriptionId, push, tooOldSeconds } = watched;
  const sum = (metric: (id: string) => ReturnType<typeof metrics.acked>, legend: string) =>
    ({ metric: metric(subscriptionId), aligner: "ALIGN_RATE", reducer: "REDUCE_SUM", legend }) as const;
  return {
    title,
    kind: "subscription",
    charts: [
      chart(
        "age of the oldest message, s",
        { metric: metrics.oldestAge(subscriptionId), aligner: "ALIGN_MAX" },
        { threshold: tooOldSeconds },
      ),
      chart(
        "messages waiting",
        { metric: metrics.backlog(subscriptionId), aligner: "ALIGN_MEAN" },
        { shape: "stacked-area" },
      ),
      chart("messages a second", [sum(metrics.sent, "sent"), sum(metrics.acked, "acknowledged")]),
      ...(push
        ? [
            chart(
              "pushes by answer, a second",
              {
                metric: metrics.pushes(subscriptionId),
                aligner: "ALIGN_RATE",
                reducer: "REDUCE_SUM",
                by: ["metric.labels.response_class"],
              },
              { shape: "stacked-bar" },
            ),
            chart("time to answer a push, p95, µs", {
              metric: metrics.pushLatency(subscriptionId),
              aligner: "ALIGN_PERCENTILE_95",
              reducer: "REDUCE_MAX",
            }),
          ]
        : []),
      ...(deadLetterSubscriptionId === undefined
        ? []
        : [
            chart(
              "dead letters waiting",
              { metric: metrics.backlog(deadLetterSubscriptionId), aligner: "ALIGN_MAX" },
              { threshold: 0 },
            ),
          ]),
    ],
  };
}

/** What a topic shows: whether anything is published. */
export const topicSection = (title: string, topicId: string): DashboardSection => ({
  title,
  kind: "topic",
  charts: [
    chart("messages published, a second", {
      metric: topicMetrics.published(topicId),
      aligner: "ALIGN_RATE",
      reducer: "REDUCE_SUM",
    }),
    chart(
      "requests to publish by answer, a second",
      {
        metric: topicMetrics.publishRequests(topicId),
        aligner: "ALIGN_RATE",
        reducer: "REDUCE_SUM",
        by: ["metric.labels.response_class"],
      },
      { shape: "stacked-bar" },
    ),
  ],
});
