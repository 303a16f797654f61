import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import {
  acknowledge,
  type Acknowledgement,
  addIssue,
  check,
  type Grant,
  type IGrantee,
  MillraceStack,
  type Rule,
} from "../core";
import { kebab, pathInStack } from "../core/names";
import type { IFirestoreDatabase } from "../firestore/database";
import { defaultStore, needsStore } from "../firestore/default";
import type { Alarm } from "../monitoring/alarm";
import type { INotificationChannel } from "../monitoring/notification-channel";
import { type ITopic, Topic } from "../pubsub/topic";
import type { BoundConsumer, IPipelineConsumer, PipelineSurroundings } from "./bind";
import { Consumer, type ConsumerProps } from "./consumer";
import { Sink, type SinkProps } from "./sink";
import { bindSource, type PipelineSource, type SourceTarget, transportsOf } from "./source";

export interface EventDrivenPipelineProps {
  /** Where the events come from. @default a topic of its own */
  readonly topic?: ITopic;
  /** What publishes to the topic: a bucket, calls in the audit log, documents, the clock, another pipeline. @default nothing */
  readonly source?: PipelineSource;
  /** Several of them, each by a name that its resources are called by. @default none */
  readonly sources?: Readonly<Record<string, PipelineSource>>;
  /**
   * Handlers, tables, buckets and whatever binds itself, each with a subscription of its own: every one sees every event
   * that passes its filter.
   */
  readonly consumers: readonly PipelineConsumer[];
  /** Who may publish to the topic. @default nobody new */
  readonly publishers?: readonly IGrantee[];
  /** Database of idempotency records and effects. @default the stack's `(default)` database, made if a contract needs it */
  readonly store?: IFirestoreDatabase;
  /** Who is told when something goes wrong. @default nobody, with a warning where the stack is protected */
  readonly notify?: readonly INotificationChannel[];
  /** `false` makes no alert policies. @default they are made */
  readonly alarms?: boolean;
  /** Warnings accepted for this pipeline. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** One consumer of a pipeline. */
export type PipelineConsumer = ConsumerProps | SinkProps | IPipelineConsumer;

/** Events from a topic to handlers, each delivery accounted for: handled once, retried, or kept as a dead letter. */
export class EventDrivenPipeline extends Construct {
  readonly topic: ITopic;
  /** By the name of the contract. */
  readonly consumers: Readonly<Record<string, Consumer>>;
  /** Tables and buckets that get the events, by their name. */
  readonly sinks: Readonly<Record<string, Sink>>;
  /** Everything that gets the events, handlers and sinks included, by its name. */
  readonly bound: Readonly<Record<string, BoundConsumer>>;
  /** The alarms as data, made or not. */
  readonly alarms: readonly Alarm[];
  private database?: IFirestoreDatabase;

  constructor(scope: Construct, id: string, props: EventDrivenPipelineProps) {
    super(scope, id);
    for (const accepted of props.acknowledge ?? []) acknowledge(this, accepted);
    check(this, { props, deletionProtection: MillraceStack.of(this).context.deletionProtection }, RULES);
    const { notify = [], alarms = true } = props;
    const sources = [
      ...(props.source ? [["Source", props.source] as const] : []),
      ...Object.entries(props.sources ?? {}),
    ];
    this.topic = props.topic ?? new Topic(this, "Topic");
    const store = () => (this.database ??= props.store ?? defaultStore(this));
    const transports = [...new Set(sources.flatMap(([, source]) => transportsOf(source)))];
    const surroundings: PipelineSurroundings = { topic: this.topic, notify, alarms, transports, store };
    // Before the consumers, so that one is not made in the middle of another.
    if (props.consumers.some((one) => "runOn" in one && needsStore(one.contract))) store();

    const consumers: Record<string, Consumer> = {};
    const sinks: Record<string, Sink> = {};
    const bound: Record<string, BoundConsumer> = {};
    for (const consumer of props.consumers) {
      const name = nameOf(consumer);
      if (Object.hasOwn(bound, name)) {
        addIssue(this, "MR1502", { problem: `two consumers are called "${name}"`, got: name });
        continue;
      }
      if ("bind" in consumer) bound[name] = consumer.bind(this, name, surroundings);
      else if ("writeTo" in consumer) bound[name] = sinks[name] = new Sink(this, name, consumer, surroundings);
      else bound[name] = consumers[name] = new Consumer(this, name, consumer, surroundings);
    }
    this.consumers = consumers;
    this.sinks = sinks;
    this.bound = bound;
    this.alarms = Object.values(bound).flatMap((one) => one.alarms);
    const into: SourceTarget = { topic: this.topic, dependsOn: this.dependables, store };
    for (const [name, source] of sources) bindSource(this, name, source, kebab([...pathInStack(this), name]), into);
    for (const publisher of props.publishers ?? []) this.grantPublish(publisher);
  }

  /**
   * Lets the grantee publish. The grant waits until every consumer can receive and dead-letter, so that no event is
   * published into a pipeline that is half made.
   */
  grantPublish(grantee: IGrantee): Grant {
    return this.topic.grantPublish(grantee, { dependsOn: this.dependables });
  }

  /** What must exist before the first event: every way it takes. */
  get dependables(): readonly ITerraformDependable[] {
    return Object.values(this.bound).flatMap(({ dependables }) => dependables);
  }

  /** Database of records and effects; undefined when no consumer keeps anything. */
  get store(): IFirestoreDatabase | undefined {
    return this.database;
  }
}

const nameOf = (consumer: PipelineConsumer): string =>
  "bind" in consumer || "writeTo" in consumer ? consumer.name : consumer.contract.manifest.name;

interface Checked {
  readonly props: EventDrivenPipelineProps;
  readonly deletionProtection: boolean;
}

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1501",
    fault: ({ props }) => props.consumers.length === 0 && { problem: "nobody consumes the events, so they are lost" },
  },
  {
    code: "MR1702",
    severity: "warning",
    fault: ({ props, deletionProtection }) =>
      deletionProtection &&
      (props.alarms ?? true) &&
      (props.notify ?? []).length === 0 && { problem: "its alarms tell nobody: dead letters would go unnoticed" },
  },
];
