import type { CodeTable } from "./table";

/** MR1650–MR1699: event sources: Eventarc, audit logs, what a pipeline starts from. */
export const eventarcCodes = {
  MR1650: {
    title: "trigger in no place for its events",
    why: "a trigger is where its source is: in the bucket's location, the database's region, one region, or for audit logs also global; Google refuses it elsewhere, or sends it nothing",
    fix: "set location to where the events come from",
    source: "https://cloud.google.com/eventarc/docs/understand-locations",
  },
  MR1651: {
    title: "trigger elsewhere than its bucket",
    why: "a trigger for objects hears of buckets of its own location alone",
    fix: "leave location out: it follows from the bucket",
    source: "https://cloud.google.com/eventarc/docs/understand-locations",
  },
  MR1652: {
    title: "trigger whose events end nowhere",
    why: "the trigger's subscription is Google's: it keeps an event for 24 hours, and Terraform cannot give it a dead-letter topic",
    fix: "reach the source by a topic of one's own, or acknowledge it if an event may be lost",
    source: "https://cloud.google.com/eventarc/docs/retry-events; hashicorp/terraform-provider-google#17697, #25069",
  },
  MR1653: {
    title: "trigger without a Cloud Run service",
    why: "Eventarc delivers to a service or function of its own project, by its name",
    fix: "give a CloudRunService or CloudFunction of this project; another endpoint can be pushed to by a DeadLetteredSubscription",
    source: "google_eventarc_trigger: destination.cloud_run_service",
  },
  MR1654: {
    title: "audit log not known",
    why: "most data access logs are off, and calls that are not logged make no events; which log holds a method's calls is known for common methods alone",
    fix: 'say `log: "data-write"` (or "data-read", "admin-read", "admin-activity", "system-event"), as the audit logging page of the service has it',
    source: "https://cloud.google.com/logging/docs/audit/configure-data-access",
  },
  MR1655: {
    title: "topic of another project",
    why: "Eventarc takes its transport topic from its own project",
    fix: "push from a subscription to the target instead: a DeadLetteredSubscription may be of a topic elsewhere",
    source: "google_eventarc_trigger: transport.pubsub.topic",
  },
  MR1656: {
    title: "workflow that gets an event once",
    why: "a failing execution is not redelivered, so what it leaves undone stays undone",
    fix: "catch errors inside the workflow and publish what failed to a dead-letter topic, then acknowledge this",
    source: "https://cloud.google.com/eventarc/docs/retry-events",
  },
  MR1657: {
    title: "events of Firebase Authentication",
    why: "neither Eventarc nor Gen2 functions have them: only Gen1 functions are told of created and deleted users",
    fix: "decide before a sign-up or sign-in with a blocking function of Identity Platform (an HTTP function), or deploy a Gen1 function with firebase-functions/v1 that publishes to the pipeline's topic",
    source: "https://cloud.google.com/functions/docs/calling/firebase-auth",
  },
  MR1658: {
    title: "pattern that no document matches",
    why: "paths alternate between collections and documents, so a document's has an even number of parts; the trigger would be sent nothing",
    fix: "end the pattern at a document: orders/{order}, or orders/{order}/items/{item}",
    source: "https://cloud.google.com/eventarc/docs/path-patterns",
  },
  MR1660: {
    title: "event that the other pipeline does not publish",
    why: "nobody would ever publish to this pipeline",
    fix: "name it in `publishes` of a contract of the other pipeline",
  },
  MR1661: {
    title: "published event without a topic",
    why: "the handler would not know where to publish to, and would fail when it does",
    fix: "make it the source of a pipeline (`source: { pipeline, event }`), or give the consumer `publishTo`",
  },
  MR1662: {
    title: "published event that cannot be placed",
    why: "a handler is told one address for each name of a topic, in MILLRACE_TOPICS",
    fix: "call the topic by up to 63 lower-case letters, digits and hyphens, and give it one address",
  },
  MR1663: {
    title: "filter of a log sink",
    why: "Cloud Logging refuses a filter of more than 20,000 characters; an empty one lets everything through",
    fix: "name logs, services or methods",
    source: "https://cloud.google.com/logging/quotas",
  },
  MR1664: {
    title: "event relayed by way of Eventarc",
    why: "Firestore publishes to no topic: its events come by Eventarc, which keeps one for 24 hours while the relay cannot take it; from the relay's topic on they are kept like any others",
    fix: "acknowledge it if an outage of a day may lose events; what must not be lost is published by the transaction that writes the document (`tx.publish` in a handler)",
    source: "https://cloud.google.com/eventarc/docs/retry-events",
  },
} as const satisfies CodeTable;
