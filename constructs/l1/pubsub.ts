export { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic/index.js";
export { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js";
export {
  PubsubSubscription,
  type PubsubSubscriptionConfig,
} from "@cdktf/provider-google/lib/pubsub-subscription/index.js";
export { PubsubSubscriptionIamMember } from "@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js";
export { PubsubSchema } from "@cdktf/provider-google/lib/pubsub-schema/index.js";
