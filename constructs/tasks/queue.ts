import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import {
  allowCall,
  check,
  durationOf,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type GrantTarget,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { locatedTarget } from "../core/grants";
import { checkFullName, kebab, pathInStack } from "../core/names";
import { CloudTasksQueue, CloudTasksQueueIamMember } from "../l1/tasks";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { metricsOfQueue, queueAlarms, type queueMetrics, queueSection } from "./metrics";
import { type AppEngineRouting, bindRouting, type TaskRouting } from "./routing";
import { QUEUE_RULES, type ResolvedQueue } from "./queue-rules";

/** How a failed task is repeated. */
export interface TaskRetry {
  /** With the first one. @default 100 */
  readonly attempts?: number | "unlimited";
  /** Attempts go on for so long even when their number is used up. @default not at all */
  readonly maxDuration?: Duration;
  /** @default "100ms" */
  readonly minBackoff?: Duration;
  /** @default "1h" */
  readonly maxBackoff?: Duration;
  /** How often the pause doubles before it grows evenly. @default 16 */
  readonly maxDoublings?: number;
}

export interface TaskQueueProps extends MonitoringProps {
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /**
   * Raised to make the queue anew under another name: a deleted queue's name stays taken for seven days. The tasks that
   * wait in the old one are lost. @default the app's context `millrace:queue-generation`, or else 1, which adds nothing
   * to the name
   */
  readonly generation?: number;
  /** Dispatches per second on average, above 0 and at most 500. @default 500 */
  readonly perSecond?: number;
  /** Dispatches at a time, 1–5000. @default 1000 */
  readonly concurrent?: number;
  readonly retry?: TaskRetry;
  /** What becomes of tasks whose attempts are used up; Cloud Tasks deletes them. @default nothing is said, with a warning */
  readonly exhausted?: "parked-by-handler" | "dropped";
  /** Share of the operations that are logged, 0–1. @default 1 */
  readonly logShare?: number;
  /** Where HTTP tasks go, whatever they say themselves. @default where they say */
  readonly routing?: TaskRouting;
  /** Where App Engine tasks go, whatever they say themselves. @default where they say */
  readonly appEngine?: AppEngineRouting;
  /** Tasks that wait and are too many. @default 1000 */
  readonly tooDeep?: number;
  /** How late an attempt may begin before somebody is told. @default "10m" */
  readonly tooLate?: Duration;
}

/** Context key of an app whose queues must not take the names of queues deleted a few days ago. */
export const QUEUE_GENERATION = "millrace:queue-generation";

/** Who enqueues what: the roles that a producer needs follow from both. */
export interface EnqueueOptions {
  /** Identity that the tasks name in their OIDC token. */
  readonly as: IServiceAccount;
  /** What the tasks call. */
  readonly target: IPushTarget;
  /** What must exist before the first task is created. @default nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** A queue, made here or elsewhere. */
export interface ITaskQueue {
  /** `projects/{project}/locations/{region}/queues/{queue}`, readable at synth. */
  readonly name: string;
  /** What must exist before the first task. */
  readonly dependables: readonly ITerraformDependable[];
  /**
   * Lets the grantee create tasks that call a target as an identity: enqueuer on the queue, actAs on the identity, and
   * the identity invoker of the target.
   */
  grantEnqueue(grantee: IGrantee, options: EnqueueOptions): readonly Grant[];
}

/** google/cloud/tasks/v2/queue.proto: `Queue.name` */
const NAME: NameRule = {
  kind: "task queue",
  pattern: /^[A-Za-z0-9-]{1,100}$/,
  max: 100,
  allowed: "1–100 letters, digits and hyphens",
};

const ENQUEUE: GrantKind = { role: "roles/cloudtasks.enqueuer", on: "queue", reason: "creates tasks" };

/** A queue of Cloud Tasks: calls made later, at a limited rate, again when they fail. */
export class TaskQueue extends Construct implements ITaskQueue, IMonitored {
  /** A queue made elsewhere. @param name `projects/{project}/locations/{region}/queues/{queue}` */
  static fromExisting(scope: Construct, id: string, name: string): ITaskQueue {
    return new ExistingTaskQueue(scope, id, name);
  }

  readonly resource: CloudTasksQueue;
  readonly name: string;
  /** The last part of the name: the label of its metrics. */
  readonly queueId: string;
  /** What must exist before the first task. */
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<keyof typeof queueMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: TaskQueueProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId: project, region: location } = stack.context;
    const generation = props.generation ?? Number(this.node.tryGetContext(QUEUE_GENERATION) ?? 1);
    const logical = props.name ?? kebab(pathInStack(this));
    this.queueId = physicalName(this, NAME, generation === 1 ? props.name : `${logical}-${generation}`);
    this.name = `projects/${project}/locations/${location}/queues/${this.queueId}`;
    const resolved = this.resolve(props, generation);
    check(this, resolved, QUEUE_RULES);
    const routing = props.routing && bindRouting(props.routing, this.name);
    this.resource = new CloudTasksQueue(this, "Resource", {
      project,
      location,
      name: this.queueId,
      rateLimits: { maxDispatchesPerSecond: resolved.perSecond, maxConcurrentDispatches: resolved.concurrent },
      retryConfig: {
        maxAttempts: resolved.attempts,
        maxRetryDuration: toGoogleDuration(resolved.maxDurationMs),
        minBackoff: toGoogleDuration(resolved.minBackoffMs),
        maxBackoff: toGoogleDuration(resolved.maxBackoffMs),
        maxDoublings: resolved.maxDoublings,
      },
      // Unset, nothing is logged, and a task that is given up leaves no trace at all.
      stackdriverLoggingConfig: { samplingRatio: resolved.logShare },
      httpTarget: routing?.block,
      appEngineRoutingOverride: props.appEngine && { ...props.appEngine },
      dependsOn: ofSameStack(this, [enableApi(this, "cloudtasks.googleapis.com"), ...(routing?.before ?? [])]),
      ...stack.protection,
    });
    this.dependables = [this.resource];
    const watched = {
      queueId: this.queueId,
      projectId: project,
      region: location,
      tooDeep: props.tooDeep ?? 1_000,
      tooLateSeconds: durationOf(this, "tooLate", props.tooLate ?? "10m") / 1_000,
    };
    this.metrics = metricsOfQueue(watched);
    this.alarms = queueAlarms(watched, this.metrics);
    this.sections = [queueSection(watched, this.metrics)];
    monitor(this, props);
  }

  grantEnqueue(grantee: IGrantee, options: EnqueueOptions): readonly Grant[] {
    return enqueue(targetOf(this, this.name, this.resource.name), grantee, options);
  }

  private resolve({ retry = {}, ...props }: TaskQueueProps, generation: number): ResolvedQueue {
    const ms = (field: string, value: Duration) => durationOf(this, field, value);
    const { attempts = 100 } = retry;
    return {
      generation,
      perSecond: props.perSecond ?? 500,
      concurrent: props.concurrent ?? 1_000,
      attempts: attempts === "unlimited" ? -1 : attempts,
      maxDurationMs: ms("retry.maxDuration", retry.maxDuration ?? "0s"),
      minBackoffMs: ms("retry.minBackoff", retry.minBackoff ?? "100ms"),
      maxBackoffMs: ms("retry.maxBackoff", retry.maxBackoff ?? "1h"),
      maxDoublings: retry.maxDoublings ?? 16,
      logShare: props.logShare ?? 1,
      ...(props.exhausted && { exhausted: props.exhausted }),
    };
  }
}

class ExistingTaskQueue extends Construct implements ITaskQueue {
  readonly dependables: readonly ITerraformDependable[] = [];

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    checkFullName(this, "MR1959", "queue", "projects/{project}/locations/{location}/queues/{queue}", name);
  }

  grantEnqueue(grantee: IGrantee, options: EnqueueOptions): readonly Grant[] {
    return enqueue(targetOf(this, this.name, this.name.split("/").at(-1)!), grantee, options);
  }
}

/** Whoever creates a task with a token needs actAs on its account, or Cloud Tasks refuses the task. target.proto: `OidcToken` */
function enqueue(queue: GrantTarget, grantee: IGrantee, { as, target, dependsOn }: EnqueueOptions): readonly Grant[] {
  const invoke = allowCall(target, as, { reason: `carries out tasks of ${queue.name}`, from: "tasks" });
  return [grant(queue, grantee, ENQUEUE, { dependsOn }), as.grantActAs(grantee), ...(invoke ? [invoke] : [])];
}

const targetOf = (scope: Construct, fullName: string, name: string): GrantTarget =>
  locatedTarget(scope, fullName, name, CloudTasksQueueIamMember);
