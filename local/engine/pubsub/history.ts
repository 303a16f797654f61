import type { Clock } from "../clock";
import type { Subscription } from "./subscription";
import type { Message } from "./types";

/** What a subscription was when a snapshot was taken of it. */
export interface Snapshot {
  readonly name: string;
  readonly topic: string;
  /** Ids of the messages that were unacked. */
  readonly unacked: readonly string[];
  /** Messages from this id on were published later. */
  readonly nextId: string;
  readonly takenMs: number;
}

/** Messages that a seek can bring back: those that a subscription, its topic or a snapshot retains. */
export interface History {
  /** Keeps a message for as long as something retains it; not at all when nothing does. */
  keep(message: Message): void;
  /** Marks everything published before the instant as acked, and the rest as unacked as far as it is retained. */
  seekToTime(subscription: Subscription, ms: number): void;
  /** Restores what was unacked at the snapshot, and everything published since. */
  seekToSnapshot(subscription: Subscription, snapshot: Snapshot): void;
  /** Messages that are kept although nothing of them is unacked. */
  retained(): IterableIterator<Message>;
}

export interface HistoryOptions {
  readonly clock: Clock;
  /** How long the subscription or its topic retains messages. */
  readonly retentionMs: () => number;
  /** Whether a snapshot of the topic lives: it retains messages for itself alone. @default never */
  readonly pinned?: () => boolean;
  /** Takes a message that comes back. */
  readonly restore: (message: Message) => void;
}

/** A snapshot lives at most seven days. https://cloud.google.com/pubsub/docs/replay-overview */
export const SNAPSHOT_LIFE_MS = 7 * 86_400_000;

export function createHistory({ clock, retentionMs, pinned = () => false, restore }: HistoryOptions): History {
  const messages = new Map<string, Message>();
  const keepMs = () => Math.max(retentionMs(), pinned() ? SNAPSHOT_LIFE_MS : 0);

  const expire = () => {
    const oldest = clock.now() - keepMs();
    // In order of publishing but for those a snapshot added late, so the first that stays ends the search.
    for (const [id, { publishedMs }] of messages) {
      if (publishedMs > oldest) break;
      messages.delete(id);
    }
  };
  const bring = (subscription: Subscription, wanted: (message: Message) => boolean, sinceMs: number) => {
    for (const message of subscription.unacked()) if (!wanted(message)) subscription.discard(message.id);
    expire();
    const back = [...messages.values()].filter(
      (message) => message.publishedMs > sinceMs && wanted(message) && !subscription.has(message.id),
    );
    // Ids grow with publishing.
    for (const message of back.sort((a, b) => Number(a.id) - Number(b.id))) restore(message);
  };
  return {
    keep(message) {
      if (keepMs() > 0) messages.set(message.id, message);
      expire();
    },
    seekToTime: (subscription, ms) =>
      bring(subscription, ({ publishedMs }) => publishedMs >= ms, clock.now() - retentionMs()),
    seekToSnapshot(subscription, { unacked, nextId }) {
      const wanted = new Set(unacked);
      const isWanted = ({ id }: Message) => wanted.has(id) || Number(id) >= Number(nextId);
      bring(subscription, isWanted, clock.now() - keepMs());
    },
    retained() {
      expire();
      return messages.values();
    },
  };
}
