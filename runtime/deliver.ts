import type { Clock } from "./clock";
import type { Incoming } from "./decode/incoming";
import { describeError, Retry, StoreUnavailable } from "./errors";
import type { Publisher } from "./google/publisher";
import type { Handler } from "./handler";
import { identify, isFatal } from "./identify";
import type { Log } from "./log";
import type { Outcome } from "./outcome";
import type { Cause } from "./park";
import type { Probe } from "./probe";
import { isPromise } from "./promise";
import { claim, type Claimed } from "./record/claim";
import { keepLease } from "./record/lease";
import type { Held } from "./record/transition";
import { run } from "./run";
import { createSettlement } from "./settle";
import type { Shutdown } from "./shutdown";
import { recordKey } from "./store/key";
import type { Store } from "./store/store";
import { traceFields } from "./trace";
import type { Report } from "./transport";

/** What deliveries of one handler share. */
export interface DeliverOptions {
  readonly handler: Handler;
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly log: Log;
  /** @default nobody watches */
  readonly probe?: Probe | undefined;
  /** In [0, 1). */
  readonly random: () => number;
  /** Unique text. */
  readonly newId: () => string;
  /** Tells somebody else what became of an event. */
  readonly report?: Report | undefined;
  /** How long the sender waits for an answer, milliseconds. */
  readonly deadlineMs: number;
  /** Where parked events go; without it nothing is parked and the transport has to dead-letter. */
  readonly deadLetterTopic?: string | undefined;
  /** For the traces of log lines. */
  readonly project?: string | undefined;
  /** Addresses of topics by their names. */
  readonly topics?: string | undefined;
  /** Delivery after which the transport itself dead-letters. */
  readonly maxDeliveryAttempts?: number | undefined;
}

/** A delivery and how it ended, with what is worth a line in the log. */
export interface Delivered {
  readonly outcome: Outcome;
  readonly attempt?: number;
  /** JSON of what the handler returned or committed, of an event that is done. */
  readonly result?: string | undefined;
  /** For the counters: how the lease was come by, and what was left of it at the end. */
  readonly lease?: { readonly takeover: boolean; readonly marginMs: number | undefined; readonly leaseMs: number };
}

/** A lease is at most this long: what a crashed instance delays its events by. */
export const MAX_LEASE_MS = 15_000;
/** Kept of the deadline for the answer's way, and for ending the record before it. */
const ANSWER_RESERVE_MS = 1_000;
const SETTLE_RESERVE_MS = 2_000;

/**
 * Takes one event from claim to outcome. Every write is fenced, and nothing is answered with an ack before the store
 * has said that the event is done or parked.
 */
export function deliver(
  incoming: Incoming,
  receivedMs: number,
  shutdown: Shutdown,
  options: DeliverOptions,
): Promise<Delivered> {
  // A sender that deals with failures itself has no use for dead letters.
  const given = incoming.raises ? { ...options, deadLetterTopic: undefined } : options;
  const delivered = attempt(incoming, receivedMs, shutdown, given);
  return options.report ? told(options.report, incoming, delivered) : delivered;
}

async function told(report: Report, incoming: Incoming, delivery: Promise<Delivered>): Promise<Delivered> {
  const delivered = await delivery;
  try {
    await report(incoming, delivered);
    return delivered;
  } catch (error) {
    return { ...delivered, outcome: { kind: "retry", cause: describeError(error) } };
  }
}

async function attempt(
  incoming: Incoming,
  receivedMs: number,
  shutdown: Shutdown,
  options: DeliverOptions,
): Promise<Delivered> {
  const { handler, store, clock, probe, random } = options;
  const { manifest } = handler.contract;
  const { meta, givesUpAfter } = incoming;
  const answerMs = receivedMs + options.deadlineMs - ANSWER_RESERVE_MS;
  const latestEndMs = answerMs - SETTLE_RESERVE_MS;

  if (probe) await probe("C0", meta.id, meta.id);
  const identified = identify(handler, incoming);
  const event = isPromise(identified) ? await identified : identified;
  if (event.kind === "rejected" && !(givesUpAfter && options.deadLetterTopic)) return { outcome: event };
  if (shutdown.begun.aborted) return { outcome: { kind: "busy" } };

  const known = event.kind === "event" ? event : undefined;
  const key = known && recordKey(manifest.name, manifest.epoch, known.key);
  const fingerprint = known?.fingerprint;
  const point = probe && ((name: Parameters<Probe>[0]) => probe(name, known?.key ?? "", meta.id));
  const settlement = createSettlement({ incoming, untilMs: answerMs, point, recordKey: key, fingerprint }, options);
  if (event.kind !== "event") {
    const cause = event.kind === "fatal" ? event.cause : { class: event.code, message: event.reason };
    return { outcome: await settlement.parkUnclaimed(cause) };
  }

  let claimed: Claimed;
  try {
    claimed = await claim(
      store,
      {
        key: key!,
        owner: options.newId(),
        handler: manifest.name,
        epoch: manifest.epoch,
        messageId: meta.id,
        fingerprint,
        leaseMs: Math.min(manifest.timeLimitMs, MAX_LEASE_MS),
        maxAttempts: options.deadLetterTopic ? manifest.attempts : Infinity,
        rememberMs: manifest.rememberMs,
        nowMs: clock.now(),
      },
      {
        clock,
        random,
        // A handler that starts late must still have half of its time.
        claimUntilMs: latestEndMs - manifest.timeLimitMs / 2,
        waitUntilMs: answerMs,
        stop: shutdown.begun,
      },
    );
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { outcome: { kind: "retry", cause: describeError(error) } };
  }
  switch (claimed.kind) {
    case "busy":
      return { outcome: { kind: "busy" } };
    case "keyReuse":
      return { outcome: await settlement.parkUnclaimed(KEY_REUSE) };
    case "ended":
      return { outcome: await settlement.replay(claimed.held), result: claimed.held.record.result };
    default:
  }

  const lease = keepLease(claimed.held, options);
  const { attempts } = lease;
  const ending = async (): Promise<Outcome> => {
    if (claimed.kind === "exhausted") return settlement.park(lease, exhausted(claimed.held));
    if (point) await point("C2");
    const { maxDeliveryAttempts: most = Infinity } = options;
    // A transport that does not count is counted for by the record.
    const lastDelivery = (meta.deliveryAttempt ?? attempts) >= Math.min(most, givesUpAfter ?? most);
    const isLastAttempt = options.deadLetterTopic !== undefined && (attempts >= manifest.attempts || lastDelivery);
    const ran = await run({
      handler,
      input: event.input,
      meta,
      lease,
      endMs: Math.min(clock.now() + manifest.timeLimitMs, latestEndMs),
      isLastAttempt,
      settlement,
      untilMs: answerMs,
      shutdown,
      clock,
      log: () =>
        options.log.with({ messageId: meta.id, attempt: attempts, ...traceFields(meta.traceparent, options.project) }),
    });

    if (lease.settled) return settlement.afterCommit(lease, ran);
    if (ran.kind === "returned") return settlement.complete(lease, ran.value);
    const { error } = ran;
    if (lease.lost) return { kind: "leaseLost" };
    const fatal = isFatal(handler, error);
    if (options.deadLetterTopic && fatal) return settlement.park(lease, describeError(error));
    // A shutdown is nobody's failure: the attempt is given back.
    if (shutdown.phase === "interrupt" || shutdown.phase === "abandon")
      return settlement.release(lease, error, { refund: true });
    if (isLastAttempt) return settlement.park(lease, describeError(error));
    // Refused deliveries count as well, so where the transport counts no pause may outlast its own longest one.
    const longestMs = most < Infinity ? manifest.maxBackoffMs : most;
    const delayMs = error instanceof Retry ? Math.min(error.afterMs, longestMs) : 0;
    const released = await settlement.release(lease, error, { delayMs });
    return fatal && released.kind === "retry" ? { ...released, fatal } : released;
  };
  try {
    return {
      attempt: attempts,
      outcome: await ending(),
      result: lease.settled?.record.result,
      lease: { takeover: claimed.takeover === true, marginMs: lease.marginMs, leaseMs: claimed.held.record.leaseMs },
    };
  } finally {
    lease.close();
  }
}

const KEY_REUSE: Cause = {
  class: "KeyReuse",
  message: "another event with the same key and a different fingerprint has been handled",
};

/** Every attempt is used up; the last one that failed in words left them in the record. */
function exhausted({ record }: Held): Cause {
  const last = record.error ? `; the last error: ${record.error.class}: ${record.error.message}` : "";
  return {
    class: "AttemptsExhausted",
    message: `${record.attempts} attempts, ${record.lostLeases} ended in silence${last}`,
  };
}
