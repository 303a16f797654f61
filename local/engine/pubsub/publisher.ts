import { type ProtoJson } from "../../wire/proto-json";
import type { ServiceImplementation } from "../../wire/service";
import type { PubSub } from "./broker";
import { masked, nameIn, page } from "./requests";
import { type MessageResource, topicOf, type TopicResource, topicResource } from "./resources";

type Unary = ServiceImplementation["unary"];

/** google.pubsub.v1.Publisher. */
export function publisherService(pubsub: PubSub): ServiceImplementation {
  const subscriptionsOf = (topic: string) => pubsub.subscriptions().filter((config) => config.topic === topic);
  const unary: Unary = {
    CreateTopic(request) {
      const config = topicOf(request);
      pubsub.createTopic(config);
      return topicResource(config);
    },
    UpdateTopic(request) {
      const { topic = {}, updateMask } = request as { topic?: TopicResource; updateMask?: string };
      const current = pubsub.topic(topic.name ?? "");
      const updated = masked(topicResource(current), topic as ProtoJson, updateMask, [
        "labels",
        "messageRetentionDuration",
        "messageTransforms",
      ]);
      const { schemaSettings: _, ...rest } = updated;
      // No mask of this surface changes what only a plan brings.
      pubsub.ensureTopic({ ...topicOf(rest), ...(current.schema && { schema: current.schema }) });
      return updated;
    },
    Publish(request) {
      const { topic = "", messages = [] } = request as { topic?: string; messages?: readonly MessageResource[] };
      const messageIds = pubsub.publish(
        topic,
        messages.map(({ data, attributes = {}, orderingKey }) => ({
          data: Buffer.from(data ?? "", "base64"),
          attributes,
          ...(orderingKey && { orderingKey }),
        })),
      );
      return { messageIds };
    },
    GetTopic: (request) => topicResource(pubsub.topic(nameIn(request, "topic"))),
    ListTopics(request) {
      const mine = pubsub.topics().filter(({ name }) => name.startsWith(`${String(request["project"])}/topics/`));
      return page("topics", mine.map(topicResource), request);
    },
    ListTopicSubscriptions(request) {
      const names = subscriptionsOf(pubsub.topic(nameIn(request, "topic")).name).map(({ name }) => name);
      return page("subscriptions", names, request);
    },
    ListTopicSnapshots(request) {
      const names = pubsub.snapshots().filter(({ topic }) => topic === request["topic"]);
      return page(
        "snapshots",
        names.map(({ name }) => name),
        request,
      );
    },
    DeleteTopic(request) {
      pubsub.deleteTopic(nameIn(request, "topic"));
      return {};
    },
    DetachSubscription(request) {
      const { config } = pubsub.subscription(nameIn(request, "subscription"));
      pubsub.deleteSubscription(config.name);
      pubsub.createSubscription({ ...config, detached: true });
      return {};
    },
  };
  return { unary };
}
