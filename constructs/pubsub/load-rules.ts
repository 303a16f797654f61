import { isKnown, type Rule } from "../core";
import type { ResolvedSubscription } from "./subscription-rules";

/** https://cloud.google.com/pubsub/quotas: throughput per ordering key. */
const BYTES_PER_SECOND_AND_KEY = 1_000_000;

/** What a subscription is asked to carry against what its target and its ordering keys can. */
export const LOAD_RULES: readonly Rule<ResolvedSubscription>[] = [
  {
    code: "MR1139",
    fault: ({ push, ordering }) =>
      push?.target.ordered === true &&
      !ordering && {
        problem: "the target's contract asks for events in order, and this subscription does not keep it",
      },
  },
  {
    code: "MR1140",
    severity: "warning",
    fault: ({ push, peak }) => {
      const { parallel } = push?.target ?? {};
      if (parallel === undefined || !isKnown(parallel) || peak?.secondsEach === undefined) return undefined;
      const needed = Math.ceil(peak.perSecond * peak.secondsEach);
      return (
        needed > parallel && {
          problem: `${peak.perSecond} messages a second of ${peak.secondsEach} s each are ${needed} at a time, and the target takes ${parallel}`,
          got: String(parallel),
          want: `≥ ${needed}`,
        }
      );
    },
  },
  {
    code: "MR1141",
    severity: "warning",
    fault: ({ ordering, peak }) => {
      if (!ordering || peak?.bytesEach === undefined) return undefined;
      const { perSecond, bytesEach, orderingKeys = 1 } = peak;
      const perKey = Math.round((perSecond * bytesEach) / orderingKeys);
      return (
        perKey > BYTES_PER_SECOND_AND_KEY && {
          problem: `each of ${orderingKeys} ordering keys would carry ${perKey} bytes a second`,
          got: String(perKey),
          want: `≤ ${BYTES_PER_SECOND_AND_KEY}`,
        }
      );
    },
  },
];
