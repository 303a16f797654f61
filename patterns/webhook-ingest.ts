import { Construct } from "constructs";
import { printFilter } from "../language/filter";
import {
  all,
  attribute,
  type ConsumerProps,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  type Filter,
  type Grant,
  type IGrantee,
  type SinkProps,
  Topic,
  type TopicProps,
} from "../constructs";

/**
 * Attributes of a webhook message. Its data is the payload as it was received; its ordering key is what events must
 * stay in order for, the repository's full name in GitHub's case.
 */
export const webhook = {
  /** Kind of the event: GitHub's `X-GitHub-Event`. */
  event: attribute("event"),
  /** What happened, where the payload says so: `opened`, `closed`. */
  action: attribute("action"),
  /** Identity of the delivery, equal when the sender repeats it: GitHub's `X-GitHub-Delivery`. */
  delivery: attribute("delivery"),
} as const;

/** A handler of webhooks, or a table or bucket that keeps them. */
export type WebhookConsumer = (ConsumerProps | SinkProps) & {
  /** Kinds of events it is interested in, beside its `filter`. @default all */
  readonly events?: readonly string[];
};

export interface WebhookIngestProps extends Omit<EventDrivenPipelineProps, "topic" | "consumers"> {
  readonly consumers: readonly WebhookConsumer[];
  /** The topic that receives the webhooks. @default named `webhooks`, without retention of its own */
  readonly topic?: TopicProps;
}

/**
 * Webhooks, published by whoever receives them, and any number of handlers, each with its own share of the events, its
 * own deadlines and its own dead letters.
 */
export class WebhookIngest extends Construct {
  readonly topic: Topic;
  readonly pipeline: EventDrivenPipeline;

  constructor(scope: Construct, id: string, props: WebhookIngestProps) {
    super(scope, id);
    const { topic, consumers, ...rest } = props;
    this.topic = new Topic(this, "Topic", { name: "webhooks", ...topic });
    this.pipeline = new EventDrivenPipeline(this, "Pipeline", {
      ...rest,
      topic: this.topic,
      consumers: consumers.map((consumer) => ({ ...consumer, filter: filterOf(consumer) })),
    });
  }

  /** Lets a receiver publish webhooks, once every consumer can take them. */
  grantPublish(grantee: IGrantee): Grant {
    return this.pipeline.grantPublish(grantee);
  }
}

function filterOf({ events, filter }: WebhookConsumer): Filter | string | undefined {
  const [first, ...others] = events ?? [];
  if (first === undefined) return filter;
  const wanted = webhook.event.isOneOf(first, ...others);
  if (filter === undefined) return wanted;
  return typeof filter === "string" ? `(${printFilter(wanted)}) AND (${filter})` : all(wanted, filter);
}
