/** Everything the engine does that a person, a trace or a test may want to see. Resource names are full. */
export type EngineEvent = { readonly atMs: number } & (
  | { readonly type: "published"; readonly topic: string; readonly messageId: string }
  | { readonly type: "filtered"; readonly subscription: string; readonly messageId: string }
  | {
      /** A message transform has returned `null`. */
      readonly type: "dropped";
      /** Full name of the topic or the subscription. */
      readonly by: string;
      readonly messageId: string;
      readonly functionName: string;
    }
  | { readonly type: "delivered"; readonly subscription: string; readonly messageId: string; readonly attempt: number }
  | { readonly type: "acked"; readonly subscription: string; readonly messageId: string; readonly attempt: number }
  | {
      readonly type: "nacked";
      readonly subscription: string;
      readonly messageId: string;
      readonly attempt: number;
      /** For a person: `status 500`, `timeout after 30s`, `lease expired`, `unreachable: …`. */
      readonly reason: string;
    }
  | {
      readonly type: "deadLettered";
      readonly subscription: string;
      readonly messageId: string;
      readonly topic: string;
      readonly attempt: number;
    }
  | {
      /** The last attempt has failed and the message stays: production would go on redelivering and say nothing. */
      readonly type: "notDeadLettered";
      readonly subscription: string;
      readonly messageId: string;
      readonly topic: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | {
      readonly type: "jobAttempted";
      /** Full name of a job of Cloud Scheduler. */
      readonly job: string;
      /** From 1. */
      readonly attempt: number;
      readonly scheduledMs: number;
    }
  | {
      readonly type: "jobEnded";
      readonly job: string;
      readonly attempt: number;
      readonly ok: boolean;
      /** For a person: `status 500`. */
      readonly reason: string;
      /** Engine milliseconds until the next attempt; absent when there is none. */
      readonly retryInMs?: number;
    }
  | {
      readonly type: "taskCreated";
      /** Full name of a task of Cloud Tasks. */
      readonly task: string;
      readonly scheduleMs: number;
    }
  | { readonly type: "taskDispatched"; readonly task: string; readonly attempt: number }
  | { readonly type: "taskDone"; readonly task: string; readonly attempt: number }
  | {
      readonly type: "taskFailed";
      readonly task: string;
      readonly attempt: number;
      readonly reason: string;
      readonly retryInMs: number;
    }
  | {
      /** Its attempts and its time are used up: the task is deleted, as in production, and nobody keeps it. */
      readonly type: "taskDropped";
      readonly task: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | {
      readonly type: "executionStarted";
      /** Full name of an execution of a workflow. */
      readonly execution: string;
    }
  | {
      readonly type: "executionEnded";
      readonly execution: string;
      readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED" | "ACTIVE";
      /** Why it failed, for a person. */
      readonly reason?: string;
    }
  | {
      /** A step failed and is tried again. */
      readonly type: "workflowRetried";
      readonly execution: string;
      readonly routine: string;
      readonly step: string;
      readonly delaySeconds: number;
    }
  | {
      /** What `sys.log` wrote. */
      readonly type: "workflowLogged";
      readonly execution: string;
      readonly routine: string;
      readonly step: string;
      readonly severity: string;
      readonly text: string;
    }
  | {
      readonly type: "runExecutionStarted";
      /** Full name of an execution of a Cloud Run job. */
      readonly execution: string;
      readonly tasks: number;
    }
  | {
      readonly type: "runTaskStarted";
      readonly execution: string;
      readonly index: number;
      /** From 0. */
      readonly attempt: number;
    }
  | {
      readonly type: "runTaskEnded";
      readonly execution: string;
      readonly index: number;
      readonly attempt: number;
      readonly ok: boolean;
      /** For a person: `exit code 1`, `timeout after 10m`. */
      readonly reason: string;
      /** Whether there will be another attempt. */
      readonly again: boolean;
    }
  | {
      readonly type: "runExecutionEnded";
      readonly execution: string;
      readonly state: "running" | "succeeded" | "failed" | "cancelled";
      readonly failedTasks: number;
    }
  | { readonly type: "refused"; readonly target: string; readonly status: number; readonly reason: string }
  | { readonly type: "processStarted"; readonly target: string; readonly pid: number; readonly readyMs: number }
  | {
      readonly type: "processExited";
      readonly target: string;
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly expected: boolean;
    }
  | {
      readonly type: "log";
      readonly target: string;
      readonly pid: number;
      readonly stream: "stdout" | "stderr";
      readonly line: string;
    }
);

type WithoutTime<E> = E extends unknown ? Omit<E, "atMs"> : never;

export interface Events {
  emit(event: WithoutTime<EngineEvent>): void;
  /** @returns a function that removes the listener */
  on(listener: (event: EngineEvent) => void): () => void;
}

/** @param now engine time in milliseconds */
export function createEvents(now: () => number): Events {
  const listeners = new Set<(event: EngineEvent) => void>();
  return {
    emit(event) {
      const stamped = { atMs: now(), ...event } as EngineEvent;
      for (const listener of listeners) listener(stamped);
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
