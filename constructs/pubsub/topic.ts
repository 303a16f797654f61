import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  type Encryption,
  type Grant,
  grant,
  grantEncryption,
  type GrantOptions,
  type GrantTarget,
  type IGrantee,
  isKnown,
  type Labels,
  MillraceStack,
  physicalName,
  PUBSUB_LIMITS,
  type Rule,
} from "../core";
import { checkLabels } from "../core/labels";
import { PubsubTopic, PubsubTopicIamMember } from "../l1/pubsub";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { PUBSUB_GRANTS } from "./grants";
import { metricsFor, topicMetrics } from "./metrics";
import { projectOf, pubsubName } from "./names";
import type { ISchema } from "./schema";
import { topicSection } from "./sections";
import { checkTransforms, type MessageTransform, renderTransforms } from "./transforms";

export interface TopicProps extends Pick<MonitoringProps, "dashboard"> {
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** How long the topic itself keeps messages, for subscriptions made later: 10m–31d. @default not at all */
  readonly retention?: Duration;
  /** Regions in which messages may rest. @default the organization's policy */
  readonly storageRegions?: readonly string[];
  /** Refuses to publish, and to deliver, outside those regions. @default false: messages rest there and may pass elsewhere */
  readonly enforceStorageRegions?: boolean;
  /** What messages must follow; what does not is refused. @default anything */
  readonly schema?: {
    readonly schema: ISchema;
    /** How messages are written; Protobuf and Avro have both forms. @default "json" */
    readonly encoding?: "json" | "binary";
  };
  /** JavaScript that changes messages before any subscription sees them. @default none */
  readonly transforms?: readonly MessageTransform[];
  /** A key of one's own; Pub/Sub is let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A topic, made here or elsewhere. */
export interface ITopic {
  /** `projects/{project}/topics/{topic}`, readable at synth. */
  readonly name: string;
  /** The same as a reference: Terraform makes the topic first. */
  readonly reference: string;
  /** The key its messages are encrypted with; undefined for Google's, or when that is not known. */
  readonly encryption?: Encryption;
  /** Lets the grantee publish to this topic, and to no other. */
  grantPublish(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** A topic of the stack's project. */
export class Topic extends Construct implements ITopic, IMonitored {
  /** A topic made elsewhere. @param name `projects/{project}/topics/{topic}` */
  static fromExisting(scope: Construct, id: string, name: string): ITopic {
    return new ExistingTopic(scope, id, name);
  }

  readonly resource: PubsubTopic;
  readonly name: string;
  readonly reference: string;
  /** Names of the subscriptions made here. */
  readonly subscriptions = new Set<string>();
  readonly schema?: ISchema;
  readonly encryption?: Encryption;
  readonly metrics: Readonly<Record<keyof typeof topicMetrics, Metric>>;
  /** None: how much should be published, nobody but its owner knows. */
  readonly alarms: readonly Alarm[] = [];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: TopicProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const project = stack.context.projectId;
    const name = physicalName(this, pubsubName("topic"), props.name);
    const retentionMs = props.retention === undefined ? undefined : durationOf(this, "retention", props.retention);
    const { storageRegions, enforceStorageRegions: enforced, schema, encryption } = props;
    check(this, { retentionMs, storageRegions, enforced }, RULES);
    checkTransforms(this, props.transforms);
    checkLabels(this, props.labels ?? {});
    this.schema = schema?.schema;
    this.encryption = encryption;
    const key = encryption && grantEncryption(this, encryption, "pubsub");

    this.resource = new PubsubTopic(this, "Resource", {
      project,
      name,
      messageRetentionDuration: retentionMs === undefined ? undefined : toGoogleDuration(retentionMs),
      messageStoragePolicy: storageRegions && {
        allowedPersistenceRegions: [...storageRegions],
        enforceInTransit: enforced,
      },
      schemaSettings: schema && {
        schema: schema.schema.reference,
        encoding: schema.encoding === "binary" ? "BINARY" : "JSON",
      },
      messageTransforms: renderTransforms(props.transforms),
      kmsKeyName: encryption?.kmsKeyName,
      labels: props.labels && { ...props.labels },
      dependsOn: [enableApi(this, "pubsub.googleapis.com"), ...(key ? [key.resource] : [])],
      ...stack.protection,
    });
    this.name = `projects/${project}/topics/${name}`;
    this.reference = this.resource.id;
    this.metrics = metricsFor(topicMetrics, name);
    this.sections = [topicSection(name, name)];
    monitor(this, props);
  }

  grantPublish(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.resource.name), grantee, PUBSUB_GRANTS.publish, options);
  }
}

class ExistingTopic extends Construct implements ITopic {
  readonly reference: string;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    this.reference = name;
    if (isKnown(name) && !TOPIC_NAME.test(name))
      addIssue(this, "MR1103", { problem: `"${name}" is not the full name of a topic`, got: name });
  }

  grantPublish(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.name), grantee, PUBSUB_GRANTS.publish, options);
  }
}

const TOPIC_NAME = /^projects\/[^/]+\/topics\/[^/]+$/;

const targetOf = (construct: Construct & ITopic, topic: string): GrantTarget => ({
  scope: construct,
  name: construct.name,
  level: "resource",
  attach: (scope, id, config) =>
    new PubsubTopicIamMember(scope, id, { ...config, topic, project: projectOf(construct.name) }),
});

interface Resolved {
  readonly retentionMs?: number;
  readonly storageRegions?: readonly string[];
  readonly enforced?: boolean;
}

const { min, max } = PUBSUB_LIMITS.retentionMs;

const RULES: readonly Rule<Resolved>[] = [
  {
    code: "MR1101",
    fault: ({ retentionMs }) =>
      retentionMs !== undefined &&
      (retentionMs < min || retentionMs > max) && {
        problem: `the topic would keep messages for ${retentionMs / 1000} s; Pub/Sub keeps them for 600 s to 31 days`,
        got: `${retentionMs / 1000}s`,
        want: "10m–31d",
      },
  },
  {
    code: "MR1102",
    fault: ({ storageRegions }) =>
      storageRegions?.length === 0 && { problem: "the list of storage regions is empty, which Pub/Sub refuses" },
  },
  {
    code: "MR1104",
    fault: ({ storageRegions, enforced }) =>
      enforced === true &&
      storageRegions === undefined && { problem: "storage regions are enforced, but none is named" },
  },
];
