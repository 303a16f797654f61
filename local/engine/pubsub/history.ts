import type { Clock } from "../clock";
import type { Subscription } from "./subscription";
import type { Message } from "./types";

/** What a subscription was when a snapshot was taken of it. */
export interface Snapshot {
  readonly name: string;
  readonly topic: string;
  /** Ids of the messages that were unacked. */
  readonly unacked: readonly string[];
  readonly takenMs: number;
}

/** Messages that a seek can bring back: those the subscription or its topic retains. */
export interface History {
  published(message: Message): void;
  acked(messageId: string): void;
  /** Marks everything published before the instant as acked, and the rest as unacked as far as it is retained. */
  seekToTime(subscription: Subscription, ms: number): void;
  seekToSnapshot(subscription: Subscription, snapshot: Snapshot): void;
  /** Messages that are kept although nothing of them is unacked. */
  retained(): IterableIterator<Message>;
}

/** A snapshot lives at most seven days. https://cloud.google.com/pubsub/docs/replay-overview */
export const SNAPSHOT_LIFE_MS = 7 * 86_400_000;

export function createHistory({ clock, retentionMs }: { clock: Clock; retentionMs: () => number }): History {
  const messages = new Map<string, Message>();

  const expire = () => {
    const oldest = clock.now() - retentionMs();
    // In order of publishing, so the first that stays ends the search.
    for (const [id, { publishedMs }] of messages) {
      if (publishedMs > oldest) break;
      messages.delete(id);
    }
  };
  const restore = (subscription: Subscription, wanted: (message: Message) => boolean) => {
    for (const message of subscription.unacked()) if (!wanted(message)) subscription.discard(message.id);
    expire();
    for (const message of messages.values())
      if (wanted(message) && !subscription.has(message.id)) subscription.offer(message);
  };
  return {
    published(message) {
      if (retentionMs() > 0) messages.set(message.id, message);
      expire();
    },
    acked() {
      expire();
    },
    seekToTime: (subscription, ms) => restore(subscription, ({ publishedMs }) => publishedMs >= ms),
    seekToSnapshot(subscription, { unacked, takenMs }) {
      const wanted = new Set(unacked);
      restore(subscription, ({ id, publishedMs }) => wanted.has(id) || publishedMs >= takenMs);
    },
    retained() {
      expire();
      return messages.values();
    },
  };
}
