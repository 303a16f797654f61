import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Duration, formatDuration } from "../../language/duration";
import {
  type AnyContract,
  check,
  durationOf,
  type Grant,
  type GrantOptions,
  type IGrantee,
  type IWorkload,
  type Rule,
} from "../core";
import { kebab, pathInStack } from "../core/names";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { redrivenHandler, subscriptionAlarms, type Watched } from "./alarms";
import { RedriveJob, type RedriveJobProps } from "../run/redrive-job";
import { DeadLetterTopic } from "./dead-letter-topic";
import type { Archive } from "./archive";
import { subscriptionSection } from "./sections";
import { type ISubscription, Subscription } from "./subscription";
import type { SubscriptionProps } from "./subscription-props";

export interface DeadLetteredSubscriptionProps extends Omit<SubscriptionProps, "deadLetter"> {
  /** Deliveries before a message is dead-lettered, 5–100. @default 10 */
  readonly maxDeliveryAttempts?: number;
  /** Where dead letters go. @default a topic of its own, encrypted as the messages are */
  readonly deadLetterTopic?: DeadLetterTopic;
  /** How long dead letters are kept in a topic of its own, 10m–31d. @default "31d" */
  readonly deadLetterRetention?: Duration;
  /** Where dead letters of a topic of its own are kept for good. @default nowhere */
  readonly archive?: Archive;
  /**
   * A job that gives dead letters to the handler that failed again, when somebody runs it: `contract` and `entry` name the
   * handler. Its identity is that of a push target that has one. @default none
   */
  readonly redrive?: Omit<RedriveJobProps, "deadLetterTopic">;
  /** Contract of the handler that takes its messages: runbooks name it. @default that of `redrive` */
  readonly contract?: AnyContract;
  /** Age of a dead letter that somebody is told of again. @default "1d" */
  readonly deadLetterAge?: Duration;
}

/**
 * A subscription that loses nothing: what cannot be delivered is forwarded to a topic that keeps it, by an agent that
 * is allowed to, and somebody is told at the first one.
 */
export class DeadLetteredSubscription extends Construct implements ISubscription, IMonitored {
  readonly subscription: Subscription;
  readonly deadLetterTopic: DeadLetterTopic;
  /** Gives dead letters to the handler again; undefined when none was asked for. */
  readonly redrive?: RedriveJob;
  readonly name: string;
  /** What messages need to flow and to be dead-lettered: publishers that must lose nothing depend on it. */
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: DeadLetteredSubscriptionProps) {
    super(scope, id);
    const { maxDeliveryAttempts, deadLetterTopic, deadLetterRetention, archive, redrive, contract, ...others } = props;
    const { notify, alarms, dashboard, deadLetterAge = "1d", ...rest } = others;
    const name = props.name ?? kebab(pathInStack(this));
    check(this, props, PROPS_RULES);
    this.deadLetterTopic =
      deadLetterTopic ??
      new DeadLetterTopic(this, "DeadLetter", {
        name: `${name}-dead-letter`,
        retention: deadLetterRetention,
        archive,
        encryption: props.topic.encryption,
      });
    this.subscription = new Subscription(this, "Subscription", {
      ...rest,
      name,
      // Watched together with its dead letters, below.
      alarms: false,
      dashboard: false,
      deadLetter: { topic: this.deadLetterTopic, maxDeliveryAttempts },
      dependsOn: [...(props.dependsOn ?? []), ...this.deadLetterTopic.dependables],
    });
    check(
      this,
      { sourceMs: this.subscription.retentionMs, keptMs: this.deadLetterTopic.subscription.retentionMs },
      RULES,
    );
    const target = props.push?.target;
    const runsAs = target && "serviceAccount" in target ? (target as IWorkload).serviceAccount : undefined;
    if (redrive)
      this.redrive = new RedriveJob(this, "Redrive", {
        notify,
        alarms,
        dashboard,
        ...(runsAs && { serviceAccount: runsAs }),
        ...redrive,
        deadLetterTopic: this.deadLetterTopic,
      });
    this.name = this.subscription.name;
    this.dependables = this.subscription.dependables;
    const watched: Watched = {
      ...this.subscription.watched,
      title: name,
      deadLetterSubscriptionId: this.deadLetterTopic.subscription.subscriptionId,
      deadLetterTooOldSeconds: durationOf(this, "deadLetterAge", deadLetterAge) / 1_000,
      handler: redrivenHandler(contract ?? redrive?.contract),
    };
    this.metrics = this.subscription.metrics;
    this.alarms = subscriptionAlarms(watched);
    this.sections = [subscriptionSection(watched)];
    monitor(this, { notify, alarms, dashboard });
  }

  grantConsume(grantee: IGrantee, options?: GrantOptions): Grant {
    return this.subscription.grantConsume(grantee, options);
  }

  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant {
    return this.subscription.grantDescribe(grantee, options);
  }

  /** Lets a handler park messages in the dead-letter topic. */
  grantPark(grantee: IGrantee): Grant {
    return this.deadLetterTopic.grantPark(grantee);
  }
}

const PROPS_RULES: readonly Rule<DeadLetteredSubscriptionProps>[] = [
  {
    code: "MR1138",
    fault: ({ deadLetterTopic, archive, deadLetterRetention }) =>
      deadLetterTopic !== undefined &&
      (archive !== undefined || deadLetterRetention !== undefined) && {
        problem: `${deadLetterTopic.node.path} is shared, so this subscription cannot say how its dead letters are kept`,
      },
  },
];

interface Retentions {
  readonly sourceMs: number;
  readonly keptMs: number;
}

const WEEK_MS = 7 * 86_400_000;

const RULES: readonly Rule<Retentions>[] = [
  {
    code: "MR1131",
    severity: "warning",
    fault: ({ sourceMs, keptMs }) =>
      (keptMs < sourceMs || keptMs < WEEK_MS) && {
        problem: `dead letters are kept for ${formatDuration(keptMs)}, the messages they come from for ${formatDuration(sourceMs)}`,
        got: formatDuration(keptMs),
        want: "14d–31d",
      },
  },
];
