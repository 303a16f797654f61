import type { Duration } from "../contract/duration";
import type { CrashPoint } from "../contract/probe";
import type { Outcome } from "../runtime/outcome";
import type { TestEvent } from "./event";
import type { CallFault } from "./faults";

/** What goes wrong with one delivery. Each delivery has a process of its own. */
export interface DeliverOptions {
  /** The process dies there, and with it all it is waiting for. @throws Error when the delivery never gets there */
  readonly crashAt?: CrashPoint;
  /** The process is frozen there: nothing runs and nothing it waits for comes back until `pauseFor` has passed. */
  readonly pauseAt?: CrashPoint;
  /** @default a second longer than the lease */
  readonly pauseFor?: Duration;
  /** @throws Error when one of them is never met */
  readonly faults?: readonly CallFault[];
  /** What Pub/Sub says of how often it has tried. @default counted by the kit */
  readonly attempt?: number;
}

/** The process did not live to say. */
export interface Crashed {
  readonly kind: "crashed";
  readonly at: CrashPoint;
}

/** One delivery and what became of it. */
export interface Delivery {
  /** From 1, in the order in which they began. */
  readonly number: number;
  readonly event: TestEvent;
  /** The transport's count for this message, from 1. */
  readonly deliveryAttempt: number;
  readonly outcome: Outcome | Crashed;
  /** What a push subscription is answered; nothing when the process died. */
  readonly status: number | undefined;
  /** Whether Pub/Sub takes that for an acknowledgement. */
  readonly acked: boolean;
  /** The record's count of attempts, if the event was claimed. */
  readonly attempt?: number;
  readonly startedMs: number;
  /** Virtual milliseconds from start to answer. */
  readonly tookMs: number;
  /** Crash points it passed, the one it died at included. */
  readonly points: readonly CrashPoint[];
  /** Its log lines, parsed, the handler's and the runtime's. */
  readonly logs: readonly LogLine[];
}

/** A line as Cloud Logging reads it. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A run of the handler's function. */
export interface Run {
  readonly delivery: number;
  readonly attempt: number;
  readonly token: number;
  readonly input: unknown;
  readonly startedMs: number;
  /** `running` also of one whose process is dead. */
  readonly ended: "running" | "returned" | "threw";
  readonly error?: unknown;
}
