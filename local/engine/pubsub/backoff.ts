import type { Random } from "../random";

/**
 * What paces failures where no retry policy does: Google's back-off of pushes, 100 ms to 60 s, exponential.
 * https://cloud.google.com/pubsub/docs/push#push_backoff
 */
export const UNPACED = { minMs: 100, maxMs: 60_000 } as const;

/**
 * Pause before the next delivery: doubling from the minimum to the maximum, with up to a tenth taken off so that
 * messages that failed together do not come back together. Google documents the bounds and "exponential", no more.
 * https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff
 *
 * @param failures nacks and expired leases so far, from 1
 * @returns engine milliseconds between `minMs` and `maxMs`; 0 without a policy
 */
export function backoffMs(
  policy: { readonly minMs: number; readonly maxMs: number } | undefined,
  failures: number,
  random: Random,
): number {
  if (!policy) return 0;
  const full = Math.min(policy.maxMs, policy.minMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(policy.minMs, full * (1 - 0.1 * random.next()));
}
