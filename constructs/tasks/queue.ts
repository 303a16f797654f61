import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type GrantTarget,
  type IGrantee,
  type IPushTarget,
  isKnown,
  type IServiceAccount,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { CloudTasksQueue, CloudTasksQueueIamMember } from "../l1/tasks";
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

export interface TaskQueueProps {
  /** Name, after the stack's prefix. A deleted queue's name is taken for seven days. @default from the construct's path */
  readonly name?: string;
  /** Dispatches per second on average, above 0 and at most 500. @default 500 */
  readonly perSecond?: number;
  /** Dispatches at a time, 1–5000. @default 1000 */
  readonly concurrent?: number;
  readonly retry?: TaskRetry;
  /** What becomes of tasks whose attempts are used up; Cloud Tasks deletes them. @default nothing is said, with a warning */
  readonly exhausted?: "parked-by-handler" | "dropped";
  /** Share of the operations that are logged, 0–1. @default 1 */
  readonly logShare?: number;
}

/** Who enqueues what: the roles that a producer needs follow from both. */
export interface EnqueueOptions {
  /** Identity that the tasks name in their OIDC token. */
  readonly as: IServiceAccount;
  /** What the tasks call. */
  readonly target: IPushTarget;
}

/** A queue, made here or elsewhere. */
export interface ITaskQueue {
  /** `projects/{project}/locations/{region}/queues/{queue}`, readable at synth. */
  readonly name: string;
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
export class TaskQueue extends Construct implements ITaskQueue {
  /** A queue made elsewhere. @param name `projects/{project}/locations/{region}/queues/{queue}` */
  static fromExisting(scope: Construct, id: string, name: string): ITaskQueue {
    return new ExistingTaskQueue(scope, id, name);
  }

  readonly resource: CloudTasksQueue;
  readonly name: string;
  /** The last part of the name: the label of its metrics. */
  readonly queueId: string;

  constructor(scope: Construct, id: string, props: TaskQueueProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId: project, region: location } = stack.context;
    this.queueId = physicalName(this, NAME, props.name);
    this.name = `projects/${project}/locations/${location}/queues/${this.queueId}`;
    const resolved = this.resolve(props);
    check(this, resolved, QUEUE_RULES);
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
      dependsOn: [enableApi(this, "cloudtasks.googleapis.com")],
      ...stack.protection,
    });
  }

  grantEnqueue(grantee: IGrantee, options: EnqueueOptions): readonly Grant[] {
    return enqueue(targetOf(this, this.name, this.resource.name), grantee, options);
  }

  private resolve({ retry = {}, ...props }: TaskQueueProps): ResolvedQueue {
    const ms = (field: string, value: Duration) => durationOf(this, field, value);
    const { attempts = 100 } = retry;
    return {
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
  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    if (isKnown(name) && !/^projects\/[^/]+\/locations\/[^/]+\/queues\/[^/]+$/.test(name))
      addIssue(this, "MR1959", { problem: `"${name}" is not the full name of a queue`, got: name });
  }

  grantEnqueue(grantee: IGrantee, options: EnqueueOptions): readonly Grant[] {
    return enqueue(targetOf(this, this.name, this.name.split("/").at(-1)!), grantee, options);
  }
}

/** Whoever creates a task with a token needs actAs on its account, or Cloud Tasks refuses the task. target.proto: `OidcToken` */
function enqueue(queue: GrantTarget, grantee: IGrantee, { as, target }: EnqueueOptions): readonly Grant[] {
  const invoke = target.grantInvoke(as, `carries out tasks of ${queue.name}`);
  return [grant(queue, grantee, ENQUEUE), as.grantActAs(grantee), ...(invoke ? [invoke] : [])];
}

function targetOf(scope: Construct, fullName: string, name: string): GrantTarget {
  const [, project, , location] = fullName.split("/");
  return {
    scope,
    name: fullName,
    level: "resource",
    attach: (inner, id, config) => new CloudTasksQueueIamMember(inner, id, { ...config, project, location, name }),
  };
}
