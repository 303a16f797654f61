import type { Kind } from "../reconcile";
import type { PubSub } from "./broker";

/** What no update changes: force-new in the provider. */
const FIXED = ["topic", "filter", "ordering"] as const;

/** Topics and subscriptions, as resources ask for them. */
export function pubsubKinds(pubsub: PubSub): readonly Kind[] {
  const topicExists = (name: string) => pubsub.topics().some((topic) => topic.name === name);
  const subscriptionOf = (name: string) => pubsub.subscriptions().find((config) => config.name === name);
  return [
    {
      kind: "topic",
      kept: true,
      items: ({ topics }) =>
        topics.flatMap(({ config, resource }) =>
          resource ? [{ name: config.name, config, resource, ensure: () => pubsub.ensureTopic(config) }] : [],
        ),
      remove(name) {
        if (!topicExists(name)) return false;
        pubsub.deleteTopic(name);
        return true;
      },
    },
    {
      kind: "stand-in topic",
      kept: true,
      items: ({ topics }) =>
        topics.flatMap(({ config, resource }) => {
          const ensure = () => void (topicExists(config.name) || pubsub.createTopic(config));
          return resource ? [] : [{ name: config.name, config, ensure }];
        }),
      remove(name, { topics }) {
        // Its owner has come, and takes it over.
        if (topics.some(({ config }) => config.name === name) || !topicExists(name)) return false;
        pubsub.deleteTopic(name);
        return true;
      },
    },
    {
      kind: "subscription",
      kept: true,
      items: ({ subscriptions }) =>
        subscriptions.map(({ config, resource }) => ({
          name: config.name,
          config,
          resource,
          ensure() {
            const before = subscriptionOf(config.name);
            const replaced = before !== undefined && FIXED.some((field) => before[field] !== config[field]);
            if (replaced) pubsub.deleteSubscription(config.name);
            pubsub.ensureSubscription(config);
            return replaced ? "replaced" : undefined;
          },
        })),
      remove(name) {
        if (!subscriptionOf(name)) return false;
        pubsub.deleteSubscription(name);
        return true;
      },
    },
  ];
}
