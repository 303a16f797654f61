import type { Filter } from "../../../language/filter";
import { matches } from "../../../language/filter";
import { formatDuration } from "../../../language/duration";
import type { Clock, Timer } from "../clock";
import type { Events } from "../events";
import type { Random } from "../random";
import { type Backlog, createBacklog, type Entry } from "./backlog";
import { backoffMs } from "./backoff";
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
  /** Publishes to the dead-letter topic; false when the topic is gone or the agent lacks a grant. */
  readonly deadLetter: (message: Message, failures: number) => boolean;
}

/** Delivery of one subscription: leases, acks, redelivery, dead-lettering. */
export interface Subscription {
  config: SubscriptionConfig;
  filter: Filter | undefined;
  /** Takes a newly published message, unless the filter turns it away: such a message counts as acked. */
  offer(message: Message, failures?: number): void;
  /** Leases waiting messages. @param perKey most messages of one ordering key @default no limit */
  take(max: number, options?: { readonly leaseMs?: number; readonly perKey?: number }): Delivery[];
  acknowledge(ackIds: readonly string[]): AckResult[];
  /** Extends leases to `ms` from now; 0 is a nack. */
  modifyAckDeadline(ackIds: readonly string[], ms: number): AckResult[];
  nack(ackId: string, reason: string): void;
  /** Calls back whenever something may have become ready. @returns a function that removes the listener */
  onReady(listener: () => void): () => void;
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
  close(): void;
}

const ackIdOf = (delivery: number, messageId: string) => Buffer.from(`${delivery}:${messageId}`).toString("base64url");

/** Whether a text has the form of an ack id, of whatever delivery. */
export const isAckId = (text: string): boolean => /^\d+:\d+$/.test(Buffer.from(text, "base64url").toString());

interface Lease {
  readonly entry: Entry;
  timer: Timer | undefined;
}

/** Acked behind an unacked message of the same key: for its consumer it is done. */
const isUnacked = (entry: Entry) => entry.state !== "acked";

export function createSubscription(
  initial: SubscriptionConfig,
  filter: Filter | undefined,
  deps: SubscriptionDeps,
): Subscription {
  const { clock, random, events, log } = deps;
  const backlog: Backlog = createBacklog(initial.ordering);
  /** Every ack id of every entry that is not gone, in force or not. */
  const leases = new Map<string, Lease>();
  const listeners = new Set<() => void>();
  let wake: Timer | undefined;
  let deliveries = 0;
  let closed = false;

  const announce = () => {
    if (closed) return;
    wake?.cancel();
    const next = backlog.nextReadyMs(clock.now());
    wake = next === undefined ? undefined : clock.after(next - clock.now(), announce);
    for (const listener of listeners) listener();
  };
  const release = (entry: Entry) => {
    if (!entry.ackId) return;
    const lease = leases.get(entry.ackId);
    lease?.timer?.cancel();
    if (lease) lease.timer = undefined;
    delete entry.ackId;
  };
  const forget = (gone: readonly Entry[]) => {
    for (const entry of gone) {
      release(entry);
      for (const ackId of entry.ackIds) leases.delete(ackId);
    }
  };
  const arm = (lease: Lease, ackId: string, ms: number) => {
    lease.timer?.cancel();
    lease.timer = clock.after(ms, () => fail(ackId, `lease of ${formatDuration(ms)} expired`));
  };

  const lend =
    (leaseMs: number) =>
    (entry: Entry): Delivery => {
      const ackId = ackIdOf(deliveries++, entry.message.id);
      const lease: Lease = { entry, timer: undefined };
      entry.ackId = ackId;
      entry.ackIds.push(ackId);
      leases.set(ackId, lease);
      backlog.leased(entry);
      if (Number.isFinite(leaseMs)) arm(lease, ackId, leaseMs);
      const attempt = entry.failures + 1;
      events.emit({ type: "delivered", subscription: self.config.name, messageId: entry.message.id, attempt });
      return { ackId, message: entry.message, attempt };
    };

  const fail = (ackId: string, reason: string) => {
    const lease = leases.get(ackId);
    if (!lease || lease.entry.ackId !== ackId) return;
    const { entry } = lease;
    const { message } = entry;
    const { name, deadLetter, retry } = self.config;
    release(entry);
    entry.failures++;
    const about = { subscription: name, messageId: message.id, attempt: entry.failures };
    if (deadLetter && entry.failures >= deadLetter.maxAttempts && deps.deadLetter(message, entry.failures)) {
      events.emit({ type: "nacked", ...about, reason });
      events.emit({ type: "deadLettered", ...about, topic: deadLetter.topic });
      // Later messages of its key come again, as after any failure; this one does not.
      for (const later of backlog.failed(entry, 0)) release(later);
      log.acked(message.id);
      forget(backlog.remove(entry));
      return announce();
    }
    log.failed(message.id, entry.failures);
    const pause = backoffMs(retry, entry.failures, random);
    for (const later of backlog.failed(entry, clock.now() + pause)) release(later);
    events.emit({ type: "nacked", ...about, reason });
    announce();
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

    take(max, { leaseMs = self.config.ackDeadlineMs, perKey = Number.POSITIVE_INFINITY } = {}) {
      const now = clock.now();
      const isExpired = ({ message }: Entry) => message.publishedMs + self.config.retentionMs <= now;
      const found = backlog.ready(max, now, perKey);
      const taken = found.filter((entry) => !isExpired(entry)).map(lend(leaseMs));
      // Last, because it may wake consumers, which take in their turn.
      for (const { message } of found.filter(isExpired)) self.discard(message.id);
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

    discard(messageId) {
      const entry = backlog.get(messageId);
      if (!entry) return;
      log.acked(messageId);
      forget(backlog.remove(entry));
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
      let unacked = 0;
      let outstanding = 0;
      let oldest = Number.POSITIVE_INFINITY;
      for (const entry of backlog.entries()) {
        if (!isUnacked(entry)) continue;
        unacked++;
        if (entry.state === "leased") outstanding++;
        oldest = Math.min(oldest, entry.message.publishedMs);
      }
      return { unacked, outstanding, oldestUnackedMs: unacked === 0 ? 0 : clock.now() - oldest };
    },

    close() {
      closed = true;
      wake?.cancel();
      for (const { timer } of leases.values()) timer?.cancel();
      // What is still on its way to a consumer has nobody to answer to.
      leases.clear();
    },
  };
  return self;
}
