import { Construct } from "constructs";
import { addIssue, enableApi, isKnown, MillraceStack, serviceAgent } from "../core";
import { checkFullName, lastingPath } from "../core/names";
import { MonitoringNotificationChannel } from "../l1/monitoring";
import type { ITopic } from "../pubsub/topic";

/** Where notifications go. */
export type NotificationChannelProps =
  | { readonly kind: "email"; readonly address: string }
  /** Published as JSON to a topic; the grant Cloud Monitoring needs is made. */
  | { readonly kind: "topic"; readonly topic: ITopic };

/** A notification channel, made here or elsewhere. */
export interface INotificationChannel {
  /** `projects/{project}/notificationChannels/{id}`; a reference if it is made here. */
  readonly reference: string;
}

/** Somebody to tell when an alarm fires. */
export class NotificationChannel extends Construct implements INotificationChannel {
  /** A channel made elsewhere. @param name `projects/{project}/notificationChannels/{id}` */
  static fromExisting(scope: Construct, id: string, name: string): INotificationChannel {
    const construct = new Construct(scope, id);
    checkFullName(construct, "MR1703", "notification channel", "projects/{project}/notificationChannels/{id}", name);
    return { reference: name };
  }

  readonly resource: MonitoringNotificationChannel;
  readonly reference: string;

  constructor(scope: Construct, id: string, props: NotificationChannelProps) {
    super(scope, id);
    if (props.kind === "email" && isKnown(props.address) && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(props.address))
      addIssue(this, "MR1703", { problem: `"${props.address}" is not an e-mail address`, got: props.address });
    this.resource = this.render(props);
    this.reference = this.resource.name;
  }

  private render(props: NotificationChannelProps): MonitoringNotificationChannel {
    const { projectId: project, labels: userLabels } = MillraceStack.of(this).context;
    const common = { project, displayName: lastingPath(this), userLabels: { ...userLabels } };
    const api = enableApi(this, "monitoring.googleapis.com");
    if (props.kind === "email")
      return new MonitoringNotificationChannel(this, "Resource", {
        ...common,
        type: "email",
        labels: { email_address: props.address },
        dependsOn: [api],
      });
    const agent = serviceAgent(this, "notifications");
    const publish = props.topic.grantPublish(agent, { reason: "publishes notifications" });
    return new MonitoringNotificationChannel(this, "Resource", {
      ...common,
      type: "pubsub",
      labels: { topic: props.topic.reference },
      dependsOn: [api, publish.resource],
    });
  }
}
