import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import { type Duration, milliseconds } from "../../language/duration";
import {
  type AnyContract,
  check,
  durationOf,
  type Grant,
  grant,
  type GrantKind,
  type GrantTarget,
  type IGrantee,
  isKnown,
  MillraceStack,
} from "../core";
import { locatedTarget } from "../core/grants";
import { checkFullName } from "../core/names";
import { CloudRunV2Job, CloudRunV2JobIamMember } from "../l1/run-jobs";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { redrivenHandler } from "../pubsub/alarms";
import { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import { parkedAlarms } from "../pubsub/parked-alarms";
import type { CodeOfHandler, CodeOfImage } from "./code";
import { metricsOfJob, runJobAlarms, type runJobMetrics, runJobSection } from "./job-monitoring";
import { type ResolvedRunJob, RUN_JOB_RULES } from "./job-rules";
import { type UncalledKind, type UncalledProps, UncalledWorkload } from "./uncalled";
import { nameOf } from "./workload";

export interface RunJobOptions extends UncalledProps, MonitoringProps {
  /** Tasks of one execution, 1–10000; a handler's items are shared out among them. @default 1 */
  readonly tasks?: number;
  /** Tasks at a time; protects what is downstream. @default 10, at most the number of tasks */
  readonly parallelism?: number;
  /** Attempts of a task after the first, 0–10; a handler's task goes on where the last attempt has come to. @default 3 */
  readonly retries?: number;
  /** Longest attempt of a task, up to 7d. @default "10m", or as long as one item of the contract may take */
  readonly timeout?: Duration;
  /** Where the handler parks items that no retry will mend. @default a topic of its own */
  readonly deadLetterTopic?: DeadLetterTopic;
}

/** Everything of a job, whatever its code is. */
export type RunJobProps = RunJobOptions & ((CodeOfHandler & { readonly contract: AnyContract }) | CodeOfImage);

/** A Cloud Run job, made here or elsewhere. */
export interface ICloudRunJob {
  /** `projects/{project}/locations/{region}/jobs/{job}`, readable at synth. */
  readonly name: string;
  /** What must exist before its first execution. */
  readonly dependables: readonly ITerraformDependable[];
  /**
   * Lets the grantee run the job.
   * @param options.overrides also with other tasks, arguments or variables than the job's own
   */
  grantRun(grantee: IGrantee, options?: { readonly overrides?: boolean; readonly reason?: string }): Grant;
  /** Lets the grantee see executions of the job, which a caller that waits for one needs. */
  grantWatch(grantee: IGrantee): Grant;
}

/** https://cloud.google.com/run/docs/reference/iam/roles */
const KINDS = {
  run: { role: "roles/run.invoker", on: "job", reason: "runs the job" },
  override: { role: "roles/run.jobsExecutorWithOverrides", on: "job", reason: "runs the job with overrides" },
  watch: { role: "roles/run.viewer", on: "job", reason: "waits for executions to end" },
} as const satisfies Record<string, GrantKind>;

const DEFAULTS = { tasks: 1, parallelism: 10, retries: 3, timeout: "10m" } as const;

/** What every job of Cloud Run is: tasks that run to their end, several at a time, each again when it fails. */
export abstract class RunJob extends UncalledWorkload implements ICloudRunJob, IMonitored {
  readonly resource: CloudRunV2Job;
  /** Longest attempt of a task, seconds; `NaN` when it cannot be read. */
  readonly taskTimeoutSeconds: number;
  /** Longest execution, when every task uses up every attempt, milliseconds. */
  readonly longestExecutionMs: number;
  readonly dependables: readonly ITerraformDependable[];
  /** Where the handler parks; undefined without a contract. */
  readonly deadLetterTopic?: DeadLetterTopic;
  readonly metrics: Readonly<Record<keyof typeof runJobMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: RunJobProps, uncalled: UncalledKind) {
    super(scope, id, props, uncalled);
    const { context, node } = MillraceStack.of(this);
    const { projectId, region } = context;
    const job = this.resolve(props);
    check(this, job, RUN_JOB_RULES);
    this.taskTimeoutSeconds = job.timeoutMs / 1_000;
    this.longestExecutionMs = Math.ceil(job.tasks / job.parallelism) * (job.retries + 1) * job.timeoutMs;
    if (props.contract)
      this.deadLetterTopic =
        props.deadLetterTopic ?? new DeadLetterTopic(this, "DeadLetter", { name: `${nameOf(props)}-dead-letter` });
    this.resource = this.render(props, job);
    this.dependables = [this.resource];

    const watched = { jobId: this.shortName, projectId, region };
    this.metrics = metricsOfJob(watched);
    const parks = props.deadLetterTopic ? undefined : this.deadLetterTopic;
    const back = { handler: redrivenHandler(props.contract), stack: node.id };
    this.alarms = [
      ...runJobAlarms(watched, this.metrics),
      ...(parks ? parkedAlarms({ title: this.shortName, projectId, topic: parks, ...back }) : []),
    ];
    this.sections = [runJobSection(watched, this.metrics)];
    monitor(this, props);
  }

  grantRun(
    grantee: IGrantee,
    { overrides = false, reason }: { readonly overrides?: boolean; readonly reason?: string } = {},
  ): Grant {
    return grantOn(targetOf(this, this.name, this.resource.name), grantee, overrides ? "override" : "run", reason);
  }

  grantWatch(grantee: IGrantee): Grant {
    return grantOn(targetOf(this, this.name, this.resource.name), grantee, "watch");
  }

  private resolve(props: RunJobProps): ResolvedRunJob {
    const { tasks = DEFAULTS.tasks, contract } = props;
    const itemMs = contract?.manifest.timeLimitMs;
    const timeoutMs =
      props.timeout === undefined
        ? Math.max(milliseconds(DEFAULTS.timeout), itemMs === undefined ? 0 : itemMs + DEADLINE_MARGIN_MS)
        : durationOf(this, "timeout", props.timeout);
    return {
      tasks,
      parallelism: props.parallelism ?? (isKnown(tasks) ? Math.min(DEFAULTS.parallelism, tasks) : DEFAULTS.parallelism),
      retries: props.retries ?? DEFAULTS.retries,
      timeoutMs,
      ...this.machine,
      ...(itemMs !== undefined && { itemMs }),
    };
  }

  private render(props: RunJobProps, job: ResolvedRunJob): CloudRunV2Job {
    const { resource, template } = this.renderContainer(props, this.equip(props, this.deadLetterTopic));
    return new CloudRunV2Job(this, "Resource", {
      ...resource,
      template: {
        taskCount: job.tasks,
        parallelism: job.parallelism,
        template: {
          ...template,
          executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
          timeout: `${job.timeoutMs / 1_000}s`,
          maxRetries: job.retries,
        },
      },
    });
  }
}

export class ExistingJob extends Construct implements ICloudRunJob {
  readonly dependables: readonly ITerraformDependable[] = [];

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    checkFullName(this, "MR1365", "job", "projects/{project}/locations/{location}/jobs/{job}", name);
  }

  grantRun(
    grantee: IGrantee,
    { overrides = false, reason }: { readonly overrides?: boolean; readonly reason?: string } = {},
  ): Grant {
    return grantOn(
      targetOf(this, this.name, this.name.split("/").at(-1)!),
      grantee,
      overrides ? "override" : "run",
      reason,
    );
  }

  grantWatch(grantee: IGrantee): Grant {
    return grantOn(targetOf(this, this.name, this.name.split("/").at(-1)!), grantee, "watch");
  }
}

const grantOn = (target: GrantTarget, grantee: IGrantee, kind: keyof typeof KINDS, reason?: string): Grant =>
  grant(target, grantee, KINDS[kind], { reason });

const targetOf = (scope: Construct, fullName: string, name: string): GrantTarget =>
  locatedTarget(scope, fullName, name, CloudRunV2JobIamMember);
