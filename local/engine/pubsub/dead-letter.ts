import { timestamp } from "./envelope";
import type { Publication } from "./intake";
import type { Message } from "./types";

/**
 * A message on its way to the dead-letter topic: its own attributes and the four that Pub/Sub adds.
 * https://cloud.google.com/pubsub/docs/dead-letter-topics#how_dead_letter_topics_work
 */
export function deadLettered(message: Message, subscription: string, failures: number): Publication {
  const [, project, , id] = subscription.split("/");
  return {
    data: message.data,
    attributes: {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(failures),
      CloudPubSubDeadLetterSourceSubscription: id!,
      CloudPubSubDeadLetterSourceSubscriptionProject: project!,
      // Production writes the offset in figures here, unlike everywhere else.
      CloudPubSubDeadLetterSourceTopicPublishTime: timestamp(message.publishedMs).replace("Z", "+00:00"),
    },
    ...(message.orderingKey && { orderingKey: message.orderingKey }),
  };
}
