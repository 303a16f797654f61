/**
 * Crash points of a handler's life, as in `docs/runtime/crash-points.md`. Under `MILLRACE_PROBE=1` in the local
 * environment the runtime announces each one over Node's IPC channel and waits for leave to go on, so that a test can
 * kill the process exactly there. In any other environment the points cost nothing and say nothing.
 */
export type CrashPoint =
  /** request decoded, nothing claimed */
  | "C0"
  /** claim durable, handler not started */
  | "C2"
  /** inside the handler: in a transactional handler, before the commit is sent */
  | "C3"
  /** handler returned, completion not sent (lease mode only; a transactional handler has no such moment) */
  | "C4"
  /** completion durable, answer not sent */
  | "C6"
  /** outbox rows published, their removal not sent */
  | "C12";

/** Runtime → engine. */
export interface PointReached {
  readonly type: "millrace:point";
  /** Unique within the process. */
  readonly id: number;
  readonly point: CrashPoint;
  /** Contract name. */
  readonly handler: string;
  /** The event's idempotency key as the contract derived it (the message id at C0). */
  readonly key: string;
  readonly messageId: string;
}

/** Engine → runtime: go on past the point. */
export interface GoOn {
  readonly type: "millrace:go";
  readonly id: number;
}
