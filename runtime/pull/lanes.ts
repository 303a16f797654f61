import { type Clock, sleep } from "../clock";

/** A message in the hands of this process: leased from Pub/Sub, which waits for an ack or a nack. */
export interface Pulled {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly orderingKey: string;
  readonly publishTimeMs: number;
  /** From 1; 0 without a dead-letter policy. */
  readonly deliveryAttempt: number;
  /** @throws when an exactly-once subscription says that the ack did not count */
  ack(): Promise<void>;
  nack(): void;
}

/** What is to become of a message. */
export type Verdict =
  | { readonly ack: true }
  /** Another attempt, no earlier than `afterMs` from now. */
  | { readonly ack: false; readonly afterMs: number };

export interface LanesOptions {
  readonly clock: Clock;
  /** Messages handled at a time. */
  readonly maxMessages: number;
  /** Bytes of data handled at a time; a message that is larger by itself is handled alone. */
  readonly maxBytes: number;
  /** Messages of equal ordering key are handled one after another. */
  readonly ordered: boolean;
  /** Must not throw. */
  readonly handle: (message: Pulled) => Promise<Verdict>;
}

/** Decides which of the messages at hand are handled now. */
export interface Lanes {
  add(message: Pulled): void;
  /** Messages that are neither acked nor nacked. */
  readonly held: number;
  /** Gives back what has not been started, and whatever is added from now on. */
  stop(): void;
  /** Resolves when nothing is being handled any more. */
  idle(): Promise<void>;
}

/**
 * Messages that were on their way when an earlier one of their key was nacked arrive within this time. Afterwards
 * Pub/Sub itself holds them back until the failed one has been dealt with.
 */
const IN_TRANSIT_MS = 5_000;
/** A message waits here for its next attempt no longer than this; then the back-off of the subscription takes over. */
const MAX_REST_MS = 60_000;

/**
 * Google's client hands out whatever has arrived and does not wait for its callbacks, so both caps and the order of a
 * key are held here: https://github.com/googleapis/nodejs-pubsub (lease-manager `add`, `_dispense`).
 */
export function createLanes({ clock, maxMessages, maxBytes, ordered, handle }: LanesOptions): Lanes {
  /** Free to be started, oldest first; at most one message of a key. */
  const ready: Pulled[] = [];
  /** For each key that has a message ready, running or at rest: what follows it. */
  const behind = new Map<string, Pulled[]>();
  /** Keys whose message failed a moment ago, oldest first: nothing of them is started before that message is back. */
  const failed = new Map<string, { readonly id: string; readonly untilMs: number }>();
  const ended = new AbortController();
  const waiting: (() => void)[] = [];
  let running = 0;
  let bytes = 0;
  let resting = 0;
  let held = 0;

  const keyOf = (message: Pulled) => (ordered ? message.orderingKey : "");
  const giveBack = (message: Pulled) => {
    held--;
    message.nack();
  };

  const takeNext = () => {
    const [next] = ready;
    const fits = next && running < maxMessages && (running === 0 || bytes + next.data.length <= maxBytes);
    return fits ? ready.shift() : undefined;
  };
  const pump = () => {
    for (let next = takeNext(); next; next = takeNext()) void start(next);
    if (running === 0) for (const resolve of waiting.splice(0)) resolve();
  };

  const start = async (message: Pulled) => {
    running++;
    bytes += message.data.length;
    const verdict = await handle(message);
    running--;
    bytes -= message.data.length;
    if (verdict.ack) {
      held--;
      const next = behind.get(keyOf(message))?.shift();
      if (next) ready.push(next);
      else behind.delete(keyOf(message));
      return pump();
    }
    // Its place is free for others while it rests, but not for those of its key.
    pump();
    if (verdict.afterMs > 0 && resting < maxMessages) {
      resting++;
      await sleep(clock, Math.min(verdict.afterMs, MAX_REST_MS), ended.signal);
      resting--;
    }
    fail(message);
  };

  /** With a message everything that follows it in its key is given back, so that it comes again in order. */
  const fail = (message: Pulled) => {
    const key = keyOf(message);
    giveBack(message);
    if (key === "") return;
    for (const follower of behind.get(key) ?? []) giveBack(follower);
    behind.delete(key);
    const now = clock.now();
    for (const [old, { untilMs }] of failed)
      if (untilMs <= now) failed.delete(old);
      else break;
    failed.delete(key);
    failed.set(key, { id: message.id, untilMs: now + IN_TRANSIT_MS });
  };

  return {
    get held() {
      return held;
    },
    add(message) {
      held++;
      const key = keyOf(message);
      const failure = failed.get(key);
      if (ended.signal.aborted || (failure && failure.id !== message.id && clock.now() < failure.untilMs))
        return giveBack(message);
      failed.delete(key);
      const followers = key === "" ? undefined : behind.get(key);
      if (followers) return void followers.push(message);
      if (key !== "") behind.set(key, []);
      ready.push(message);
      pump();
    },
    stop() {
      ended.abort();
      for (const message of ready.splice(0)) giveBack(message);
      for (const followers of behind.values()) for (const message of followers.splice(0)) giveBack(message);
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
