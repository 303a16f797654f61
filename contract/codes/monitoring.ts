import type { CodeTable } from "./table";

/** MR1700–MR1749: alarms and notification channels. */
export const monitoringCodes = {
  MR1701: {
    title: "alarm out of Cloud Monitoring's bounds",
    why: "Cloud Monitoring refuses the alert policy at apply",
    fix: "use 1–6 conditions, periods of at least 60 s and durations in whole minutes",
    source: "google/monitoring/v3/alert.proto",
  },
  MR1702: {
    title: "alarms that reach nobody",
    why: "an alert policy without a notification channel opens incidents that nobody is told of",
    fix: "give the pipeline channels to notify, or acknowledge the warning",
  },
  MR1703: {
    title: "illegal notification channel",
    why: "Cloud Monitoring refuses it at apply, or sends alerts nowhere",
    fix: "give one e-mail address, or the full name of a topic or channel",
  },
} as const satisfies CodeTable;
