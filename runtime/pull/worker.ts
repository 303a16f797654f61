import { type Duration, milliseconds } from "../../contract/duration";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import { type Issue, IssuesError } from "../../contract/issue";
import { sleep } from "../clock";
import { logDelivery, prepare, type RuntimeOptions } from "../core";
import { type Incoming, parseJson, traced } from "../decode/incoming";
import { deliver } from "../deliver";
import type { Handler } from "../handler";
import type { Log } from "../log";
import { createShutdown, drain } from "../shutdown";
import { concernsUncalled, excludedFrom } from "../uncalled";
import { googleSource, MAX_HOLD_MS, type Source, type Stream } from "./google";
import { createLanes, type Pulled, type Verdict } from "./lanes";

export interface WorkOptions extends RuntimeOptions {
  /** `projects/{project}/subscriptions/{subscription}`; it must be a pull subscription. */
  readonly subscription: string;
  /** Messages handled at a time, 1–1000. @default the contract's concurrency */
  readonly maxMessages?: number;
  /** Bytes of data handled at a time, from 1; a message that is larger by itself is handled alone. @default 64 MiB */
  readonly maxBytes?: number;
  /**
   * A stream that brings nothing for so long, while nothing is being handled, is opened anew: some fall silent without an error
   * (https://github.com/googleapis/nodejs-pubsub/issues/1779). From 10 s. @default "5m"
   */
  readonly stalledAfter?: Duration;
  /** Gives the stream of messages. @default Google's client, `@google-cloud/pubsub` */
  readonly source?: (options: Parameters<typeof googleSource>[0]) => Promise<Source>;
}

/** A worker that takes messages. */
export interface Worker {
  readonly log: Log;
  /** Messages that are neither acked nor nacked. */
  readonly held: number;
  /**
   * Takes nothing more, gives back what has not been started, lets the rest finish for up to 8 s and gives back what
   * has not. Resolves within 10 s.
   */
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const LEAST_STALL_MS = 10_000;
/** By then the shutdown has given up what has not ended by itself. */
const CLOSE_MS = 9_000;
/** How long the last acks and nacks have to get out. */
const LAST_ACKS_MS = 1_000;
/** Pauses before a stream that failed is opened again, doubling from the first to the last. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/**
 * How many times more messages are held than are handled at a time. With order, so that one key with many messages
 * does not starve the others; without, since whatever waits here could be handled by another worker.
 */
const HELD_PER_HANDLED = { ordered: 8, unordered: 2 } as const;

/**
 * Takes messages of a pull subscription until `close` is called. `work` is this for a whole process.
 * @throws IssuesError when the environment and the contract disagree, or an option is out of range (MR3019), and
 * MR3026 when its contract excludes Pub/Sub
 */
export async function startWorker(handler: Handler, options: WorkOptions): Promise<Worker> {
  const { manifest } = handler.contract;
  const stallMs = check(handler, options);
  const maxMessages = options.maxMessages ?? manifest.concurrency;
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const prepared = prepare(handler, options, concernsUncalled);
  const { clock, log } = prepared;
  const deliverOptions = { ...prepared, deadlineMs: manifest.timeLimitMs + DEADLINE_MARGIN_MS };
  const shutdown = createShutdown();

  const handle = async (message: Pulled): Promise<Verdict> => {
    const receivedMs = clock.now();
    const incoming = traced(incomingOf(message, options.subscription));
    let delivered;
    try {
      delivered = await deliver(incoming, receivedMs, shutdown, deliverOptions);
    } catch (error) {
      log.error("failed", { error, messageId: message.id });
      return { ack: false, afterMs: 0 };
    }
    const { outcome } = delivered;
    logDelivery(log, incoming, delivered, clock.now() - receivedMs, prepared.project);
    switch (outcome.kind) {
      case "done":
      case "replayed":
      case "parked":
        try {
          await message.ack();
        } catch (error) {
          log.warn("the ack did not count; the message comes again and is replayed", { error, messageId: message.id });
        }
        return { ack: true };
      case "retry":
        return { ack: false, afterMs: outcome.afterMs ?? 0 };
      default:
        return { ack: false, afterMs: 0 };
    }
  };
  const lanes = createLanes({ clock, maxMessages, maxBytes, ordered: manifest.order, handle });

  const factor = manifest.order ? HELD_PER_HANDLED.ordered : HELD_PER_HANDLED.unordered;
  const maxHeld = maxMessages * factor;
  const source = await (options.source ?? googleSource)({
    subscription: options.subscription,
    emulatorHost: prepared.pubsubEmulatorHost,
    maxHeld,
    maxHeldBytes: maxBytes * factor,
  });

  let stream: Stream | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let quietSinceMs = clock.now();
  const closing = new Set<Promise<void>>();
  const stop = shutdown.begun;

  const closeStream = (withinMs: number) => {
    const closed = stream?.close(withinMs).catch((error: unknown) => log.warn("the stream was not closed", { error }));
    stream = undefined;
    if (!closed) return;
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  const open = () => {
    quietSinceMs = clock.now();
    stream = source.open({
      message(message) {
        quietSinceMs = clock.now();
        pauseMs = FIRST_PAUSE_MS;
        lanes.add(message);
      },
      failed: (error) => void reopen(error),
    });
  };
  const reopen = async (error: Error) => {
    if (stop.aborted) return;
    log.error("the stream of messages has ended; it is opened again", { error, pauseMs });
    closeStream(MAX_HOLD_MS);
    const pause = pauseMs;
    pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
    await sleep(clock, pause, stop);
    if (!stop.aborted) open();
  };
  const watch = async () => {
    while (!stop.aborted) {
      // While something is being handled silence may be our own wish; no handler runs for ever.
      if (lanes.held > 0) quietSinceMs = clock.now();
      const quietMs = clock.now() - quietSinceMs;
      if (stream && quietMs >= stallMs) {
        log.debug("no message for a while; the stream is opened anew", { quietMs });
        closeStream(MAX_HOLD_MS);
        open();
      }
      await sleep(clock, Math.max(1_000, stallMs - (clock.now() - quietSinceMs)), stop);
    }
  };
  open();
  void watch();

  return {
    log,
    get held() {
      return lanes.held;
    },
    async close() {
      if (stop.aborted) return;
      const drained = drain(shutdown, clock, () => lanes.idle());
      closeStream(CLOSE_MS);
      lanes.stop();
      await drained;
      await Promise.race([Promise.all(closing), sleep(clock, LAST_ACKS_MS)]);
      await source.close();
    },
  };
}

const SUBSCRIPTION = /^projects\/[^/]+\/subscriptions\/[^/]+$/;

/** @returns milliseconds of `stalledAfter` */
function check(handler: Handler, options: WorkOptions): number {
  const { subscription, maxMessages = 1, maxBytes = 1, stalledAfter = "5m" } = options;
  const issues: Issue[] = [...excludedFrom(handler, "pubsub")];
  const fault = (problem: string, fix: string) =>
    issues.push({
      code: "MR3019",
      severity: "error",
      path: `handler ${handler.contract.manifest.name}`,
      problem,
      fix,
    });
  if (!SUBSCRIPTION.test(subscription))
    fault(`"${subscription}" is not a subscription`, "write projects/{project}/subscriptions/{subscription}");
  if (!(Number.isInteger(maxMessages) && maxMessages >= 1 && maxMessages <= 1_000))
    fault(`maxMessages ${maxMessages} is not a whole number from 1 to 1000`, "choose one");
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1))
    fault(`maxBytes ${maxBytes} is not a whole number from 1`, "choose one");
  let stallMs = Number.NaN;
  try {
    stallMs = milliseconds(stalledAfter);
  } catch {
    // Said below.
  }
  if (!(stallMs >= LEAST_STALL_MS))
    fault(`stalledAfter "${stalledAfter}" is not a duration of at least 10s`, 'write for example "5m"');
  if (issues.length > 0) throw new IssuesError(issues);
  return stallMs;
}

function incomingOf(message: Pulled, subscription: string): Incoming {
  const { id, attributes, orderingKey, publishTimeMs, deliveryAttempt, data } = message;
  return {
    data,
    payload: () => parseJson(data),
    meta: {
      id,
      attributes,
      publishTimeMs,
      source: subscription,
      ...(orderingKey !== "" && { orderingKey }),
      ...(deliveryAttempt > 0 && { deliveryAttempt }),
    },
  };
}
