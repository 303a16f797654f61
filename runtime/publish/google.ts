import { Unavailable } from "../errors";
import type { Publisher } from "../google/publisher";

/** A `PubSub` of `@google-cloud/pubsub`, as far as it is used here. */
export interface GoogleClient {
  topic(name: string, options?: { messageOrdering?: boolean }): GoogleTopic;
}

interface GoogleTopic {
  publishMessage(message: {
    data: Buffer;
    attributes?: Record<string, string>;
    orderingKey?: string;
  }): Promise<unknown>;
  resumePublishing(orderingKey: string): void;
}

/** Codes of gRPC after which nobody knows, or another try may help. */
const PASSING: readonly unknown[] = [1, 2, 4, 8, 10, 13, 14];

/**
 * Publishes with Google's client, which gathers, compresses and retries by its own settings; for processes that have
 * it loaded anyway. After a failure of an ordering key the client refuses the key's later messages; it is resumed here,
 * since whoever failed is told and tries again in order.
 */
export function googlePublisher(client: GoogleClient): Publisher {
  const topics = new Map<string, GoogleTopic>();
  const topicOf = (name: string, ordered: boolean): GoogleTopic => {
    const key = `${name}\n${ordered}`;
    const known = topics.get(key) ?? client.topic(name, { messageOrdering: ordered });
    topics.set(key, known);
    return known;
  };
  return {
    async publish(rows) {
      const failed = new Map<GoogleTopic, Set<string>>();
      const outcomes = await Promise.allSettled(
        rows.map(async ({ topic, data, attributes, orderingKey }) => {
          const to = topicOf(topic, orderingKey !== undefined);
          const ordered = orderingKey === undefined ? {} : { orderingKey };
          try {
            await to.publishMessage({ data, attributes: { ...attributes }, ...ordered });
          } catch (error) {
            if (orderingKey !== undefined) failed.set(to, (failed.get(to) ?? new Set()).add(orderingKey));
            throw error;
          }
        }),
      );
      for (const [topic, keys] of failed) for (const key of keys) topic.resumePublishing(key);
      const refused = outcomes.find((outcome) => outcome.status === "rejected");
      if (!refused) return;
      const { code, message } = refused.reason as { readonly code?: unknown; readonly message: string };
      const told = `publishing: ${message}`;
      throw code === undefined || PASSING.includes(code)
        ? new Unavailable(told, { cause: refused.reason })
        : new Error(told, { cause: refused.reason });
    },
  };
}
