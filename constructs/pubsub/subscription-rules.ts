import { formatDuration } from "../../language/duration";
import { type IPushTarget, isKnown, PUBSUB_LIMITS, type Rule } from "../core";
import type { BigQueryProps, CloudStorageProps } from "./export";
import type { PeakLoad } from "./subscription-props";
import { type ITopic, Topic } from "./topic";

/** A subscription's props with every default applied; durations in milliseconds, `NaN` where one cannot be read. */
export interface ResolvedSubscription {
  /** Project of the subscription; its topic may be in another. */
  readonly projectId: string;
  readonly topic: ITopic;
  readonly push?: { readonly target: IPushTarget };
  readonly bigQuery?: BigQueryProps;
  readonly cloudStorage?: CloudStorageProps & { readonly maxDurationMs: number };
  readonly filter?: string;
  readonly ordering: boolean;
  readonly exactlyOnce: boolean;
  readonly ackDeadlineMs: number;
  /** Undefined: immediate redelivery. */
  readonly retry?: { readonly minBackoffMs: number; readonly maxBackoffMs: number };
  readonly deadLetter?: { readonly topic: ITopic; readonly maxDeliveryAttempts: number };
  readonly withoutDeadLetterOnPurpose: boolean;
  readonly retentionMs: number;
  readonly peak?: PeakLoad;
  /** Undefined: never. */
  readonly expirationMs?: number;
}

const { ackDeadlineSeconds, maxDeliveryAttempts, backoffMs, retentionMs, expirationMs } = PUBSUB_LIMITS;
const DAY_MS = 86_400_000;

const outside = (value: number, range: { readonly min: number; readonly max: number }) =>
  value < range.min || value > range.max;

/** Attempts that a short outage does not use up at once when nothing pauses between them; our own threshold. */
const ATTEMPTS_WITHOUT_PAUSE = 10;

/** What Pub/Sub refuses, and what it accepts and then loses messages by. google/pubsub/v1/pubsub.proto: `Subscription` */
export const SUBSCRIPTION_RULES: readonly Rule<ResolvedSubscription>[] = [
  {
    code: "MR1110",
    fault: ({ ackDeadlineMs }) =>
      (outside(ackDeadlineMs / 1000, ackDeadlineSeconds) || ackDeadlineMs % 1000 > 0) && {
        problem: `the ack deadline ${formatDuration(ackDeadlineMs)} is not a whole number of seconds from 10 to 600`,
        got: formatDuration(ackDeadlineMs),
        want: "10s–600s",
      },
  },
  {
    code: "MR1111",
    fault: ({ retentionMs: value }) =>
      outside(value, retentionMs) && {
        problem: `messages would be kept for ${formatDuration(value)}; Pub/Sub keeps them for 10 minutes to 31 days`,
        got: formatDuration(value),
        want: "10m–31d",
      },
  },
  {
    code: "MR1112",
    fault: ({ expirationMs: value }) =>
      value !== undefined &&
      value < expirationMs.min && {
        problem: `the subscription would expire after ${formatDuration(value)} of idleness; the least is a day`,
        got: formatDuration(value),
        want: 'at least 1d, or "never"',
      },
  },
  {
    code: "MR1113",
    severity: "warning",
    fault: ({ expirationMs: value, retentionMs: kept }) =>
      value !== undefined &&
      value < kept && {
        problem: `the subscription expires after ${formatDuration(value)} of idleness, before the ${formatDuration(kept)} it keeps messages for`,
      },
  },
  {
    code: "MR1114",
    fault: ({ deadLetter }) =>
      deadLetter !== undefined &&
      isKnown(deadLetter.maxDeliveryAttempts) &&
      (outside(deadLetter.maxDeliveryAttempts, maxDeliveryAttempts) ||
        !Number.isInteger(deadLetter.maxDeliveryAttempts)) && {
        problem: `${deadLetter.maxDeliveryAttempts} delivery attempts are not a whole number from 5 to 100`,
        got: String(deadLetter.maxDeliveryAttempts),
        want: "5–100",
      },
  },
  {
    code: "MR1115",
    fault: ({ retry }) => {
      const beyond = retry && [retry.minBackoffMs, retry.maxBackoffMs].filter((value) => outside(value, backoffMs));
      return (
        beyond !== undefined &&
        beyond.length > 0 && {
          problem: `a back-off of ${beyond.map(formatDuration).join(" and ")} is outside Pub/Sub's 0 to 600 s`,
          got: beyond.map(formatDuration).join(", "),
          want: "0s–600s",
        }
      );
    },
  },
  {
    code: "MR1116",
    fault: ({ retry }) =>
      retry !== undefined &&
      retry.minBackoffMs > retry.maxBackoffMs && {
        problem: `the shortest back-off ${formatDuration(retry.minBackoffMs)} is longer than the longest ${formatDuration(retry.maxBackoffMs)}`,
      },
  },
  {
    // https://cloud.google.com/pubsub/docs/exactly-once-delivery
    code: "MR1119",
    fault: ({ exactlyOnce, push, bigQuery, cloudStorage }) =>
      exactlyOnce &&
      (push ?? bigQuery ?? cloudStorage) !== undefined && {
        problem: `exactly-once delivery is asked for on a subscription that ${push ? "pushes" : "writes"}; only pull has it`,
      },
  },
  {
    code: "MR1120",
    severity: "warning",
    fault: ({ exactlyOnce, ackDeadlineMs }) =>
      exactlyOnce &&
      ackDeadlineMs < 60_000 && {
        problem: `exactly-once delivery with an ack deadline of ${formatDuration(ackDeadlineMs)} makes acknowledgements fail that come a little late`,
      },
  },
  {
    code: "MR1121",
    fault: ({ push }) =>
      push !== undefined &&
      isKnown(push.target.pushEndpoint) &&
      !push.target.pushEndpoint.startsWith("https://") && {
        problem: `the push endpoint ${push.target.pushEndpoint} is not https, so the caller's token would travel in the clear`,
        got: push.target.pushEndpoint,
        want: "https://…",
      },
  },
  {
    code: "MR1122",
    fault: ({ push, ackDeadlineMs }) => {
      const timeout = push?.target.requestTimeoutSeconds;
      return (
        timeout !== undefined &&
        isKnown(timeout) &&
        timeout > ackDeadlineMs / 1000 && {
          problem: `the target may take ${timeout} s to answer, but the ack deadline is ${ackDeadlineMs / 1000} s; the message would be redelivered while it is still being handled`,
          got: `${timeout} s`,
          want: `≤ ${ackDeadlineMs / 1000} s`,
        }
      );
    },
  },
  {
    // https://cloud.google.com/run/docs/securing/ingress: "in the same project or VPC Service Controls perimeter"
    code: "MR1129",
    severity: "warning",
    fault: ({ push, projectId }) => {
      const only = push?.target.internalTo;
      return (
        only !== undefined &&
        isKnown(only) &&
        isKnown(projectId) &&
        only !== projectId && {
          problem: `the target's ingress is internal to ${only}, and this subscription pushes from ${projectId}; nothing would be delivered`,
          got: projectId,
          want: only,
        }
      );
    },
  },
  {
    code: "MR1123",
    fault: ({ deadLetter, topic }) =>
      deadLetter !== undefined &&
      deadLetter.topic.name === topic.name && {
        problem: `${topic.name} is its own dead-letter topic, so a poisoned message would go round for ever`,
      },
  },
  {
    code: "MR1124",
    severity: "warning",
    fault: ({ deadLetter, withoutDeadLetterOnPurpose, retentionMs: kept }) =>
      deadLetter === undefined &&
      !withoutDeadLetterOnPurpose && {
        problem: `no dead-letter topic: a poisoned message is tried again for ${formatDuration(kept)} and then lost`,
      },
  },
  {
    code: "MR1125",
    severity: "warning",
    fault: ({ retentionMs: kept }) =>
      kept < DAY_MS && {
        problem: `messages are kept for ${formatDuration(kept)}; an outage longer than that loses them`,
      },
  },
  {
    code: "MR1126",
    severity: "warning",
    fault: ({ expirationMs: value }) =>
      value !== undefined && {
        problem: `after ${formatDuration(value)} without a consumer Google deletes the subscription and what it holds`,
      },
  },
  {
    code: "MR1127",
    severity: "warning",
    fault: ({ retry, deadLetter }) => {
      const paused = retry !== undefined && !(retry.minBackoffMs === 0);
      const few = deadLetter !== undefined && deadLetter.maxDeliveryAttempts < ATTEMPTS_WITHOUT_PAUSE;
      return (
        !paused && {
          problem: few
            ? `nothing pauses before a redelivery: ${deadLetter.maxDeliveryAttempts} attempts are used up within a second of an outage`
            : "nothing pauses before a redelivery: a failing target is called again at once, as fast as it fails",
        }
      );
    },
  },
  {
    code: "MR1128",
    severity: "warning",
    fault: ({ ordering, deadLetter }) =>
      ordering &&
      deadLetter !== undefined && {
        problem:
          "a message that is dead-lettered leaves its place, and later messages of its ordering key go on without it",
      },
  },
];

/** Checked at synth, when every subscription has been made. A topic made elsewhere is not judged. */
export const DEAD_LETTER_RULES: readonly Rule<ITopic>[] = [
  {
    code: "MR1130",
    fault: (topic) =>
      topic instanceof Topic &&
      topic.subscriptions.size === 0 && {
        problem: `dead letters go to ${topic.name}, which has no subscription, so they are lost`,
      },
  },
];
