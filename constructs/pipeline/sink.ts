import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import type { Filter } from "../../language/filter";
import type { IBigQueryTable } from "../bigquery/table";
import { acknowledge, type Acknowledgement } from "../core";
import type { Alarm } from "../monitoring/alarm";
import { archiving } from "../pubsub/archive";
import { DeadLetteredSubscription } from "../pubsub/dead-lettered-subscription";
import type { BigQueryProps, CloudStorageProps } from "../pubsub/export";
import type { MessageTransform } from "../pubsub/transforms";
import type { IBucket } from "../storage/bucket";
import type { BoundConsumer, PipelineSurroundings } from "./bind";

interface SinkOptions {
  /** Names everything of the sink, after the stack's prefix; unlike the name of any other consumer. */
  readonly name: string;
  /** Which messages are kept. @default all */
  readonly filter?: Filter | string;
  /** JavaScript that changes messages before they are written. @default none */
  readonly transforms?: readonly MessageTransform[];
  /** How long messages wait to be written, 10m–31d. @default "7d" */
  readonly retention?: Duration;
  /** How long dead letters are kept, 10m–31d. @default "31d" */
  readonly deadLetterRetention?: Duration;
  /** Warnings accepted for this sink. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** Rows with data and metadata. */
interface ToBigQuery extends SinkOptions, Omit<BigQueryProps, "table"> {
  readonly writeTo: "bigquery";
  /** @default one of its own, a partition per day */
  readonly table?: IBigQueryTable;
}

/** Avro files with data and metadata. */
interface ToCloudStorage extends SinkOptions, Omit<CloudStorageProps, "bucket"> {
  readonly writeTo: "cloud-storage";
  /** @default one of its own */
  readonly bucket?: IBucket;
}

/** Where messages are written by Pub/Sub itself, without a handler. */
export type SinkProps = ToBigQuery | ToCloudStorage;

/** A table or a bucket that gets the messages of a pipeline, from its subscription to its dead letters. */
export class Sink extends Construct implements BoundConsumer {
  readonly subscription: DeadLetteredSubscription;
  /** What must exist before the first message: a publisher that must lose nothing depends on it. */
  readonly dependables: readonly ITerraformDependable[];
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: SinkProps, surroundings: PipelineSurroundings) {
    super(scope, id);
    for (const accepted of props.acknowledge ?? []) acknowledge(this, accepted);
    const { name, filter, transforms, retention, deadLetterRetention } = props;
    const { topic, notify, alarms } = surroundings;
    this.subscription = new DeadLetteredSubscription(this, "Subscription", {
      topic,
      notify,
      alarms,
      name,
      filter,
      transforms,
      retention,
      deadLetterRetention,
      ...this.target(props),
    });
    this.dependables = this.subscription.dependables;
    this.alarms = this.subscription.alarms;
  }

  private target(props: SinkProps) {
    const { name } = props;
    if (props.writeTo === "bigquery") {
      const { table, columnsFrom, dropUnknownFields, writeMetadata = true, identity } = props;
      const { bigQuery } = archiving(this, name, { to: "bigquery", table });
      return { bigQuery: { ...bigQuery!, columnsFrom, dropUnknownFields, writeMetadata, identity } };
    }
    const { bucket, avro, filenamePrefix, filenameSuffix, filenameDatetimeFormat, identity } = props;
    const { maxDuration, maxBytes, maxMessages } = props;
    const { cloudStorage } = archiving(this, name, { to: "cloud-storage", bucket });
    return {
      cloudStorage: {
        ...cloudStorage!,
        ...(avro && { avro }),
        filenamePrefix,
        filenameSuffix,
        filenameDatetimeFormat,
        maxDuration,
        maxBytes,
        maxMessages,
        identity,
      },
    };
  }
}
