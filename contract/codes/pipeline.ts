import type { CodeTable } from "./table";

/** MR1012 and MR1500–MR1599: pipelines and patterns. */
export const pipelineCodes = {
  MR1012: {
    title: "handler longer than delivery can wait",
    why: "Pub/Sub waits 600 s for a push at most and then delivers again, while the first delivery still runs",
    fix: "lower the contract's timeLimit to 595s or less, or split the work",
    source: "google/pubsub/v1/pubsub.proto: Subscription.ack_deadline_seconds",
  },
} as const satisfies CodeTable;
