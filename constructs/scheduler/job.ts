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
  type IPushTarget,
  isKnown,
  type IServiceAccount,
  MillraceStack,
  type NameRule,
  physicalName,
  ServiceAccount,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { CloudSchedulerJob } from "../l1/scheduler";
import type { ITopic } from "../pubsub/topic";
import { JOB_RULES, type ResolvedJob } from "./job-rules";

/** Calls a service, a function or any endpoint. */
export interface CallTarget {
  readonly call: IPushTarget;
  /** Path below the target's URL, with a query if one is needed. @default none */
  readonly path?: string;
  /** @default "POST" */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH" | "OPTIONS";
  /** @default none; Google adds its own */
  readonly headers?: Readonly<Record<string, string>>;
  /** With POST, PUT and PATCH only. @default none */
  readonly body?: string;
  /** Identity that calls. @default an account of its own, which may invoke this target and do nothing else */
  readonly identity?: IServiceAccount;
  /** How long an attempt may take, 15s–30m. @default the target's own limit, at least "180s" and at most 30m */
  readonly attemptDeadline?: Duration;
}

/** Publishes a message; Cloud Scheduler's own service agent may, in its project. Data or attributes are needed. */
export interface PublishTarget {
  readonly publish: ITopic;
  /** @default none */
  readonly data?: string;
  /** @default none */
  readonly attributes?: Readonly<Record<string, string>>;
}

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
  readonly target: CallTarget | PublishTarget;
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

const DEFAULT_DEADLINE_SECONDS = 180;
const LONGEST_SECONDS = 1_800;

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
    const resolved = this.resolve(props);
    if (isKnown(props.schedule))
      for (const { message, offset } of checkSchedule(props.schedule))
        addIssue(this, "MR1901", {
          problem: `"${props.schedule}", at character ${offset + 1}: ${message}`,
          got: props.schedule,
        });
    check(this, resolved, JOB_RULES);

    const before: ITerraformDependable[] = [
      enableApi(this, "cloudscheduler.googleapis.com"),
      ...(props.dependsOn ?? []),
    ];
    if ("call" in props.target) {
      const { call, identity } = props.target;
      this.identity = identity ?? new ServiceAccount(this, "Identity", { name: props.name && `${props.name}-cron` });
      const invoke = call.grantInvoke(this.identity, `runs ${this.name}`);
      before.push(...call.dependables, ...(invoke ? [invoke.resource] : []));
    }
    this.resource = this.render(props, resolved, before);
  }

  private resolve({ target, retry = {}, ...props }: SchedulerJobProps): ResolvedJob {
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
      ...("call" in target
        ? {
            http: {
              url: `${target.call.pushEndpoint}${target.path ?? ""}`,
              method: target.method ?? "POST",
              hasBody: target.body !== undefined,
              headers: Object.keys(target.headers ?? {}),
              attemptDeadlineMs: ms("target.attemptDeadline", target.attemptDeadline ?? defaultDeadline(target.call)),
              targetSeconds: target.call.requestTimeoutSeconds,
            },
          }
        : {
            message: {
              topic: target.publish.name,
              empty: !target.data && Object.keys(target.attributes ?? {}).length === 0,
            },
          }),
    };
  }

  private render(props: SchedulerJobProps, resolved: ResolvedJob, before: readonly ITerraformDependable[]) {
    const { projectId: project, region } = MillraceStack.of(this).context;
    const { target, description } = props;
    const { http, retry } = resolved;
    return new CloudSchedulerJob(this, "Resource", {
      project,
      region,
      name: this.jobId,
      description: description && escapeTemplate(description),
      schedule: resolved.schedule,
      timeZone: resolved.timeZone,
      paused: props.paused ?? false,
      attemptDeadline: http && toGoogleDuration(http.attemptDeadlineMs),
      // The provider refuses an empty block.
      retryConfig: {
        retryCount: retry.attempts,
        minBackoffDuration: toGoogleDuration(retry.minBackoffMs),
        maxBackoffDuration: toGoogleDuration(retry.maxBackoffMs),
        maxDoublings: retry.maxDoublings,
        maxRetryDuration: toGoogleDuration(retry.maxDurationMs),
      },
      httpTarget:
        "call" in target
          ? {
              uri: http!.url,
              httpMethod: http!.method,
              headers: target.headers && { ...target.headers },
              body: base64(target.body),
              oidcToken: { serviceAccountEmail: this.identity!.emailReference, audience: target.call.audience },
            }
          : undefined,
      pubsubTarget:
        "publish" in target
          ? {
              topicName: target.publish.reference,
              data: base64(target.data),
              attributes: target.attributes && { ...target.attributes },
            }
          : undefined,
      // Ignored by the API for a topic, and the provider then plans to set it for ever (#24894).
      lifecycle: "publish" in target ? { ignoreChanges: ["attempt_deadline"] } : undefined,
      dependsOn: ofSameStack(this, before),
    });
  }
}

const defaultDeadline = ({ requestTimeoutSeconds = 0 }: IPushTarget): Duration =>
  `${Math.min(LONGEST_SECONDS, Math.max(DEFAULT_DEADLINE_SECONDS, requestTimeoutSeconds))}s`;

const base64 = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text).toString("base64"));
