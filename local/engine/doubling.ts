/** Pauses between attempts as Cloud Tasks and Cloud Scheduler make them; engine milliseconds. */
export interface Doubling {
  readonly minMs: number;
  readonly maxMs: number;
  readonly doublings: number;
}

/**
 * Pause before a retry: doubled `doublings` times, then longer by the same amount each time, never longer than `maxMs`.
 * With 10 s, 300 s and 3 doublings: 10, 20, 40, 80, 160, 240, 300, 300. google/cloud/scheduler/v1/job.proto,
 * `RetryConfig.max_doublings`
 * @param retry from 1
 */
export function pauseBefore(retry: number, { minMs, maxMs, doublings }: Doubling): number {
  const top = minMs * 2 ** Math.min(doublings, retry - 1);
  return Math.min(maxMs, top * Math.max(1, retry - doublings));
}
