import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { ENV } from "../../contract/environment";
import { type AnyContract, check, MillraceStack } from "../core";
import { CloudRunV2WorkerPool } from "../l1/run-jobs";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import { DeadLetteredSubscription } from "../pubsub/dead-lettered-subscription";
import { type ISubscription, Subscription } from "../pubsub/subscription";
import type { CodeOfHandler, CodeOfImage } from "./code";
import { metricsOfPool, poolAlarms, type poolMetrics, poolSection } from "./pool-monitoring";
import { POOL_RULES } from "./pool-rules";
import { type UncalledKind, type UncalledProps, type UncalledTransport, UncalledWorkload } from "./uncalled";
import type { DirectVpc } from "./vpc";

interface PoolOptions extends UncalledProps, MonitoringProps {
  /** What its instances pull from. @default none: then it must not have a contract */
  readonly subscription?: ISubscription;
  /** Instances, all the time and paid for all the time; nothing scales them. @default 1 */
  readonly instances?: number;
  /** Where the handler parks what no retry will mend. @default that of a `DeadLetteredSubscription` */
  readonly deadLetterTopic?: DeadLetterTopic;
  /** A way into a network of one's own; at 6.50.0 a pool has no connector. @default none */
  readonly vpc?: DirectVpc;
}

/** A pool whose code is a handler: it runs on Google's image of Node.js, without a build. */
interface PoolOfHandler extends PoolOptions, Omit<CodeOfHandler, "transports"> {
  readonly contract: AnyContract;
  /** `["workflowCallbacks"]`: workflows that wait for one of its messages are told. @default none */
  readonly transports?: readonly UncalledTransport[];
}

/** A pool whose image somebody else builds. */
interface PoolOfImage extends PoolOptions, Omit<CodeOfImage, "transports"> {}

export type CloudRunWorkerPoolProps = PoolOfHandler | PoolOfImage;

const POOL: UncalledKind = {
  handler: "worker",
  caller: "pubsub",
  kind: "worker pool",
  collection: "workerPools",
  template: "template[0]",
};

/**
 * Instances that pull: nobody calls them, so that no request deadline ends their work, and their CPU is theirs all the
 * time. For messages that take longer than a push can wait, and for consumers that must not be sent more than they take.
 */
export class CloudRunWorkerPool extends UncalledWorkload implements IMonitored {
  readonly resource: CloudRunV2WorkerPool;
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<keyof typeof poolMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: CloudRunWorkerPoolProps) {
    super(scope, id, props, POOL);
    const { contract, subscription, instances = 1 } = props;
    const ordered = contract?.manifest.order ?? false;
    check(
      this,
      { ...this.machine, instances, ordered, handles: contract !== undefined, ...sourceOf(subscription) },
      POOL_RULES,
    );
    this.resource = this.render(props, instances);
    this.dependables = [this.resource];

    const { projectId, region } = MillraceStack.of(this).context;
    const watched = { poolId: this.shortName, projectId, region, instances };
    this.metrics = metricsOfPool(watched);
    this.alarms = poolAlarms(watched, this.metrics);
    this.sections = [poolSection(watched, this.metrics)];
    monitor(this, props);
  }

  /** The role that the pool needs before its first message, and where from it comes. */
  private pull(subscription: ISubscription | undefined): readonly ITerraformDependable[] {
    if (!subscription) return [];
    this.addEnvironment(ENV.subscription, subscription.name);
    const { resource } = subscription.grantConsume(this.serviceAccount);
    return [resource, ...(subscription instanceof DeadLetteredSubscription ? subscription.dependables : [])];
  }

  private render(props: CloudRunWorkerPoolProps, instances: number): CloudRunV2WorkerPool {
    const { subscription } = props;
    const lettered = subscription instanceof DeadLetteredSubscription ? subscription.deadLetterTopic : undefined;
    const { resource, template } = this.renderContainer(props, [
      ...this.pull(subscription),
      ...this.equip(props, props.deadLetterTopic ?? lettered),
    ]);
    return new CloudRunV2WorkerPool(this, "Resource", {
      ...resource,
      // All of the provider's examples say so at 6.50.0.
      launchStage: "BETA",
      // The mode is always set: the API answers it, and 6.50.0 plans to remove it again (#25927).
      scaling: { scalingMode: "MANUAL", manualInstanceCount: instances },
      template,
    });
  }
}

/** What is known of where the messages come from. */
function sourceOf(subscription: ISubscription | undefined) {
  if (!subscription) return {};
  const own = subscription instanceof DeadLetteredSubscription ? subscription.subscription : subscription;
  const { name } = subscription;
  return { subscription: own instanceof Subscription ? { name, pulls: own.pulls } : { name } };
}
