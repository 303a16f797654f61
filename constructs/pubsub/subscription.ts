import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import { printFilter } from "../../language/filter";
import {
  allowCall,
  check,
  checkAtSynth,
  durationOf,
  enableApi,
  escapeTemplate,
  type Grant,
  grant,
  type GrantOptions,
  type GrantTarget,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  MillraceStack,
  physicalName,
  PUBSUB_LIMITS,
  ServiceAccount,
  serviceAgent,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { checkLabels } from "../core/labels";
import { checkFullName } from "../core/names";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { PubsubSubscription, type PubsubSubscriptionConfig, PubsubSubscriptionIamMember } from "../l1/pubsub";
import { subscriptionAlarms, type Watched } from "./alarms";
import { bindBigQuery, bindCloudStorage } from "./export";
import { EXPORT_RULES } from "./export-rules";
import { checkFilterText } from "./filter";
import { PUBSUB_GRANTS } from "./grants";
import { LOAD_RULES } from "./load-rules";
import { metricsFor, subscriptionMetrics } from "./metrics";
import { projectOf, pubsubName } from "./names";
import { subscriptionSection } from "./sections";
import type { SubscriptionProps } from "./subscription-props";
import { DEAD_LETTER_RULES, type ResolvedSubscription, SUBSCRIPTION_RULES } from "./subscription-rules";
import { Topic } from "./topic";
import { checkTransforms, renderTransforms } from "./transforms";

/** A subscription, made here or elsewhere. */
export interface ISubscription {
  /** `projects/{project}/subscriptions/{subscription}`, readable at synth. */
  readonly name: string;
  /** Lets the grantee receive messages of this subscription, and of no other. */
  grantConsume(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee read what the subscription is like, and nothing of its messages: Dataflow asks for its topic. */
  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** A subscription of the stack's project. */
export class Subscription extends Construct implements ISubscription, IMonitored {
  /** A subscription made elsewhere. @param name `projects/{project}/subscriptions/{subscription}` */
  static fromExisting(scope: Construct, id: string, name: string): ISubscription {
    return new ExistingSubscription(scope, id, name);
  }

  readonly resource: PubsubSubscription;
  readonly name: string;
  /** The last part of the name: the label of its metrics. */
  readonly subscriptionId: string;
  /** How long messages wait to be acknowledged, milliseconds. */
  readonly retentionMs: number;
  /** Whether its messages are pulled: they are neither pushed nor written elsewhere. */
  readonly pulls: boolean;
  /** Identity that calls the push target; undefined for pull. */
  readonly pushIdentity?: IServiceAccount;
  /** What messages need to flow and to be dead-lettered: publishers that must lose nothing depend on it. */
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<keyof typeof subscriptionMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];
  /** What its alarms and charts speak of. */
  readonly watched: Watched;

  constructor(scope: Construct, id: string, props: SubscriptionProps) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId: project } = stack.context;
    this.subscriptionId = physicalName(this, pubsubName("subscription"), props.name);
    this.name = `projects/${project}/subscriptions/${this.subscriptionId}`;

    const resolved = this.resolve(props);
    this.retentionMs = resolved.retentionMs;
    this.pulls = !props.push && !props.bigQuery && !props.cloudStorage;
    check(this, resolved, [...SUBSCRIPTION_RULES, ...EXPORT_RULES, ...LOAD_RULES]);
    checkTransforms(this, props.transforms);
    if (resolved.filter !== undefined) checkFilterText(this, resolved.filter);
    checkLabels(this, props.labels ?? {});

    if (props.topic instanceof Topic) props.topic.subscriptions.add(this.name);

    const { deadLetter } = resolved;
    if (deadLetter) checkAtSynth(this, () => check(this, deadLetter.topic, DEAD_LETTER_RULES));
    const agent = () => serviceAgent(this, "pubsub");
    const { forwardDeadLetters, acknowledgeDeadLetters } = PUBSUB_GRANTS;
    // Everything that is needed before the first message: Terraform sees no edge from a subscription to a grant.
    const before: ITerraformDependable[] = [enableApi(this, "pubsub.googleapis.com"), ...(props.dependsOn ?? [])];
    if (deadLetter) before.push(deadLetter.topic.grantPublish(agent(), { reason: forwardDeadLetters.reason }).resource);
    if (props.push) {
      this.pushIdentity =
        props.push.identity ?? new ServiceAccount(this, "Identity", { name: identityName(props.name) });
      before.push(...this.allowPush(props.push.target, this.pushIdentity, agent()));
    }
    const { bigQuery, cloudStorage } = resolved;
    const table = bigQuery && bindBigQuery(this, bigQuery, agent());
    const files = cloudStorage && bindCloudStorage(this, cloudStorage, cloudStorage.maxDurationMs, agent());
    before.push(...(table?.before ?? []), ...(files?.before ?? []));
    const exports = { bigqueryConfig: table?.config, cloudStorageConfig: files?.config };
    this.resource = this.render(props, resolved, exports, before);
    this.dependables = deadLetter
      ? [this.resource, grant(targetOf(this, this.resource.name), agent(), acknowledgeDeadLetters).resource]
      : [this.resource];

    this.watched = {
      title: this.subscriptionId,
      subscriptionId: this.subscriptionId,
      projectId: project,
      stack: MillraceStack.of(this).node.id,
      push: props.push !== undefined,
      tooOldSeconds: TOO_OLD_SECONDS,
    };
    this.metrics = metricsFor(subscriptionMetrics, this.subscriptionId);
    this.alarms = subscriptionAlarms(this.watched);
    this.sections = [subscriptionSection(this.watched)];
    monitor(this, props);
  }

  grantConsume(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.resource.name), grantee, PUBSUB_GRANTS.consume, options);
  }

  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.resource.name), grantee, PUBSUB_GRANTS.describe, options);
  }

  private resolve(props: SubscriptionProps): ResolvedSubscription {
    const { retry = {}, push, deadLetter } = props;
    const ms = (field: string, value: Duration) => durationOf(this, field, value);
    const { cloudStorage, ackDeadline } = props;
    const maxDurationMs = cloudStorage && ms("cloudStorage.maxDuration", cloudStorage.maxDuration ?? "5m");
    return {
      projectId: MillraceStack.of(this).context.projectId,
      topic: props.topic,
      push,
      peak: props.peak,
      bigQuery: props.bigQuery,
      cloudStorage: cloudStorage && { ...cloudStorage, maxDurationMs: maxDurationMs! },
      filter: props.filter === undefined || typeof props.filter === "string" ? props.filter : printFilter(props.filter),
      ordering: props.ordering ?? false,
      exactlyOnce: props.exactlyOnce ?? false,
      ackDeadlineMs: ackDeadline === undefined ? defaultDeadlineMs(maxDurationMs) : ms("ackDeadline", ackDeadline),
      retry:
        retry === "immediate"
          ? undefined
          : {
              minBackoffMs: ms("retry.minBackoff", retry.minBackoff ?? "10s"),
              maxBackoffMs: ms("retry.maxBackoff", retry.maxBackoff ?? "600s"),
            },
      deadLetter: deadLetter
        ? { topic: deadLetter.topic, maxDeliveryAttempts: deadLetter.maxDeliveryAttempts ?? 10 }
        : undefined,
      withoutDeadLetterOnPurpose: deadLetter === false,
      retentionMs: ms("retention", props.retention ?? "7d"),
      expirationMs:
        props.expiration === undefined || props.expiration === "never" ? undefined : ms("expiration", props.expiration),
    };
  }

  /** Lets the identity call the target, and Pub/Sub make the identity's tokens. */
  private allowPush(target: IPushTarget, identity: IServiceAccount, agent: IGrantee): readonly ITerraformDependable[] {
    const invoke = allowCall(target, identity, { reason: `delivers messages of ${this.name}`, from: "pubsub" });
    // Needed where the agent is older than April 2021, harmless elsewhere; on the one account, never on the project.
    const tokens = identity.grantTokenCreator(agent);
    return [...(invoke ? [invoke.resource] : []), tokens.resource, ...target.dependables];
  }

  private render(
    props: SubscriptionProps,
    resolved: ResolvedSubscription,
    exports: Pick<PubsubSubscriptionConfig, "bigqueryConfig" | "cloudStorageConfig">,
    before: readonly ITerraformDependable[],
  ) {
    const stack = MillraceStack.of(this);
    const { push, retainAcknowledged, labels } = props;
    const { deadLetter, retry, expirationMs } = resolved;
    return new PubsubSubscription(this, "Resource", {
      project: stack.context.projectId,
      name: this.subscriptionId,
      topic: props.topic.reference,
      ackDeadlineSeconds: resolved.ackDeadlineMs / 1_000,
      messageRetentionDuration: toGoogleDuration(resolved.retentionMs),
      retainAckedMessages: retainAcknowledged,
      // An absent block means 31 days of idleness, after which the subscription and its messages are gone.
      expirationPolicy: { ttl: expirationMs === undefined ? "" : toGoogleDuration(expirationMs) },
      filter: resolved.filter === undefined ? undefined : escapeTemplate(resolved.filter),
      enableMessageOrdering: resolved.ordering || undefined,
      enableExactlyOnceDelivery: resolved.exactlyOnce || undefined,
      retryPolicy: retry && {
        minimumBackoff: toGoogleDuration(retry.minBackoffMs),
        maximumBackoff: toGoogleDuration(retry.maxBackoffMs),
      },
      deadLetterPolicy: deadLetter && {
        deadLetterTopic: deadLetter.topic.reference,
        maxDeliveryAttempts: deadLetter.maxDeliveryAttempts,
      },
      pushConfig: push && {
        pushEndpoint: push.target.pushEndpoint,
        oidcToken: { serviceAccountEmail: this.pushIdentity!.emailReference, audience: push.target.audience },
        noWrapper: NO_WRAPPER[push.body ?? "wrapped"],
      },
      ...exports,
      messageTransforms: renderTransforms(props.transforms),
      labels: labels && { ...labels },
      dependsOn: ofSameStack(this, before),
      ...stack.protection,
    });
  }
}

/** Age at which a waiting message is worth a notification: as long as the longest pause between two attempts. */
const TOO_OLD_SECONDS = 600;

/** Long enough to finish a file; messages are acknowledged only then. */
function defaultDeadlineMs(maxDurationMs: number | undefined): number {
  const { min, max } = PUBSUB_LIMITS.ackDeadlineSeconds;
  return Math.min(max, Math.max(min, Math.ceil((maxDurationMs ?? 0) / 1_000))) * 1_000;
}

const NO_WRAPPER = {
  wrapped: undefined,
  unwrapped: { writeMetadata: true },
  "unwrapped-without-metadata": { writeMetadata: false },
} as const;

const identityName = (name: string | undefined) => (name === undefined ? undefined : `${name}-push`);

class ExistingSubscription extends Construct implements ISubscription {
  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    checkFullName(this, "MR1103", "subscription", "projects/{project}/subscriptions/{subscription}", name);
  }

  grantConsume(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.name), grantee, PUBSUB_GRANTS.consume, options);
  }

  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.name), grantee, PUBSUB_GRANTS.describe, options);
  }
}

const targetOf = (construct: Construct & ISubscription, subscription: string): GrantTarget => ({
  scope: construct,
  name: construct.name,
  level: "resource",
  attach: (scope, id, config) =>
    new PubsubSubscriptionIamMember(scope, id, { ...config, subscription, project: projectOf(construct.name) }),
});
