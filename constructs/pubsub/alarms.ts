import type { Alarm } from "../monitoring/alarm";
import { subscriptionMetrics as metrics } from "./metrics";

/** What an alarm of a subscription speaks of. */
export interface Watched {
  /** For titles: the consumer's or the subscription's name. */
  readonly title: string;
  readonly subscriptionId: string;
  readonly deadLetterSubscriptionId: string;
  readonly push: boolean;
  /** Age of a waiting message that is too old, seconds. */
  readonly tooOldSeconds: number;
  /** Age of a dead letter that is forgotten, seconds. */
  readonly deadLetterTooOldSeconds: number;
}

/** The alarms every dead-lettered subscription comes with. Thresholds are ours. */
export function subscriptionAlarms(watched: Watched): readonly Alarm[] {
  return [
    deadLetters(watched),
    deadLetterAge(watched),
    backlogAge(watched),
    ...(watched.push ? [pushErrors(watched)] : []),
  ];
}

/** At the first one: forwarded by Pub/Sub, or parked by the handler, which only the kept messages show. */
const deadLetters = ({ title, subscriptionId, deadLetterSubscriptionId }: Watched): Alarm => ({
  id: "DeadLetters",
  title: `${title}: dead letters`,
  severity: "ERROR",
  conditions: [
    {
      title: "Pub/Sub gave a message up",
      metric: metrics.deadLettered(subscriptionId),
      aligner: "ALIGN_DELTA",
      periodSeconds: 300,
      reducer: "REDUCE_SUM",
      above: 0,
      forSeconds: 0,
    },
    {
      title: "dead letters wait to be looked at",
      metric: metrics.backlog(deadLetterSubscriptionId),
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      above: 0,
      forSeconds: 0,
    },
  ],
  runbook: `Messages of \`${subscriptionId}\` could not be handled and wait in \`${deadLetterSubscriptionId}\`.

1. Look at one: \`gcloud pubsub subscriptions pull ${deadLetterSubscriptionId} --limit=1 --format=json\` (without \`--auto-ack\` it stays). The attributes \`CloudPubSubDeadLetterSource…\` mark those that ran out of attempts.
2. Mend the handler or the publisher, deploy.
3. Publish the messages again and acknowledge them.`,
});

/** The first notification may have been overlooked; a dead letter that nobody takes is lost when its retention ends. */
const deadLetterAge = ({ title, deadLetterSubscriptionId, deadLetterTooOldSeconds }: Watched): Alarm => ({
  id: "DeadLetterAge",
  title: `${title}: dead letters are forgotten`,
  severity: "ERROR",
  conditions: [
    {
      title: `the oldest dead letter has waited for more than ${deadLetterTooOldSeconds} s`,
      metric: metrics.oldestAge(deadLetterSubscriptionId),
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      above: deadLetterTooOldSeconds,
      forSeconds: 300,
    },
  ],
  runbook: `Nobody has taken the dead letters in \`${deadLetterSubscriptionId}\`. They are deleted when its retention ends: publish them again, or acknowledge those that nobody needs.`,
});

const backlogAge = ({ title, subscriptionId, tooOldSeconds }: Watched): Alarm => ({
  id: "BacklogAge",
  title: `${title}: messages wait too long`,
  severity: "WARNING",
  conditions: [
    {
      title: `the oldest message has waited for more than ${tooOldSeconds} s`,
      metric: metrics.oldestAge(subscriptionId),
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      above: tooOldSeconds,
      forSeconds: 300,
    },
  ],
  runbook: `Messages of \`${subscriptionId}\` are not handled as fast as they come, or one is retried again and again. Look at errors and latency of the consumer, then at its instance limit.`,
});

const pushErrors = ({ title, subscriptionId }: Watched): Alarm => ({
  id: "PushErrors",
  title: `${title}: deliveries fail`,
  severity: "WARNING",
  conditions: [
    {
      title: "more than 5 % of the deliveries were not acknowledged",
      metric: metrics.failedPushes(subscriptionId),
      of: metrics.pushes(subscriptionId),
      aligner: "ALIGN_RATE",
      periodSeconds: 60,
      reducer: "REDUCE_SUM",
      above: 0.05,
      forSeconds: 300,
    },
  ],
  runbook: `Pushes of \`${subscriptionId}\` are answered with an error, too late, or not at all; the metric's \`response_class\` says which. Read the consumer's log. Messages are retried with back-off and dead-lettered in the end.`,
});
