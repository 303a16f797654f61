import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import { kebab, pathInStack } from "../core/names";
import { acknowledge, type Encryption, type Grant, type GrantOptions, type IGrantee } from "../core";
import { type Archive, archiving } from "./archive";
import { PUBSUB_GRANTS } from "./grants";
import { Subscription } from "./subscription";
import { type ITopic, Topic } from "./topic";

export interface DeadLetterTopicProps {
  /** Name of topic and subscription, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** How long dead letters wait for somebody to look at them, 10m–31d. @default "31d" */
  readonly retention?: Duration;
  /** Where dead letters are kept for good, beside the subscription. @default nowhere */
  readonly archive?: Archive;
  /** A key of one's own; Pub/Sub is let use it. @default Google's */
  readonly encryption?: Encryption;
}

/**
 * Where messages go that could not be handled: a topic with a subscription that keeps them and never expires. Without
 * the subscription Pub/Sub would drop them.
 */
export class DeadLetterTopic extends Construct implements ITopic {
  readonly topic: Topic;
  /** Keeps the dead letters; what looks at them or sends them back pulls from it. */
  readonly subscription: Subscription;
  /** Writes the dead letters to their archive; undefined without one. */
  readonly archive?: Subscription;
  /** What keeps dead letters. A topic drops what is published before it has a subscription: senders depend on it. */
  readonly dependables: readonly ITerraformDependable[];
  readonly name: string;
  readonly reference: string;
  readonly retention: Duration;
  readonly encryption?: Encryption;

  constructor(scope: Construct, id: string, props: DeadLetterTopicProps = {}) {
    super(scope, id);
    this.retention = props.retention ?? "31d";
    const name = props.name ?? kebab(pathInStack(this));
    this.topic = new Topic(this, "Topic", { name, encryption: props.encryption, dashboard: false });
    // What feeds it watches it: dead letters are a matter of the subscription they come from.
    const unwatched = { alarms: false, dashboard: false } as const;
    acknowledge(this, { code: "MR1127", reason: "nobody is called: whoever looks at dead letters pulls them" });
    this.subscription = new Subscription(this, "Kept", {
      topic: this.topic,
      name,
      retention: this.retention,
      // Whoever looks at letters gives them back; a pause would make the next look find none.
      retry: "immediate",
      ...unwatched,
      // The end of the line: a dead letter has nowhere else to go.
      deadLetter: false,
    });
    if (props.archive) {
      const home = new Construct(this, "Archive");
      this.archive = new Subscription(home, "Subscription", {
        topic: this.topic,
        name: `${name}-archive`,
        retention: this.retention,
        deadLetter: false,
        ...archiving(home, name, props.archive),
      });
    }
    this.encryption = this.topic.encryption;
    this.name = this.topic.name;
    this.reference = this.topic.reference;
    this.dependables = [...this.subscription.dependables, ...(this.archive?.dependables ?? [])];
  }

  grantPublish(grantee: IGrantee, options?: GrantOptions): Grant {
    return this.topic.grantPublish(grantee, options);
  }

  /** Lets a handler park messages here that no retry will mend. */
  grantPark(grantee: IGrantee): Grant {
    return this.topic.grantPublish(grantee, { reason: PUBSUB_GRANTS.park.reason });
  }
}
