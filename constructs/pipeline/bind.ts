import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { AnyContract } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import type { Alarm } from "../monitoring/alarm";
import type { INotificationChannel } from "../monitoring/notification-channel";
import type { TransportName } from "../packaging/wrapper";
import type { ITopic } from "../pubsub/topic";
import type { Publications } from "./publish";

/** What a consumer takes from its pipeline. */
export interface PipelineSurroundings {
  /** Topic of the events. */
  readonly topic: ITopic;
  readonly notify: readonly INotificationChannel[];
  /** Whether alert policies are made. */
  readonly alarms: boolean;
  /** What a handler must understand of the sources, beside pushes. */
  readonly transports: readonly TransportName[];
  /** Database of records and effects: the pipeline's, made when it is first asked for. */
  readonly store: () => IFirestoreDatabase;
}

/** What a pipeline knows of a consumer once it is made. */
export interface BoundConsumer {
  /** The alarms as data, made or not. */
  readonly alarms: readonly Alarm[];
  /** What must exist before the first event: publishers and sources of the pipeline wait for it. */
  readonly dependables: readonly ITerraformDependable[];
  /** The handler behind it, if there is one: what it publishes can be the source of another pipeline. */
  readonly handler?: { readonly contract: AnyContract; readonly publications: Publications };
}

/**
 * A consumer that is neither a handler nor a table nor a bucket: a workflow, say, or a Dataflow job. It makes its own
 * subscription to the topic, with dead letters and alarms, and says what must exist before the first event.
 */
export interface IPipelineConsumer {
  /** Names what it makes, after the stack's prefix; unlike the name of any other consumer of the pipeline. */
  readonly name: string;
  /** @param scope the pipeline; everything is made below a construct of this id */
  bind(scope: Construct, id: string, surroundings: PipelineSurroundings): BoundConsumer;
}
