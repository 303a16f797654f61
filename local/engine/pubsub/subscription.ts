import type { Filter } from "../../../language/filter";
import { matches } from "../../../language/filter";
import { formatDuration } from "../../../language/duration";
import type { Clock, Timer } from "../clock";
import type { Events } from "../events";
import type { Random } from "../random";
import { type Backlog, createBacklog, type Entry } from "./backlog";
import { backoffMs, UNPACED } from "./backoff";
import type { Transformed } from "./transforms";
import type { AckResult, Delivery, Message, SubscriptionConfig, SubscriptionStats } from "./types";

/** What must survive a restart, told as it happens. */
export interface SubscriptionLog {
  acked(messageId: string): void;
  failed(messageId: string, failures: number): void;
}

export interface SubscriptionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly log: SubscriptionLog;
  /** Publishes to the dead-letter topic. @returns why it cannot, if it cannot */
  readonly deadLetter: (message: Message, failures: number) => string | undefined;
  /** What a message becomes on its way to the consumer. */
  readonly transform: (message: Message) => Transformed;
  /** Marks this run of the broker in every ack id; letters and digits. */
  readonly epoch: string;
}

/** How a consumer takes messages. */
export interface TakeOptions {
  /** Milliseconds of the consumer. @default the subscription's ack deadline */
  readonly leaseMs?: number;
  /** Engine milliseconds per millisecond of the consumer, for this lease and its extensions. @default 1 */
  readonly pace?: number;
  /** Most messages of one ordering key. @default no limit */
  readonly perKey?: number;
  /** Told once per delivery when its lease is over, whichever way. */
  readonly onEnd?: (ackId: string) => void;
}

/** Delivery of one subscription: leases, acks, redelivery, dead-lettering. */
export interface Subscription {
  config: SubscriptionConfig;
  filter: Filter | undefined;
  /** Takes a newly published message, unless the filter turns it away: such a message counts as acked. */
  offer(message: Message, failures?: number): void;
  /** Leases waiting messages. */
  take(max: number, options?: TakeOptions): Delivery[];
  acknowledge(ackIds: readonly string[]): AckResult[];
  /** Extends leases to `ms` from now; 0 is a nack. */
  modifyAckDeadline(ackIds: readonly string[], ms: number): AckResult[];
  nack(ackId: string, reason: string): void;
  /** Calls back whenever something may have become ready, each listener first in turn. @returns what removes it */
  onReady(listener: () => void): () => void;
  /** Calls back when the subscription is deleted. @returns what removes the listener */
  onDeleted(listener: () => void): () => void;
  /** Takes a message out without an ack: purged by a seek, or expired. */
  discard(messageId: string): void;
  has(messageId: string): boolean;
  /** Unacked messages in order of arrival. */
  unacked(): readonly Message[];
  /** The same with their failures, and those that are acked behind an unacked one of their key. */
  pending(): readonly { readonly message: Message; readonly failures: number }[];
  /** Gives a waiting message its count of failures back after a restart. */
  restore(messageId: string, failures: number): void;
  stats(): SubscriptionStats;
  close(reason: "deleted" | "stopped"): void;
}

/** Whether a text has the form of an ack id, of whatever delivery. */
export const isAckId = (text: string): boolean => /^\w+:\d+:\d+$/.test(Buffer.from(text, "base64url").toString());

interface Lease {
  readonly entry: Entry;
  readonly pace: number;
  timer: Timer | undefined;
  onEnd: ((ackId: string) => void) | undefined;
}

/** Acked behind an unacked message of the same key: for its consumer it is done. */
const isUnacked = (entry: Entry) => entry.state !== "acked";

export function createSubscription(
  initial: SubscriptionConfig,
  filter: Filter | undefined,
  deps: SubscriptionDeps,
): Subscription {
  const { clock, random, events, log } = deps;
  const backlog: Backlog = createBacklog(initial.ordering, () => self.config.exactlyOnce);
  /** Every ack id of every entry that is not gone, in force or not. */
  const leases = new Map<string, Lease>();
  const listeners = new Set<() => void>();
  const mourners = new Set<() => void>();
  let wake: Timer | undefined;
  let deliveries = 0;
  let closed = false;

  const announce = () => {
    if (closed) return;
    wake?.cancel();
    const next = backlog.nextReadyMs(clock.now());
    wake = next === undefined ? undefined : clock.after(next - clock.now(), announce);
    const turn = [...listeners];
    // Who was asked first is asked last the next time: consumers share what comes.
    const [first] = turn;
    if (turn.length > 1 && listeners.delete(first!)) listeners.add(first!);
    for (const listener of turn) listener();
  };
  const release = (entry: Entry) => {
    const { ackId } = entry;
    if (!ackId) return;
    delete entry.ackId;
    const lease = leases.get(ackId);
    lease?.timer?.cancel();
    const onEnd = lease?.onEnd;
    if (lease) lease.timer = lease.onEnd = undefined;
    onEnd?.(ackId);
  };
  const forget = (gone: readonly Entry[]) => {
    for (const entry of gone) {
      release(entry);
      for (const ackId of entry.ackIds) leases.delete(ackId);
    }
  };
  const arm = (lease: Lease, ackId: string, ms: number) => {
    lease.timer?.cancel();
    lease.timer = clock.after(ms * lease.pace, () => fail(ackId, `lease of ${formatDuration(ms)} expired`));
  };

  const lend =
    ({ leaseMs = self.config.ackDeadlineMs, pace = 1, onEnd }: TakeOptions) =>
    (entry: Entry, message: Message): Delivery => {
      const ackId = Buffer.from(`${deps.epoch}:${deliveries++}:${entry.message.id}`).toString("base64url");
      const lease: Lease = { entry, pace, timer: undefined, onEnd };
      entry.ackId = ackId;
      entry.ackIds.push(ackId);
      leases.set(ackId, lease);
      backlog.leased(entry);
      if (Number.isFinite(leaseMs)) arm(lease, ackId, leaseMs);
      const attempt = entry.failures + 1;
      events.emit({ type: "delivered", subscription: self.config.name, messageId: message.id, attempt });
      return { ackId, message, attempt };
    };

  const fail = (ackId: string, reason: string) => {
    const lease = leases.get(ackId);
    if (!lease || lease.entry.ackId !== ackId) return;
    release(lease.entry);
    failEntry(lease.entry, reason, self.config.retry);
    announce();
  };

  /** Counts a failure: the message waits for its next delivery, or is dead-lettered. */
  const failEntry = (entry: Entry, reason: string, retry: SubscriptionConfig["retry"]) => {
    const { message } = entry;
    const { name, deadLetter } = self.config;
    entry.failures++;
    const about = { subscription: name, messageId: message.id, attempt: entry.failures };
    const last = deadLetter && entry.failures >= deadLetter.maxAttempts ? deadLetter : undefined;
    const refusal = last && deps.deadLetter(message, entry.failures);
    if (last && refusal === undefined) {
      events.emit({ type: "nacked", ...about, reason });
      events.emit({ type: "deadLettered", ...about, topic: last.topic });
      log.acked(message.id);
      // Later messages of its key that are out stay out: nothing of what comes before them comes again.
      return forget(backlog.remove(entry));
    }
    log.failed(message.id, entry.failures);
    const pause = backoffMs(retry, entry.failures, random);
    for (const later of backlog.failed(entry, pause === 0 ? 0 : clock.now() + pause)) release(later);
    events.emit({ type: "nacked", ...about, reason });
    // Said once per message: production would not say it at all.
    if (refusal !== undefined && entry.failures === last?.maxAttempts)
      events.emit({ type: "notDeadLettered", ...about, topic: last.topic, reason: refusal });
  };

  const removeEntry = (entry: Entry) => {
    log.acked(entry.message.id);
    forget(backlog.remove(entry));
  };

  /** Makes of a waiting entry what the consumer gets; or says that the entry is gone, or waits again. */
  const prepare = (entry: Entry, nowMs: number): Message | "gone" | "failed" => {
    const { message } = entry;
    const { name, retentionMs, retry } = self.config;
    if (message.publishedMs + retentionMs <= nowMs) {
      removeEntry(entry);
      return "gone";
    }
    const made = deps.transform(message);
    if ("message" in made) return made.message;
    if ("droppedBy" in made) {
      events.emit({ type: "dropped", by: name, messageId: message.id, functionName: made.droppedBy });
      removeEntry(entry);
      return "gone";
    }
    // No consumer takes its time over it: without a pause it would fail again at once.
    failEntry(entry, made.fault, retry && retry.minMs > 0 ? retry : UNPACED);
    return "failed";
  };

  /** The entry an ack id speaks for, or why it speaks for none. */
  const lookUp = (ackId: string): Entry | AckResult => {
    const lease = leases.get(ackId);
    if (lease?.entry.ackId === ackId) return lease.entry;
    if (self.config.exactlyOnce) return "invalid";
    // A late ack still counts as long as nobody has acked the message; in an ordered subscription its order may have
    // been decided anew meanwhile, and the late ack is dropped.
    return lease && isUnacked(lease.entry) && !(self.config.ordering && lease.entry.message.orderingKey)
      ? lease.entry
      : "ok";
  };

  const self: Subscription = {
    config: initial,
    filter,

    offer(message, failures = 0) {
      if (self.filter && !matches(self.filter, message.attributes)) {
        events.emit({ type: "filtered", subscription: self.config.name, messageId: message.id });
        log.acked(message.id);
        return;
      }
      backlog.add(message, failures);
      announce();
    },

    take(max, options = {}) {
      const now = clock.now();
      const give = lend(options);
      const taken: Delivery[] = [];
      let changed = false;
      while (taken.length < max) {
        const found = backlog.ready(max - taken.length, now, options.perKey ?? Number.POSITIVE_INFINITY);
        if (found.length === 0) break;
        for (const entry of found) {
          const made = prepare(entry, now);
          if (typeof made !== "string") taken.push(give(entry, made));
          else changed = true;
          // What comes behind it on its lane waits for it.
          if (made === "failed" && self.config.ordering && entry.message.orderingKey) break;
        }
      }
      // Last, because it may wake consumers, which take in their turn.
      if (changed) announce();
      return taken;
    },

    acknowledge(ackIds) {
      const results = ackIds.map((ackId): AckResult => {
        const entry = lookUp(ackId);
        if (typeof entry === "string") return entry;
        const { id: messageId } = entry.message;
        release(entry);
        events.emit({ type: "acked", subscription: self.config.name, messageId, attempt: entry.failures + 1 });
        for (const gone of backlog.acked(entry)) {
          log.acked(gone.message.id);
          forget([gone]);
        }
        return "ok";
      });
      announce();
      return results;
    },

    modifyAckDeadline(ackIds, ms) {
      return ackIds.map((ackId): AckResult => {
        const lease = leases.get(ackId);
        if (lease?.entry.ackId !== ackId) return self.config.exactlyOnce ? "invalid" : "ok";
        if (ms === 0) fail(ackId, "nack");
        else arm(lease, ackId, ms);
        return "ok";
      });
    },

    nack: fail,

    onReady(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    onDeleted(listener) {
      mourners.add(listener);
      return () => void mourners.delete(listener);
    },

    discard(messageId) {
      const entry = backlog.get(messageId);
      if (!entry) return;
      removeEntry(entry);
      announce();
    },

    has: (messageId) => {
      const entry = backlog.get(messageId);
      return entry !== undefined && isUnacked(entry);
    },
    unacked: () => [...backlog.entries()].filter(isUnacked).map(({ message }) => message),

    pending: () => [...backlog.entries()].map(({ message, failures }) => ({ message, failures })),
    restore(messageId, failures) {
      const entry = backlog.get(messageId);
      if (entry) entry.failures = failures;
    },

    stats() {
      const { unacked, leased } = backlog.counts();
      // Asked once: between two looks at a real clock a millisecond may pass, and nothing would be that old.
      const now = clock.now();
      let oldest = now;
      // In order of arrival, so the first that is not acked is the oldest but for what a seek brought back.
      for (const entry of backlog.entries())
        if (isUnacked(entry)) {
          oldest = entry.message.publishedMs;
          break;
        }
      return { unacked, outstanding: leased, oldestUnackedMs: now - oldest };
    },

    close(reason) {
      closed = true;
      wake?.cancel();
      for (const { timer } of leases.values()) timer?.cancel();
      // What is still on its way to a consumer has nobody to answer to.
      leases.clear();
      if (reason === "deleted") for (const mourner of mourners) mourner();
    },
  };
  return self;
}
