import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import { checkSchedule } from "../../language/schedule";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  escapeTemplate,
  isKnown,
  type IServiceAccount,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { CloudSchedulerJob } from "../l1/scheduler";
import { JOB_RULES, type ResolvedJob } from "./job-rules";
import { bindTarget, type BoundTarget, type ScheduledTarget } from "./targets";

/** How a failed attempt is repeated. */
export interface JobRetry {
  /** Attempts after the first one, 0–5. @default 0 */
  readonly attempts?: number;
  /** @default "5s" */
  readonly minBackoff?: Duration;
  /** @default "1h" */
  readonly maxBackoff?: Duration;
  /** How often the pause doubles before it grows evenly. @default 5 */
  readonly maxDoublings?: number;
  /** Attempts go on for so long even when their number is used up. @default not at all */
  readonly maxDuration?: Duration;
}

export interface SchedulerJobProps {
  /** Unix cron, or App Engine's descriptive form; `every` writes the usual ones. */
  readonly schedule: string;
  /** Zone of the tz database whose clocks the schedule goes by. @default "Etc/UTC" */
  readonly timeZone?: string;
  readonly target: ScheduledTarget;
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** At most 500 characters. @default none */
  readonly description?: string;
  /** @default none: the next run is the next chance */
  readonly retry?: JobRetry;
  /** Makes the job without letting it run. @default false */
  readonly paused?: boolean;
  /** What must exist before the first run. @default what the target needs */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** google/cloud/scheduler/v1/job.proto: `Job.name` */
const NAME: NameRule = {
  kind: "scheduler job",
  pattern: /^[A-Za-z0-9_-]{1,500}$/,
  max: 500,
  allowed: "1–500 letters, digits, hyphens and underscores",
};

/**
 * The job that was made last in a stack. Cloud Scheduler takes one change at a time and refuses others with 409, which
 * the provider repeats from 7.40 on only (#28164), so each job waits for the one before it.
 */
const latest = new WeakMap<MillraceStack, CloudSchedulerJob>();

/** A job of Cloud Scheduler: calls a target or publishes a message whenever its schedule says so. */
export class SchedulerJob extends Construct {
  readonly resource: CloudSchedulerJob;
  /** `projects/{project}/locations/{region}/jobs/{job}`, readable at synth. */
  readonly name: string;
  /** The last part of the name: the label of its logs. */
  readonly jobId: string;
  /** Identity that calls the target; undefined for a topic. */
  readonly identity?: IServiceAccount;

  constructor(scope: Construct, id: string, props: SchedulerJobProps) {
    super(scope, id);
    const { projectId, region } = MillraceStack.of(this).context;
    this.jobId = physicalName(this, NAME, props.name);
    this.name = `projects/${projectId}/locations/${region}/jobs/${this.jobId}`;
    const target = bindTarget({ construct: this, fullName: this.name, name: props.name }, props.target);
    this.identity = target.identity;
    const resolved = this.resolve(props, target);
    if (isKnown(props.schedule))
      for (const { message, offset } of checkSchedule(props.schedule))
        addIssue(this, "MR1901", {
          problem: `"${props.schedule}", at character ${offset + 1}: ${message}`,
          got: props.schedule,
        });
    check(this, resolved, JOB_RULES);
    this.resource = this.render(props, resolved, target);
  }

  private resolve({ retry = {}, ...props }: SchedulerJobProps, { http, message, appEngine }: BoundTarget): ResolvedJob {
    const ms = (field: string, value: Duration) => durationOf(this, field, value);
    return {
      schedule: props.schedule,
      timeZone: props.timeZone ?? "Etc/UTC",
      description: props.description,
      projectId: MillraceStack.of(this).context.projectId,
      retry: {
        attempts: retry.attempts ?? 0,
        minBackoffMs: ms("retry.minBackoff", retry.minBackoff ?? "5s"),
        maxBackoffMs: ms("retry.maxBackoff", retry.maxBackoff ?? "1h"),
        maxDoublings: retry.maxDoublings ?? 5,
        maxDurationMs: ms("retry.maxDuration", retry.maxDuration ?? "0s"),
      },
      ...(http && { http }),
      ...(message && { message }),
      ...(appEngine && { appEngine }),
    };
  }

  private render(props: SchedulerJobProps, { schedule, timeZone, retry }: ResolvedJob, target: BoundTarget) {
    const stack = MillraceStack.of(this);
    const { projectId: project, region } = stack.context;
    const { description } = props;
    const before = latest.get(stack);
    const resource = new CloudSchedulerJob(this, "Resource", {
      project,
      region,
      name: this.jobId,
      description: description && escapeTemplate(description),
      schedule,
      timeZone,
      paused: props.paused ?? false,
      // The provider refuses an empty block.
      retryConfig: {
        retryCount: retry.attempts,
        minBackoffDuration: toGoogleDuration(retry.minBackoffMs),
        maxBackoffDuration: toGoogleDuration(retry.maxBackoffMs),
        maxDoublings: retry.maxDoublings,
        maxRetryDuration: toGoogleDuration(retry.maxDurationMs),
      },
      ...target.render(),
      dependsOn: ofSameStack(this, [
        enableApi(this, "cloudscheduler.googleapis.com"),
        ...(props.dependsOn ?? []),
        ...target.before,
        ...(before ? [before] : []),
      ]),
    });
    latest.set(stack, resource);
    return resource;
  }
}
