export { subscriptionAlarms, type Watched } from "./alarms";
export { DeadLetteredSubscription, type DeadLetteredSubscriptionProps } from "./dead-lettered-subscription";
export { DeadLetterTopic, type DeadLetterTopicProps } from "./dead-letter-topic";
export { endpoint } from "./endpoint";
export type { Filter } from "../../language/filter";
export { all, any, attribute, not } from "./filter";
export { subscriptionMetrics } from "./metrics";
export {
  type DeadLetterProps,
  type ISubscription,
  type PushProps,
  Subscription,
  type SubscriptionProps,
} from "./subscription";
export { type ITopic, Topic, type TopicProps } from "./topic";
