import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Caller } from "../../contract/callers";
import { ENV } from "../../contract/environment";
import type { Duration } from "../../language/duration";
import { type IServiceAccount, type IWorkload, MillraceStack } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import { defaultStore, needsStore } from "../firestore/default";
import type { Alarm } from "../monitoring/alarm";
import { monitor } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { redrivenHandler } from "../pubsub/alarms";
import { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import { parkedAlarms } from "../pubsub/parked-alarms";
import { RedriveJob } from "../run/redrive-job";
import { type ConsumerCode, deploy, deployedEntry, type DeployProps } from "./deploy";
import { equip } from "./equip";
import { type Redriven, redriveOf } from "./redrive";

/** Surroundings of a handler that no subscription calls. */
export interface CalledHandlerOptions extends DeployProps {
  /** Database of records and effects. @default the stack's `(default)` database, if the contract needs one */
  readonly store?: IFirestoreDatabase;
  /** How long parked events are kept, 10m–31d. @default "31d" */
  readonly deadLetterRetention?: Duration;
  /**
   * A Cloud Run job that gives the handler its dead letters again when somebody runs it, with the handler's code and
   * identity: `true`, or what it is told. @default none
   */
  readonly redrive?: Redriven;
}

export type CalledHandlerProps = CalledHandlerOptions & ConsumerCode;

/** How its caller calls it. */
export interface Calls {
  readonly from: Caller;
  /** The only identity that may. */
  readonly by: IServiceAccount;
  /** Attempts that the caller makes of one event, the last of which parks it; undefined for no limit. */
  readonly attempts?: number;
}

/**
 * A handler that Cloud Tasks or Cloud Scheduler call. Neither has dead letters: what their last attempt does not settle
 * is gone. So the handler parks, in a topic of its own that keeps it.
 */
export class CalledHandler extends Construct {
  readonly workload: IWorkload;
  readonly deadLetterTopic: DeadLetterTopic;
  /** Gives parked events to the handler again; undefined when none was asked for. */
  readonly redrive?: RedriveJob;
  /** What must exist before the first call. */
  readonly dependables: readonly ITerraformDependable[];
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[] = [];

  constructor(scope: Construct, id: string, props: CalledHandlerProps) {
    super(scope, id);
    const { contract, store, deadLetterRetention, redrive, ...rest } = props;
    const { name } = contract.manifest;
    this.workload = deploy(this, rest, { ...rest, contract });
    this.deadLetterTopic = new DeadLetterTopic(this, "DeadLetter", {
      name: `${name}-dead-letter`,
      retention: deadLetterRetention,
    });
    const database = needsStore(contract) ? (store ?? defaultStore(this)) : undefined;
    this.dependables = [
      ...this.workload.dependables,
      ...equip(this.workload, { deadLetterTopic: this.deadLetterTopic, store: database }),
      ...this.deadLetterTopic.dependables,
    ];
    const redriven = redriveOf(this, redrive, {
      ...rest,
      contract,
      entry: deployedEntry(rest),
      serviceAccount: this.workload.serviceAccount,
      store: database,
    });
    if (redriven)
      this.redrive = new RedriveJob(this, "Redrive", { ...redriven, deadLetterTopic: this.deadLetterTopic });
    const { context, node } = MillraceStack.of(this);
    const back = { handler: redrivenHandler(contract), stack: node.id };
    this.alarms = parkedAlarms({ title: name, projectId: context.projectId, topic: this.deadLetterTopic, ...back });
    monitor(this, props);
  }

  /** Tells the handler who calls and how often. */
  expect({ by, from, attempts }: Calls): void {
    if (this.workload.admit) this.workload.admit(by, from);
    else this.workload.addEnvironment(ENV.callers, by.email);
    if (attempts !== undefined) this.workload.addEnvironment(ENV.maxDeliveryAttempts, String(attempts));
  }
}
