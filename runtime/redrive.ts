import { type Duration, milliseconds } from "../contract/duration";
import { type Clock, realClock, sleep } from "./clock";
import { metadataAccessToken } from "./google/access-token";
import { createLog, type Log } from "./log";
import { type DeadLetter, eventOf, postmarkOf, type Postmark, reopening } from "./redrive/letter";
import { letterBox, type Pulled } from "./redrive/subscription";
import type { Target } from "./redrive/target";
import { recordKey } from "./store/key";
import type { Store } from "./store/store";

export { type Target, toHandler, toUrl, type ToUrlOptions } from "./redrive/target";

/** Which dead letters; all conditions that are given must hold. */
export interface RedriveFilter {
  /** Classes of the errors that parked them. @default any */
  readonly causes?: readonly string[];
  /** Parked at least so long ago. @default any age */
  readonly olderThan?: Duration;
  /** Parked at most so long ago. @default any age */
  readonly newerThan?: Duration;
  /** Keys of the events, as the contract derives them. @default any */
  readonly keys?: readonly string[];
}

export interface RedriveOptions {
  /** `projects/{project}/subscriptions/{subscription}` of the dead-letter topic. */
  readonly subscription: string;
  /** The handler that failed; letters of any other are left where they are. */
  readonly to: Target;
  /** The store with that handler's records. */
  readonly store: Store;
  readonly where?: RedriveFilter;
  /** Also what Pub/Sub itself dead-lettered: that names no handler, so no other may share the topic. @default false */
  readonly unparked?: boolean;
  /** Deliveries a second, above 0. @default 10 */
  readonly rate?: number;
  /** Letters to look at, from 1. @default 1000 */
  readonly limit?: number;
  /** An event that was redriven so often is left alone. @default 3 */
  readonly maxRedrives?: number;
  /** Only counts. Looking at a letter is a delivery of it all the same. @default false */
  readonly dryRun?: boolean;
  /** `host:port` of an emulator. @default PUBSUB_EMULATOR_HOST, and Google without it */
  readonly emulatorHost?: string;
  /** Gives an OAuth access token. @default the metadata server's, for the identity the process runs as */
  readonly accessToken?: () => Promise<string>;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** @default stdout */
  readonly log?: Log;
}

/** Numbers of letters. */
export interface RedriveSummary {
  readonly looked: number;
  /** Chosen by `where`, and not held back by the loop guard. */
  readonly matched: number;
  /** Delivered and acknowledged: handled, or parked again as a new letter. */
  readonly delivered: number;
  /** Delivered and refused, or their record was in motion; they stay. */
  readonly failed: number;
  /** Stood for nothing any more, and were removed. */
  readonly obsolete: number;
  /** Redriven too often, or already in this run. */
  readonly guarded: number;
}

const PAGE = 10;
/** A pull may find nothing although there is something: https://cloud.google.com/pubsub/docs/pull */
const EMPTY_PULLS = 3;
const EMPTY_PAUSE_MS = 500;
const HOLD_SECONDS = 600;

/**
 * Delivers parked events again, to the handler that failed and to no other. Each is reopened in its record first, and
 * its letter is removed only when the delivery was acknowledged, so a crash in between loses nothing; running it again
 * goes on.
 * @throws Unavailable when Pub/Sub does not answer; StoreUnavailable when the store does not
 */
export async function redrive(options: RedriveOptions): Promise<RedriveSummary> {
  const { to, store, rate = 10, limit = 1_000, dryRun = false } = options;
  const { clock = realClock(), fetch: send = fetch } = options;
  if (!(rate > 0)) throw new RangeError(`rate ${rate} is not above 0`);
  if (!(Number.isInteger(limit) && limit >= 1)) throw new RangeError(`limit ${limit} is not a whole number from 1`);
  const log =
    options.log ?? createLog((line) => void process.stdout.write(line), { handler: to.contract.manifest.name });
  const box = letterBox({
    subscription: options.subscription,
    emulatorHost: options.emulatorHost ?? process.env["PUBSUB_EMULATOR_HOST"],
    accessToken: options.accessToken ?? metadataAccessToken({ clock, fetch: send }),
    fetch: send,
  });
  const matches = filterOf(options);
  const counts = { looked: 0, matched: 0, delivered: 0, failed: 0, obsolete: 0, guarded: 0 };
  /** Letters seen, by id, and events delivered, by record or id: an event that is parked again must not go round. */
  const seen = new Set<string>();
  const driven = new Set<string>();
  /** Kept until the end, so that they do not come again. */
  const kept = new Set<string>();

  const one = async (letter: Pulled): Promise<"ack" | "keep"> => {
    const now = clock.now();
    const postmark = postmarkOf(letter);
    if (!matches(letter, postmark, now)) return "keep";
    const event = eventOf(letter);
    const identity = postmark?.record ?? event.meta.id;
    if ((postmark?.redrives ?? 0) >= (options.maxRedrives ?? 3) || driven.has(identity)) {
      counts.guarded++;
      return "keep";
    }
    counts.matched++;
    if (dryRun) return "keep";
    if (postmark?.record && postmark.claimed) {
      const step = reopening(postmark.record, postmark, await store.read(postmark.record));
      if (step.kind === "obsolete") {
        counts.obsolete++;
        return "ack";
      }
      if (step.kind === "reopen" && !(await store.commit(step.change)).applied) {
        counts.failed++;
        return "keep";
      }
    }
    driven.add(identity);
    let acknowledged = false;
    try {
      acknowledged = await to.deliver(event);
    } catch (error) {
      log.error("the handler was not reached", { error, messageId: event.meta.id });
    }
    counts[acknowledged ? "delivered" : "failed"]++;
    await sleep(clock, 1_000 / rate);
    return acknowledged ? "ack" : "keep";
  };

  try {
    for (let empty = 0; empty < EMPTY_PULLS && counts.looked < limit;) {
      const letters = await box.pull(Math.min(PAGE, limit - counts.looked));
      await box.hold(
        letters.map(({ ackId }) => ackId),
        HOLD_SECONDS,
      );
      for (const { ackId } of letters) kept.add(ackId);
      const fresh = letters.filter(({ id }) => !seen.has(id));
      if (fresh.length === 0) {
        empty++;
        await sleep(clock, EMPTY_PAUSE_MS);
        continue;
      }
      empty = 0;
      for (const letter of fresh) {
        seen.add(letter.id);
        counts.looked++;
        await box.hold([letter.ackId], HOLD_SECONDS);
        if ((await one(letter)) === "keep") continue;
        await box.ack([letter.ackId]);
        kept.delete(letter.ackId);
      }
    }
  } finally {
    await box
      .hold([...kept], 0)
      .catch((error: unknown) => log.warn("letters come back when their lease ends", { error }));
  }
  log.info(dryRun ? "dead letters counted" : "dead letters redriven", {
    ...counts,
    subscription: options.subscription,
  });
  return counts;
}

function filterOf({ to, where = {}, unparked = false }: RedriveOptions) {
  const { name, epoch } = to.contract.manifest;
  const records = where.keys && new Set(where.keys.map((key) => recordKey(name, epoch, key)));
  const least = where.olderThan === undefined ? 0 : milliseconds(where.olderThan);
  const most = where.newerThan === undefined ? Infinity : milliseconds(where.newerThan);
  return (letter: DeadLetter, postmark: Postmark | undefined, now: number): boolean => {
    const age = now - letter.publishTimeMs;
    if (age < least || age > most) return false;
    if (!postmark) return unparked && !where.causes && !records;
    return (
      postmark.handler === name &&
      (where.causes?.includes(postmark.cause) ?? true) &&
      (records?.has(postmark.record ?? "") ?? true)
    );
  };
}
