import type { Clock, Timer } from "../clock";
import type { Subscription } from "./subscription";
import type { Delivery, ExportConfig, Message, SubscriptionConfig } from "./types";

/** What a subscription writes to. */
export interface ExportTarget {
  /** Writes messages, all of them or none. @returns why it cannot, or why not each of them */
  write(messages: readonly Message[], config: SubscriptionConfig & { readonly export: ExportConfig }): Written;
}

/** `refused`: nothing can be written now. Otherwise a reason for each message that cannot be written, by its id. */
export type Written = { readonly refused: string } | { readonly misfits: ReadonlyMap<string, string> };

/** As long as a push's pause after a failure, where the subscription has no retry policy. */
const PAUSE_MS = 1_000;
/** Rows that one call may hold. */
const MOST_ROWS = 500;

/**
 * Writes what a subscription receives until it is stopped: rows as they come, files when they are large or old enough.
 * What an open file holds is leased, and is acknowledged when the file is finished.
 */
export function startExport(subscription: Subscription, target: ExportTarget, clock: Clock): { stop(): void } {
  const held: Delivery[] = [];
  let bytes = 0;
  let close: Timer | undefined;
  let pause: Timer | undefined;
  let stopped = false;

  const finish = () => {
    close?.cancel();
    close = undefined;
    const batch = held.splice(0);
    bytes = 0;
    if (batch.length === 0) return;
    const { config } = subscription;
    if (!config.export) return;
    const messages = batch.map(({ message }) => message);
    const written = target.write(messages, { ...config, export: config.export });
    const failed = (message: Message) => ("refused" in written ? written.refused : written.misfits.get(message.id));
    const done = batch.filter(({ message }) => failed(message) === undefined);
    subscription.acknowledge(done.map(({ ackId }) => ackId));
    for (const { ackId, message } of batch) {
      const reason = failed(message);
      if (reason !== undefined) subscription.nack(ackId, reason);
    }
    if (done.length < batch.length && !config.retry)
      pause ??= clock.after(PAUSE_MS, () => {
        pause = undefined;
        pump();
      });
  };

  const pump = () => {
    while (more());
  };
  /** @returns whether there may be more to take */
  const more = (): boolean => {
    const to = subscription.config.export;
    if (stopped || pause || !to) return false;
    const most = to.kind === "bigquery" ? MOST_ROWS : (to.maxMessages ?? Number.MAX_SAFE_INTEGER) - held.length;
    const taken = subscription.take(Math.min(most, MOST_ROWS), { leaseMs: Number.POSITIVE_INFINITY });
    if (taken.length === 0) return false;
    held.push(...taken);
    bytes += taken.reduce((sum, { message }) => sum + message.data.length, 0);
    const full =
      to.kind === "bigquery" || held.length >= (to.maxMessages ?? Infinity) || bytes >= (to.maxBytes ?? Infinity);
    if (full) finish();
    else if (to.kind === "cloudStorage") close ??= clock.after(to.maxDurationMs, finish);
    return true;
  };

  const off = subscription.onReady(pump);
  pump();
  return {
    stop() {
      stopped = true;
      off();
      pause?.cancel();
      // Earlier than its time, but nothing is given back and counted as a failure.
      finish();
    },
  };
}
