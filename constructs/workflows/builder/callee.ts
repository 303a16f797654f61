import { allowCall, type Grant, type IPushTarget, type IServiceAccount } from "../../core";
import type { ITopic } from "../../pubsub/topic";
import type { ICloudRunJob } from "../../run/job";
import type { IStartableWorkflow } from "../../scheduler/targets";
import type { ITaskQueue } from "../../tasks/queue";

/** Something that a definition calls and that its identity needs a role for. */
export interface Callee {
  /** What is called, in a few words: `publishes to projects/p/topics/orders`. */
  readonly what: string;
  /** Gives a workflow's identity the roles that the call needs, on what is called and on nothing else. */
  grant(identity: IServiceAccount, reason: string): readonly Grant[];
}

export const invocationOf = (target: IPushTarget): Callee => ({
  what: `calls ${target.audience}`,
  grant(identity, reason) {
    const grant = allowCall(target, identity, { reason, from: "workflows" });
    return grant ? [grant] : [];
  },
});

export const publicationTo = (topic: ITopic): Callee => ({
  what: `publishes to ${topic.name}`,
  grant: (identity, reason) => [topic.grantPublish(identity, { reason })],
});

export const runOf = (job: ICloudRunJob, overrides: boolean): Callee => ({
  what: `runs ${job.name}`,
  grant: (identity, reason) => [job.grantRun(identity, { overrides, reason }), job.grantWatch(identity)],
});

export const executionOf = (workflow: IStartableWorkflow): Callee => ({
  what: `starts ${workflow.name}`,
  grant: (identity, reason) => [workflow.grantInvoke(identity, reason)],
});

/** @param as whose token the task carries; undefined for the workflow's own */
export const taskIn = (queue: ITaskQueue, target: IPushTarget, as: IServiceAccount | undefined): Callee => ({
  what: `creates tasks in ${queue.name}`,
  grant: (identity) => queue.grantEnqueue(identity, { as: as ?? identity, target }),
});
