import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import {
  acknowledge,
  type Acknowledgement,
  check,
  isKnown,
  type IServiceAccount,
  type IWorkload,
  MillraceStack,
  ServiceAccount,
} from "../core";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { checkTold, type IMonitored, isMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { CalledHandler, type CalledHandlerOptions } from "../pipeline/called";
import type { ConsumerCode } from "../pipeline/deploy";
import { topicMetrics } from "../pubsub/metrics";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import { RunJob } from "../run/run-job";
import { type JobRetry, SchedulerJob, type SchedulerJobProps } from "./job";
import { SCHEDULER_LIMITS } from "./job-rules";
import { gapsOf, retriesThatFit } from "./retries";
import { type Overlap, SCHEDULED_RULES } from "./scheduled-rules";
import type { CallTarget, ScheduledTarget } from "./targets";
import { scheduledAlarms, scheduledSection } from "./watch";

/** A handler that a schedule calls: its workload is made here, private to the schedule. */
export interface HandlerTarget {
  readonly handler: Omit<CalledHandlerOptions, "transports" | "deadlineSeconds" | "notify" | "alarms" | "dashboard"> &
    ConsumerCode;
  /** What the handler is given, as JSON. @default `{}` */
  readonly input?: unknown;
}

export interface ScheduledJobProps extends Omit<SchedulerJobProps, "target" | "dependsOn" | "retry">, MonitoringProps {
  /** What runs: a handler, a service or function that exists, a Cloud Run job, a workflow, a topic. */
  readonly target: HandlerTarget | ScheduledTarget;
  /**
   * How a failed run is repeated. @default for a handler its contract's attempts and pauses, at most five retries and as
   * many as fit before the next run; otherwise none
   */
  readonly retry?: JobRetry;
  /**
   * `"forbid"`: one run never begins while another works; what cannot hold it is an error. `"allow"`: it may.
   * @default forbidden where it can be held, with a warning where a Cloud Run job may outlast the interval
   */
  readonly overlap?: Overlap;
  /** Warnings accepted for this job. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/**
 * Work on a schedule, wired to its end: the identity that may run it and nothing else, a deadline that outlasts the
 * handler, somebody who is told when a run fails or does not happen.
 */
export class ScheduledJob extends Construct implements IMonitored {
  readonly job: SchedulerJob;
  /** Identity that runs the target; undefined for a topic and for App Engine. */
  readonly identity?: IServiceAccount;
  /** The handler's workload; undefined for a target that exists already. */
  readonly workload?: IWorkload;
  /** Where the handler parks; undefined without one. */
  readonly deadLetterTopic?: DeadLetterTopic;
  /** What must exist before the first run. */
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: ScheduledJobProps) {
    super(scope, id);
    const { target, retry: wanted, overlap, acknowledge: accepted = [], notify, alarms, dashboard, ...rest } = props;
    for (const one of accepted) acknowledge(this, one);
    checkTold(this, props, "failed runs");
    const gaps = gapsOf(props.schedule, props.timeZone ?? "Etc/UTC");
    const manifest = "handler" in target ? target.handler.contract.manifest : undefined;
    const retry = wanted ?? (manifest && retriesThatFit(manifest, gaps?.shortestMs));
    check(this, { target, overlap, gaps, manifest }, SCHEDULED_RULES);

    const called = "handler" in target ? this.callHandler(target, retry, { notify, alarms, dashboard }) : undefined;
    this.workload = called?.handler.workload;
    this.deadLetterTopic = called?.handler.deadLetterTopic;
    const name = props.name ?? manifest?.name;
    const bound = called?.target ?? (target as ScheduledTarget);
    this.job = new SchedulerJob(this, "Schedule", { ...rest, name, retry, target: bound });
    this.identity = this.job.identity;
    this.dependables = [this.job.resource];

    const { projectId, region } = MillraceStack.of(this).context;
    const success = successOf(target, this.workload);
    this.metrics = success ? { succeeded: success } : {};
    const watched = {
      jobId: this.job.jobId,
      projectId,
      region,
      // What nothing else calls; with other callers a missed run would not show.
      ...(success && gaps && { success, longestGapMs: gaps.longestMs }),
    };
    this.alarms = scheduledAlarms(watched);
    this.sections = scheduledSection(watched);
    monitor(this, props);
  }

  private callHandler(
    { handler, input = {} }: HandlerTarget,
    retry: JobRetry | undefined,
    monitoring: MonitoringProps,
  ): { readonly handler: CalledHandler; readonly target: CallTarget } {
    const { name, timeLimitMs } = handler.contract.manifest;
    const { min, max } = SCHEDULER_LIMITS.attemptDeadlineMs;
    const deadlineSeconds = Math.ceil(Math.min(max, Math.max(min, timeLimitMs + DEADLINE_MARGIN_MS)) / 1_000);
    const called = new CalledHandler(this, "Handler", {
      ...handler,
      ...monitoring,
      deadlineSeconds,
      transports: ["scheduler"],
    });
    const identity = new ServiceAccount(this, "Identity", { name: `${name}-cron` });
    called.expect({ by: identity, from: "scheduler", attempts: (retry?.attempts ?? 0) + 1 });
    return {
      handler: called,
      target: {
        call: { ...targetOf(called.workload), dependables: called.dependables },
        identity,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(input),
        attemptDeadline: `${deadlineSeconds}s`,
      },
    };
  }
}

/** A push target apart from the object that it is, so that it can wait for more. */
const targetOf = (workload: IWorkload): CallTarget["call"] => ({
  pushEndpoint: workload.pushEndpoint,
  audience: workload.audience,
  requestTimeoutSeconds: workload.requestTimeoutSeconds,
  internalTo: workload.internalTo,
  dependables: workload.dependables,
  grantInvoke: (grantee, reason) => workload.grantInvoke(grantee, reason),
});

/** What counts once for every run that has done its work; undefined where nothing of ours says so. */
function successOf(target: ScheduledJobProps["target"], workload: IWorkload | undefined): Metric | undefined {
  if ("handler" in target) {
    const requests = workload && isMonitored(workload) ? workload.metrics["requests"] : undefined;
    return requests && { ...requests, metricLabels: { response_code_class: "2xx" } };
  }
  if ("runJob" in target) return target.runJob instanceof RunJob ? target.runJob.metrics.succeeded : undefined;
  if ("publish" in target && isKnown(target.publish.name))
    return topicMetrics.publishRequests(target.publish.name.split("/").at(-1)!);
  return undefined;
}
