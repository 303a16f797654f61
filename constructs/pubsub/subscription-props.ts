import type { ITerraformDependable } from "cdktf";
import type { Duration } from "../../language/duration";
import type { Filter } from "../../language/filter";
import type { IPushTarget, IServiceAccount, Labels } from "../core";
import type { MonitoringProps } from "../monitoring/monitored";
import type { BigQueryProps, CloudStorageProps } from "./export";
import type { ITopic } from "./topic";
import type { MessageTransform } from "./transforms";

/** Posting messages to a target instead of waiting to be asked for them. */
export interface PushProps {
  readonly target: IPushTarget;
  /** Identity that calls the target. @default an account of its own, which may invoke this target and do nothing else */
  readonly identity?: IServiceAccount;
  /**
   * What the request's body is: the message in Pub/Sub's JSON envelope, or its data alone with the rest in headers, or
   * its data and nothing else.
   * @default "wrapped"
   */
  readonly body?: "wrapped" | "unwrapped" | "unwrapped-without-metadata";
}

/** What happens to messages that cannot be delivered. */
export interface DeadLetterProps {
  readonly topic: ITopic;
  /** Deliveries before a message goes there, 5–100. @default 10 */
  readonly maxDeliveryAttempts?: number;
}

/** What a subscription must be able to carry. Nothing is set by it: it is what limits are checked against. */
export interface PeakLoad {
  /** Messages a second. */
  readonly perSecond: number;
  /** Seconds that one message keeps the target busy. @default not checked */
  readonly secondsEach?: number;
  /** Bytes of one message. @default not checked */
  readonly bytesEach?: number;
  /** Ordering keys that the messages are spread over, evenly. @default 1 */
  readonly orderingKeys?: number;
}

export interface SubscriptionProps extends MonitoringProps {
  readonly topic: ITopic;
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** Posts messages to a target. @default messages are pulled */
  readonly push?: PushProps;
  /** Writes messages to a table. @default messages are pulled */
  readonly bigQuery?: BigQueryProps;
  /** Writes messages to files. @default messages are pulled */
  readonly cloudStorage?: CloudStorageProps;
  /** Messages that do not match are acknowledged unseen. At most 256 bytes; a change replaces the subscription. @default all messages */
  readonly filter?: Filter | string;
  /** JavaScript that changes messages before they are delivered. @default none */
  readonly transforms?: readonly MessageTransform[];
  /** Messages of equal ordering key one after another; a change replaces the subscription. @default false */
  readonly ordering?: boolean;
  /** No redelivery of an acknowledged message; pull only, within one region. @default false */
  readonly exactlyOnce?: boolean;
  /**
   * Time to acknowledge a message, to answer a push and to finish a file: 10s–600s, whole seconds.
   * @default "10s"; with `cloudStorage` its `maxDuration`
   */
  readonly ackDeadline?: Duration;
  /** Pauses before redeliveries, 0–600 s each; `"immediate"` for none. @default from 10s to 600s */
  readonly retry?: { readonly minBackoff?: Duration; readonly maxBackoff?: Duration } | "immediate";
  /** `false`: on purpose none, a message is tried until its retention ends. @default none, with a warning */
  readonly deadLetter?: DeadLetterProps | false;
  /** How long messages wait to be acknowledged, 10m–31d. @default "7d" */
  readonly retention?: Duration;
  /** Whether acknowledged messages are kept for the retention, so that it can be replayed. @default false */
  readonly retainAcknowledged?: boolean;
  /** Idle time after which Google deletes the subscription, at least 1d. @default "never" (Google's own is 31 days) */
  readonly expiration?: Duration | "never";
  /** The load that target and ordering keys must carry. @default nothing is checked */
  readonly peak?: PeakLoad;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
  /** What must exist before the first message is delivered. @default what push and dead-lettering need */
  readonly dependsOn?: readonly ITerraformDependable[];
}
