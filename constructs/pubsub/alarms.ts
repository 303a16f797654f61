import type { AnyContract } from "../core";
import type { Alarm } from "../monitoring/alarm";
import { subscriptionMetrics as metrics } from "./metrics";

/** What an alarm of a subscription speaks of. */
export interface Watched extends RedrivenBy {
  /** For titles: the consumer's or the subscription's name. */
  readonly title: string;
  readonly subscriptionId: string;
  /** Keeps the dead letters; undefined where there are none. */
  readonly deadLetterSubscriptionId?: string;
  readonly projectId: string;
  readonly push: boolean;
  /** Age of a waiting message that is too old, seconds. */
  readonly tooOldSeconds: number;
  /** Age of a dead letter that is forgotten, seconds. @default a day */
  readonly deadLetterTooOldSeconds?: number;
}

/** What a runbook fills in where letters are given back. */
export interface RedrivenBy {
  /** Name of the handler that takes them back; undefined where none is known, or none can. */
  readonly handler?: string | undefined;
  /** Id of its stack. */
  readonly stack: string;
}

/** The name that `millrace redrive` knows a handler by: records in memory cannot be reopened, so it knows none of those. */
export const redrivenHandler = (contract: AnyContract | undefined): string | undefined =>
  contract === undefined || contract.manifest.store === "memory" ? undefined : contract.manifest.name;

/** How letters are given back, as a step of a runbook. */
export function redriveStep({ handler, stack }: RedrivenBy, subscriptionId: string): string {
  if (handler === undefined)
    return "Send them back to the handler that failed, by cause, age or key, and look first with a dry run: `docs/runtime/redrive.md` of the package millrace.";
  const command = `npx millrace redrive ${handler} ${stack} --cloud --subscription=${subscriptionId}`;
  return `See what would be sent back to \`${handler}\`, by cause and age: \`${command}\`. Then do it: the same with \`--deliver\`, and with \`--cause\`, \`--key\` or \`--older-than\` for some of them (\`docs/cli.md#redrive\` of the package millrace).`;
}

type DeadLettered = Watched & Required<Pick<Watched, "deadLetterSubscriptionId">>;

const isDeadLettered = (watched: Watched): watched is DeadLettered => watched.deadLetterSubscriptionId !== undefined;

/** The alarms every subscription comes with. Thresholds are ours. */
export function subscriptionAlarms(watched: Watched): readonly Alarm[] {
  return [
    ...(isDeadLettered(watched) ? [deadLetters(watched), deadLetterAge(watched)] : []),
    backlogAge(watched),
    ...(watched.push ? [pushErrors(watched)] : []),
  ];
}

const DAY_SECONDS = 86_400;

/** At the first one: forwarded by Pub/Sub, or parked by the handler, which only the kept messages show. */
const deadLetters = ({ title, subscriptionId, deadLetterSubscriptionId, projectId, ...back }: DeadLettered): Alarm => ({
  id: "DeadLetters",
  title: `${title}: dead letters`,
  severity: "ERROR",
  page: "docs/monitoring.md#dead-letters",
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

1. Look at one: \`gcloud pubsub subscriptions pull ${deadLetterSubscriptionId} --project=${projectId} --limit=1 --format=json\` (without \`--auto-ack\` it stays). The attributes \`CloudPubSubDeadLetterSource…\` mark those that ran out of attempts.
2. Mend the handler or the publisher, deploy.
3. ${redriveStep(back, deadLetterSubscriptionId)}`,
});

/** The first notification may have been overlooked; a dead letter that nobody takes is lost when its retention ends. */
export const deadLetterAge = (
  watched: RedrivenBy &
    Pick<DeadLettered, "title" | "projectId" | "deadLetterSubscriptionId" | "deadLetterTooOldSeconds">,
): Alarm => ({
  id: "DeadLetterAge",
  title: `${watched.title}: dead letters are forgotten`,
  severity: "ERROR",
  page: "docs/monitoring.md#dead-letters-are-forgotten",
  conditions: [
    {
      title: `the oldest dead letter has waited for more than ${watched.deadLetterTooOldSeconds ?? DAY_SECONDS} s`,
      metric: metrics.oldestAge(watched.deadLetterSubscriptionId),
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      above: watched.deadLetterTooOldSeconds ?? DAY_SECONDS,
      forSeconds: 300,
    },
  ],
  runbook: `Nobody has taken the dead letters in \`${watched.deadLetterSubscriptionId}\`. They are deleted when its retention ends.

1. Read them: \`gcloud pubsub subscriptions pull ${watched.deadLetterSubscriptionId} --project=${watched.projectId} --limit=20 --format=json\`.
2. Acknowledge those that nobody needs: the same command with \`--auto-ack\`.
3. ${redriveStep(watched, watched.deadLetterSubscriptionId)}`,
});

const backlogAge = ({ title, subscriptionId, tooOldSeconds, projectId }: Watched): Alarm => ({
  id: "BacklogAge",
  title: `${title}: messages wait too long`,
  severity: "WARNING",
  page: "docs/monitoring.md#messages-wait-too-long",
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
  runbook: `Messages of \`${subscriptionId}\` are not handled as fast as they come, or one is retried again and again.

1. Does the consumer fail, or is it slow, or has it no more instances? Its charts are on the stack's dashboard.
2. What is set? \`gcloud pubsub subscriptions describe ${subscriptionId} --project=${projectId}\`.
3. A poisoned message blocks its ordering key until it is dead-lettered; everything else goes on.`,
});

const pushErrors = ({ title, subscriptionId, projectId }: Watched): Alarm => ({
  id: "PushErrors",
  title: `${title}: deliveries fail`,
  severity: "WARNING",
  page: "docs/monitoring.md#deliveries-fail",
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
  runbook: `Pushes of \`${subscriptionId}\` are answered with an error, too late, or not at all; the metric's \`response_class\` says which. Messages are retried with back-off and dead-lettered in the end.

1. 401 or 403: may the push identity call the target, and does the audience agree? \`gcloud pubsub subscriptions describe ${subscriptionId} --project=${projectId} --format='yaml(pushConfig)'\`.
2. 5xx or \`deadline_exceeded\`: read the consumer's log.`,
});
