import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import { ENV } from "../../contract/environment";
import { type Duration, formatDuration, toGoogleDuration } from "../../language/duration";
import type { Filter } from "../../language/filter";
import {
  acknowledge,
  type Acknowledgement,
  type AnyContract,
  check,
  deliveryOf,
  type IWorkload,
  PUBSUB_LIMITS,
  type Rule,
} from "../core";
import { wantedDeadlineMs } from "../core/derive";
import { needsStore } from "../firestore/default";
import type { Alarm } from "../monitoring/alarm";
import { isMonitored } from "../monitoring/monitored";
import { DeadLetteredSubscription } from "../pubsub/dead-lettered-subscription";
import { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import type { PeakLoad, PushProps } from "../pubsub/subscription-props";
import type { ITopic } from "../pubsub/topic";
import type { MessageTransform } from "../pubsub/transforms";
import type { BoundConsumer, PipelineSurroundings } from "./bind";
import { type ConsumerCode, deploy, deployedEntry, type DeployProps } from "./deploy";
import { equip } from "./equip";
import { type Publications, publications } from "./publish";
import { type Redriven, redriveOf } from "./redrive";

/** How a consumer gets its events, beside what follows from its contract. */
export interface ConsumerOptions extends DeployProps {
  /** Which messages it is interested in. @default all */
  readonly filter?: Filter | string;
  /** JavaScript that changes messages before they are pushed. @default none */
  readonly transforms?: readonly MessageTransform[];
  /** Topics of the events that the contract publishes, where no pipeline takes one for its source. @default none */
  readonly publishTo?: Readonly<Record<string, ITopic>>;
  /** Form of the pushed request. @default "wrapped" */
  readonly body?: PushProps["body"];
  /** How long messages wait to be handled, 10m–31d. @default "7d" */
  readonly retention?: Duration;
  /** How long dead letters are kept, 10m–31d. @default "31d" */
  readonly deadLetterRetention?: Duration;
  /**
   * A Cloud Run job that gives the handler its dead letters again when somebody runs it, with the handler's code and
   * identity: `true`, or what it is told. @default none
   */
  readonly redrive?: Redriven;
  /** The load that it must carry. @default nothing is checked */
  readonly peak?: PeakLoad;
  /** Warnings accepted for this consumer. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** A handler and how it gets its events; deadlines, attempts, back-off and concurrency follow from the contract. */
export type ConsumerProps = ConsumerOptions & ConsumerCode;

/** One handler of a pipeline, from its subscription to its dead letters. */
export class Consumer extends Construct implements BoundConsumer {
  readonly contract: AnyContract;
  readonly workload: IWorkload;
  readonly subscription: DeadLetteredSubscription;
  readonly deadLetterTopic: DeadLetterTopic;
  /** What must exist before the first message: a publisher that must lose nothing depends on it. */
  readonly dependables: readonly ITerraformDependable[];
  readonly alarms: readonly Alarm[];
  readonly handler = this;
  /** Where it publishes to. */
  readonly publications: Publications;

  constructor(scope: Construct, id: string, props: ConsumerProps, surroundings: PipelineSurroundings) {
    super(scope, id);
    const store = needsStore(props.contract) ? surroundings.store() : undefined;
    this.contract = props.contract;
    for (const accepted of props.acknowledge ?? []) acknowledge(this, accepted);
    check(this, props.contract.manifest, CONTRACT_RULES);
    check(this, props, LOAD_RULES);
    const { manifest } = props.contract;
    const { name } = manifest;

    const { notify = surroundings.notify, alarms = surroundings.alarms, dashboard } = props;
    const monitoring = { notify, alarms, dashboard };
    const transports = props.transports ?? surroundings.transports;
    this.workload = deploy(this, props, { ...props, ...monitoring, transports });
    this.deadLetterTopic = new DeadLetterTopic(this, "DeadLetter", {
      name: `${name}-dead-letter`,
      retention: props.deadLetterRetention,
      encryption: surroundings.topic.encryption,
    });
    const delivery = deliveryOf(manifest);
    this.subscription = new DeadLetteredSubscription(this, "Subscription", {
      contract: props.contract,
      topic: surroundings.topic,
      name,
      push: { target: this.workload, body: props.body },
      filter: props.filter,
      peak: props.peak,
      transforms: props.transforms,
      ordering: delivery.ordering,
      ackDeadline: `${delivery.deadlineSeconds}s`,
      retry: { minBackoff: `${delivery.minBackoffMs}ms`, maxBackoff: `${delivery.maxBackoffMs}ms` },
      maxDeliveryAttempts: delivery.maxDeliveryAttempts,
      deadLetterTopic: this.deadLetterTopic,
      retention: props.retention,
      redrive: redriveOf(this, props.redrive, {
        ...props,
        ...monitoring,
        entry: deployedEntry(props),
        serviceAccount: this.workload.serviceAccount,
        store,
      }),
      ...monitoring,
      dependsOn: equip(this.workload, { deadLetterTopic: this.deadLetterTopic, store }),
    });
    const { workload, subscription } = this;
    this.publications = publications(this, props.contract, {
      serviceAccount: workload.serviceAccount,
      extendEnvironment(variable, value) {
        for (const host of [workload, subscription.redrive]) host?.extendEnvironment(variable, value);
      },
    });
    for (const [event, topic] of Object.entries(props.publishTo ?? {})) this.publications.to(event, topic);
    this.dependables = this.subscription.dependables;
    this.alarms = [...this.subscription.alarms, ...(isMonitored(this.workload) ? this.workload.alarms : [])];
    this.workload.addEnvironment(ENV.maxDeliveryAttempts, String(delivery.maxDeliveryAttempts));
    check(this, { rememberMs: manifest.rememberMs, keptMs: this.subscription.subscription.retentionMs }, RECORD_RULES);
  }
}

type Manifest = AnyContract["manifest"];

const LONGEST_SECONDS = PUBSUB_LIMITS.ackDeadlineSeconds.max;

const CONTRACT_RULES: readonly Rule<Manifest>[] = [
  {
    code: "MR1012",
    fault: (manifest) =>
      wantedDeadlineMs(manifest) > LONGEST_SECONDS * 1_000 && {
        problem: `handler limit ${manifest.timeLimitMs / 1_000} s, with a margin of ${DEADLINE_MARGIN_MS / 1_000} s, is longer than the ack deadline ${LONGEST_SECONDS} s; the message would be redelivered while it is still being handled`,
        got: toGoogleDuration(manifest.timeLimitMs),
        want: "≤ 595s",
      },
  },
  {
    code: "MR1503",
    severity: "warning",
    fault: ({ store }) =>
      store === "memory" && {
        problem: "the handler keeps its records in memory: they vanish with the instance and others do not see them",
      },
  },
];

const LOAD_RULES: readonly Rule<ConsumerProps>[] = [
  {
    code: "MR1505",
    severity: "warning",
    fault: ({ contract: { manifest }, maxInstances, concurrency = manifest.concurrency }) =>
      maxInstances === 1 &&
      concurrency === 1 &&
      !manifest.order && { problem: "one instance with one request at a time looks like order, and is none" },
  },
];

const RECORD_RULES: readonly Rule<{ readonly rememberMs: number; readonly keptMs: number }>[] = [
  {
    code: "MR1504",
    fault: ({ rememberMs, keptMs }) =>
      rememberMs < keptMs && {
        problem: `records are remembered for ${formatDuration(rememberMs)}, but messages come again for ${formatDuration(keptMs)}`,
        got: formatDuration(rememberMs),
        want: `≥ ${formatDuration(keptMs)}`,
      },
  },
];
