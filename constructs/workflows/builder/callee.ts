import type { Grant, IGrantee, IPushTarget, IServiceAccount } from "../../core";
import type { ITopic } from "../../pubsub/topic";
import type { ITaskQueue } from "../../tasks/queue";

/** Something that a definition calls and that its identity needs a role for. */
export interface Callee {
  /** What is called, in a few words: `publishes to projects/p/topics/orders`. */
  readonly what: string;
  /** Gives a workflow's identity the roles that the call needs, on what is called and on nothing else. */
  grant(identity: IServiceAccount, reason: string): readonly Grant[];
}

/** What a workflow can start and wait for: a Cloud Run job, another workflow. */
export interface IStartable {
  /** Full resource name, readable at synth. */
  readonly name: string;
  /** Lets the grantee start it, and see how it ends. */
  grantStart(grantee: IGrantee, reason?: string): readonly Grant[];
}

export const invocationOf = (target: IPushTarget): Callee => ({
  what: `calls ${target.audience}`,
  grant(identity, reason) {
    const grant = target.grantInvoke(identity, reason);
    return grant ? [grant] : [];
  },
});

export const publicationTo = (topic: ITopic): Callee => ({
  what: `publishes to ${topic.name}`,
  grant: (identity, reason) => [topic.grantPublish(identity, { reason })],
});

export const startOf = (target: IStartable): Callee => ({
  what: `starts ${target.name}`,
  grant: (identity, reason) => target.grantStart(identity, reason),
});

/** @param as whose token the task carries; undefined for the workflow's own */
export const taskIn = (queue: ITaskQueue, target: IPushTarget, as: IServiceAccount | undefined): Callee => ({
  what: `creates tasks in ${queue.name}`,
  grant: (identity) => queue.grantEnqueue(identity, { as: as ?? identity, target }),
});
