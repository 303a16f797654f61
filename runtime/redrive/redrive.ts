import { milliseconds } from "../../contract/duration";
import type { RedriveChoice } from "../../contract/redrive";
import { type Clock, realClock, sleep } from "../clock";
import { metadataAccessToken } from "../google/access-token";
import { createLog, type Log } from "../log";
import { patiently } from "../record/transition";
import { Refused } from "../google/http";
import { type DeadLetter, eventOf, postmarkOf, type Postmark, redrivesOf, reopening } from "./letter";
import { letterBox, type Pulled } from "./subscription";
import type { Target } from "./target";
import { recordKey } from "../store/key";
import type { Store } from "../store/store";

/** Which dead letters; all conditions that are given must hold. */
export type RedriveFilter = Pick<RedriveChoice, "causes" | "keys" | "olderThan" | "newerThan">;

/** What becomes of a dead letter in a run; each is told once. */
export interface RedriveStep {
  readonly letter: DeadLetter;
  /** What the runtime wrote on it; absent for what Pub/Sub itself dead-lettered. */
  readonly postmark?: Postmark;
  /** `matched` stands for all that would be delivered, in a dry run. */
  readonly what: "left" | "matched" | "delivered" | "failed" | "obsolete" | "guarded";
}

export interface RedriveOptions extends Omit<RedriveChoice, keyof RedriveFilter> {
  /** `projects/{project}/subscriptions/{subscription}` of the dead-letter topic. */
  readonly subscription: string;
  /** The handler that failed; letters of any other are left where they are. */
  readonly to: Target;
  /** The store with that handler's records. */
  readonly store: Pick<Store, "read" | "commit">;
  readonly where?: RedriveFilter;
  /** Told of every letter that was looked at. @default nobody */
  readonly onStep?: (step: RedriveStep) => void;
  /** Ends the run after the letter that is under way; the others are given back. @default runs to its end */
  readonly signal?: AbortSignal;
  /** `host:port` of an emulator. @default PUBSUB_EMULATOR_HOST, and Google without it */
  readonly emulatorHost?: string;
  /** Gives an OAuth access token. @default the metadata server's, for the identity the process runs as */
  readonly accessToken?: () => Promise<string>;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
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
/** Pub/Sub and the store are asked again for so long when they do not answer. */
const PATIENCE_MS = 30_000;

/**
 * Delivers parked events again, to the handler that failed and to no other. Each is reopened in its record first, and
 * its letter is removed only when the delivery was acknowledged, so a crash in between loses nothing; running it again
 * goes on.
 * @throws Unavailable when Pub/Sub does not answer for half a minute, StoreUnavailable when the store does not; Refused
 * when one of them says no, or lets no event through to the handler
 */
export async function redrive(options: RedriveOptions): Promise<RedriveSummary> {
  const { to, store, rate = 10, limit = 1_000, maxRedrives = 3, dryRun = false, signal } = options;
  const { clock = realClock(), fetch: send = fetch, random = Math.random } = options;
  if (!(rate > 0)) throw new RangeError(`rate ${rate} is not above 0`);
  for (const [name, value] of Object.entries({ limit, maxRedrives }))
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`${name} ${value} is not a whole number from 1`);
  const log =
    options.log ?? createLog((line) => void process.stdout.write(line), { handler: to.contract.manifest.name });
  const box = letterBox({
    subscription: options.subscription,
    emulatorHost: options.emulatorHost ?? process.env["PUBSUB_EMULATOR_HOST"],
    accessToken: options.accessToken ?? metadataAccessToken({ clock, fetch: send }),
    fetch: send,
  });
  const asking = <T>(attempt: () => Promise<T>): Promise<T> =>
    patiently({ clock, random, untilMs: clock.now() + PATIENCE_MS }, attempt);
  const matches = filterOf(options);
  const counts = { looked: 0, matched: 0, delivered: 0, failed: 0, obsolete: 0, guarded: 0 };
  const stopped = () => signal?.aborted === true;
  /** Letters seen, by id, and events delivered, by record or id: an event that is parked again must not go round. */
  const seen = new Set<string>();
  const driven = new Set<string>();
  /** Kept until the end, so that they do not come again. */
  const kept = new Set<string>();

  const reopen = async (postmark: Postmark | undefined): Promise<"deliver" | "obsolete" | "failed"> => {
    if (!postmark?.record || !postmark.claimed) return "deliver";
    const { record } = postmark;
    // Twice: where the reply to a write was lost, the second look finds it made.
    for (let look = 0; look < 2; look++) {
      const step = reopening(record, postmark, await asking(() => store.read(record)));
      if (step.kind !== "reopen") return step.kind;
      if ((await asking(() => store.commit(step.change))).applied) return "deliver";
    }
    return "failed";
  };

  const one = async (letter: Pulled, postmark: Postmark | undefined): Promise<RedriveStep["what"]> => {
    if (!matches(letter, postmark, clock.now())) return "left";
    const event = eventOf(letter);
    const identity = postmark?.record ?? event.meta.id;
    if ((postmark?.redrives ?? redrivesOf(letter.attributes)) >= maxRedrives || driven.has(identity)) return "guarded";
    if (dryRun) return "matched";
    const reopened = await reopen(postmark);
    if (reopened !== "deliver") return reopened;
    driven.add(identity);
    let acknowledged = false;
    try {
      acknowledged = await to.deliver(event);
    } catch (error) {
      if (error instanceof Refused) throw error;
      log.error("the handler was not reached", { error, messageId: event.meta.id });
    }
    await sleep(clock, 1_000 / rate, signal);
    return acknowledged ? "delivered" : "failed";
  };

  try {
    for (let empty = 0; empty < EMPTY_PULLS && counts.looked < limit && !stopped();) {
      const letters = await asking(() => box.pull(Math.min(PAGE, limit - counts.looked)));
      const ackIds = letters.map(({ ackId }) => ackId);
      for (const ackId of ackIds) kept.add(ackId);
      await asking(() => box.hold(ackIds, HOLD_SECONDS));
      const fresh = letters.filter(({ id }) => !seen.has(id));
      if (fresh.length === 0) {
        empty++;
        await sleep(clock, EMPTY_PAUSE_MS, signal);
        continue;
      }
      empty = 0;
      for (const letter of fresh) {
        if (stopped()) break;
        seen.add(letter.id);
        counts.looked++;
        await asking(() => box.hold([letter.ackId], HOLD_SECONDS));
        const postmark = postmarkOf(letter);
        const what = await one(letter, postmark);
        if (what !== "left" && what !== "guarded") counts.matched++;
        if (what !== "left" && what !== "matched") counts[what]++;
        options.onStep?.({ letter, what, ...(postmark && { postmark }) });
        if (what !== "delivered" && what !== "obsolete") continue;
        await asking(() => box.ack([letter.ackId]));
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
