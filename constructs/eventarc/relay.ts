import { extname, join } from "node:path";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { RELAY_TOPIC } from "../../contract/environment";
import { eventRelay } from "../../contract/event-relay";
import type { ITopic } from "../pubsub/topic";
import { CloudRunService } from "../run/service";
import type { ChannelEvents, DocumentEvents } from "./events";
import { EventarcTrigger } from "./trigger";

export interface EventRelayProps {
  /** What it listens to: sources that publish to no topic of their own. */
  readonly event: DocumentEvents | ChannelEvents;
  /** Topic that the events are published to; the relay is let publish there and do nothing else. */
  readonly topic: ITopic;
  /** Name of the service and of its trigger, after the stack's prefix; at most 35 characters. */
  readonly name: string;
  /** Instances it may have at a time. @default 10 */
  readonly maxInstances?: number;
  /** What must exist before the first event. @default what the relay needs */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** The handler that relays: source here, JavaScript in the published package. */
const ENTRY = join(__dirname, "../../runtime", `event-relay${extname(__filename)}`);

/**
 * Carries events of Eventarc to a topic, where they wait, are filtered, tried again and dead-lettered like any others. It
 * acknowledges an event once the topic has it, so the one thing that loses events is a relay that takes none for a day.
 */
export class EventRelay extends Construct {
  readonly service: CloudRunService;
  readonly trigger: EventarcTrigger;

  constructor(scope: Construct, id: string, props: EventRelayProps) {
    super(scope, id);
    const { event, topic, name, maxInstances, dependsOn = [] } = props;
    this.service = new CloudRunService(this, "Service", {
      name,
      contract: eventRelay,
      entry: ENTRY,
      transports: ["eventarc"],
      maxInstances: maxInstances ?? 10,
      environment: { [RELAY_TOPIC]: topic.name },
    });
    const publish = topic.grantPublish(this.service.serviceAccount, { reason: "relays events of Eventarc" });
    this.trigger = new EventarcTrigger(this, "Trigger", {
      event,
      target: this.service,
      name,
      dependsOn: [...dependsOn, publish.resource],
      // What is said of the relay itself says more.
      acknowledge: [{ code: "MR1652", reason: "the relay is the way to a topic of one's own" }],
    });
  }
}
