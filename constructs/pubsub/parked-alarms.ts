import type { Alarm } from "../monitoring/alarm";
import type { DeadLetterTopic } from "./dead-letter-topic";
import { deadLetterAge, type RedrivenBy, redriveStep } from "./alarms";
import { subscriptionMetrics as metrics } from "./metrics";

/** What an alarm of parked events speaks of. */
export interface WatchedParking extends RedrivenBy {
  /** For titles: what parks. */
  readonly title: string;
  readonly projectId: string;
  readonly topic: DeadLetterTopic;
}

/** The alarms of a dead-letter topic that no subscription of Pub/Sub feeds, but a handler alone. */
export function parkedAlarms({ title, projectId, topic, ...back }: WatchedParking): readonly Alarm[] {
  const { subscriptionId } = topic.subscription;
  return [
    {
      id: "Parked",
      title: `${title}: events were given up`,
      severity: "ERROR",
      page: "docs/monitoring.md#dead-letters",
      conditions: [
        {
          title: "parked events wait to be looked at",
          metric: metrics.backlog(subscriptionId),
          aligner: "ALIGN_MAX",
          periodSeconds: 60,
          above: 0,
          forSeconds: 0,
        },
      ],
      runbook: `Events of \`${title}\` could not be handled and wait in \`${subscriptionId}\`.

1. Look at one: \`gcloud pubsub subscriptions pull ${subscriptionId} --project=${projectId} --limit=1 --format=json\` (without \`--auto-ack\` it stays). Its attribute \`millrace-cause\` says why.
2. Mend the handler or whoever sent the event, deploy.
3. ${redriveStep(back, subscriptionId)}`,
    },
    deadLetterAge({ title, deadLetterSubscriptionId: subscriptionId, projectId, ...back }),
  ];
}
