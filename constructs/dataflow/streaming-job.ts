import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import type { Filter } from "../../language/filter";
import type { IBigQueryDataset } from "../bigquery/dataset";
import { BigQueryTable, type IBigQueryTable } from "../bigquery/table";
import { acknowledge, check, kebab, type Rule } from "../core";
import { pathInStack } from "../core/names";
import type { Alarm } from "../monitoring/alarm";
import type { IPipelineConsumer } from "../pipeline/bind";
import { DeadLetteredSubscription } from "../pubsub/dead-lettered-subscription";
import { type ISubscription, Subscription } from "../pubsub/subscription";
import type { ITopic } from "../pubsub/topic";
import { failedRowColumns } from "./failed-rows";
import { DataflowJob } from "./job";
import type { DataflowJobProps } from "./job-props";
import type { TemplateUse } from "./template";

/** What a streaming job offers its template. */
export interface StreamingInput {
  /** The job's own subscription. */
  readonly subscription: ISubscription;
  /** A table for the messages that the template cannot write, with the columns it wants, a partition per day. */
  readonly failedRows: (dataset: IBigQueryDataset) => IBigQueryTable;
}

export interface DataflowStreamingJobProps extends Omit<DataflowJobProps, "template"> {
  /** Where the events come from. */
  readonly topic: ITopic;
  /** What runs, given the subscription it reads: `({ subscription }) => googleTemplate(…)`. */
  readonly template: (input: StreamingInput) => TemplateUse;
  /** Which messages the job sees; others are acknowledged unseen. @default all */
  readonly filter?: Filter | string;
  /** How long messages wait for a job that stands still, 10m–31d. @default "7d" */
  readonly retention?: Duration;
  /**
   * Lets Pub/Sub take a message away that the job has not acknowledged after so many deliveries, 5–100. Dataflow gives
   * healthy messages back when workers come and go, so that they would be counted too; what a template cannot write
   * belongs into its own table or topic. @default never, as Google advises
   */
  readonly maxDeliveryAttempts?: number;
}

/** A Dataflow job that reads a topic: its subscription, identity, files and alarms, and an update that loses nothing. */
export class DataflowStreamingJob extends Construct {
  readonly job: DataflowJob;
  readonly subscription: ISubscription;
  /** Undefined when the template did not ask for one. */
  readonly failedRows?: IBigQueryTable;
  /** What must exist before the first event. */
  readonly dependables: readonly ITerraformDependable[];
  /** Those of the job and of its subscription, as data, made or not. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: DataflowStreamingJobProps) {
    super(scope, id);
    const { topic, filter, retention, maxDeliveryAttempts, template, ...job } = props;
    const { notify, alarms, dashboard } = props;
    const name = props.name ?? kebab(pathInStack(this));
    check(this, props, RULES);
    const common = { topic, filter, retention, name, notify, alarms, dashboard };
    const input =
      maxDeliveryAttempts === undefined
        ? new Subscription(this, "Subscription", { ...common, deadLetter: false, retry: "immediate" })
        : new DeadLetteredSubscription(this, "Subscription", { ...common, maxDeliveryAttempts });
    if (input instanceof Subscription)
      acknowledge(input, { code: "MR1127", reason: "Dataflow retries inside the job and paces itself" });
    let failedRows: BigQueryTable | undefined;
    const use = template({
      subscription: input,
      failedRows: (dataset) => (failedRows ??= failedRowsTable(this, name, dataset)),
    });
    check(this, use, USE_RULES);
    this.subscription = input;
    if (failedRows) this.failedRows = failedRows;
    this.job = new DataflowJob(this, "Job", { ...job, name, template: use });
    this.dependables = [...this.job.dependables, ...input.dependables];
    this.alarms = [...this.job.alarms, ...input.alarms];
  }
}

const failedRowsTable = (scope: Construct, name: string, dataset: IBigQueryDataset) =>
  new BigQueryTable(scope, "FailedRows", {
    dataset,
    name: `${name.replaceAll("-", "_")}_failed`,
    columns: failedRowColumns(),
    partition: { by: "timestamp", unit: "day" },
  });

/** A streaming job as a consumer of a pipeline. */
export const streamingJob = (
  props: Omit<DataflowStreamingJobProps, "topic" | "notify" | "alarms" | "name"> & {
    /** Names everything of the job, after the stack's prefix; unlike the name of any other consumer. */
    readonly name: string;
  },
): IPipelineConsumer => ({
  name: props.name,
  bind: (scope, id, { topic, notify, alarms }) =>
    new DataflowStreamingJob(scope, id, { ...props, topic, notify, alarms }),
});

const RULES: readonly Rule<DataflowStreamingJobProps>[] = [
  {
    code: "MR1770",
    severity: "warning",
    fault: ({ maxDeliveryAttempts }) =>
      maxDeliveryAttempts !== undefined && {
        problem: `Dataflow may give a healthy message back ${maxDeliveryAttempts} times, which is then taken for one that cannot be handled`,
        got: String(maxDeliveryAttempts),
      },
  },
];

const USE_RULES: readonly Rule<TemplateUse>[] = [
  {
    code: "MR1771",
    fault: ({ mode, title }) => mode === "batch" && { problem: `${title} ends when its input does`, got: mode },
  },
];
