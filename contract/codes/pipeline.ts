import type { CodeTable } from "./table";

/** MR1012 and MR1500–MR1599: pipelines and patterns. */
export const pipelineCodes = {
  MR1012: {
    title: "handler longer than delivery can wait",
    why: "Pub/Sub waits 600 s for a push at most and then delivers again, while the first delivery still runs",
    fix: "lower the contract's timeLimit to 595s or less, or split the work",
    source: "google/pubsub/v1/pubsub.proto: Subscription.ack_deadline_seconds",
  },
  MR1501: {
    title: "pipeline without consumers",
    why: "Pub/Sub keeps no message of a topic that nobody subscribes to",
    fix: "add a consumer",
  },
  MR1502: {
    title: "two consumers of one name",
    why: "the name is that of a subscription, and of a handler's records: two would take each other's events for duplicates",
    fix: "give the second contract or sink another name",
  },
  MR1503: {
    title: "records kept in memory",
    why: "records in memory vanish with the instance and are unknown to the others, so duplicates have their effect again",
    fix: 'set store: "firestore" in the contract',
  },
  MR1504: {
    title: "records forgotten before their messages",
    why: "a message that comes again after its record has expired has its effect again",
    fix: "raise the contract's remember, or lower the consumer's retention",
  },
  MR1505: {
    title: "one request at a time without ordering",
    why: "a single instance with a single request does not keep events in order: redeliveries and back-off reorder them",
    fix: "set order in the contract and publish with ordering keys; acknowledge it if the load alone is to be limited",
  },
} as const satisfies CodeTable;
