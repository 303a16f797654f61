import type { Encryption, IServiceAccount, Labels } from "../core";
import type { MonitoringProps } from "../monitoring/monitored";
import type { IBucket } from "../storage/bucket";
import type { TemplateUse } from "./template";

/** The machines that a job runs on. */
export interface DataflowWorkers {
  /** Machine type, for example `n1-standard-2`; machines with a shared core cannot be used. @default Google's choice */
  readonly machineType?: string;
  /** Workers to begin with; Flex templates only. @default Google's choice */
  readonly initial?: number;
  /** Most workers at a time, 1–1000: what bounds the bill. @default 3 */
  readonly max?: number;
  /** Keeps state and shuffles in Google's backend rather than on the workers' disks. Streaming only. @default true */
  readonly streamingEngine?: boolean;
}

/** Where workers have their addresses. */
export interface DataflowNetwork {
  /** Network, by name or full name. @default the subnetwork's, or else `default` */
  readonly network?: string;
  /** `regions/{region}/subnetworks/{subnetwork}`, or a full URL, which a shared VPC wants. @default the network's of the region's name */
  readonly subnetwork?: string;
  /** Addresses that the internet reaches. Without them the subnetwork needs Private Google Access. @default false */
  readonly publicAddresses?: boolean;
}

/**
 * How a changed job takes over from the one that runs.
 *
 * - `in-place`: Google replaces the job and keeps its state and what is in flight. Only changes that it can take are let
 *   through: another template, other parameters, region or number of workers are refused when Terraform plans.
 * - `drain-and-replace`: the old job finishes what it has read, then the new one starts. Messages wait meanwhile.
 * - `parallel`: the new job starts beside the old one, which is drained then. Both read the same subscription for a
 *   while, each message in one of them; windows may be closed twice, each time with a part.
 */
export type UpdateStrategy = "in-place" | "drain-and-replace" | "parallel";

export interface DataflowJobProps extends MonitoringProps {
  /** Name, after the stack's prefix; `parallel` adds a hash of what the job is. @default from the construct's path */
  readonly name?: string;
  /** What runs: `googleTemplate(…)` or `customTemplate(…)`. */
  readonly template: TemplateUse;
  readonly workers?: DataflowWorkers;
  /** @default the default network, without public addresses */
  readonly network?: DataflowNetwork;
  /** Identity of the workers. @default an account of its own */
  readonly serviceAccount?: IServiceAccount;
  /** Bucket of temporary and staged files. @default one of its own */
  readonly temporaryFiles?: IBucket;
  /** How a changed job takes over; a batch job is always made anew. @default "in-place" */
  readonly updateStrategy?: UpdateStrategy;
  /**
   * Names of steps in the running job and their new names, where a template's steps were renamed: the job's graph may
   * change in place then. Take it out again once it is applied. @default none
   */
  readonly renamedSteps?: Readonly<Record<string, string>>;
  /**
   * What becomes of a running job that is destroyed or replaced: `drain` lets it finish what it has read, `cancel`
   * throws that away. @default "drain"; batch jobs can only be cancelled
   */
  readonly onDelete?: "drain" | "cancel";
  /** A key of one's own; Dataflow and its machines are let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}
