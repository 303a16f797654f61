import type { Cause } from "./park";

/** What became of one delivery. A value: which answer it is depends on who delivered. */
export type Outcome =
  /** The effect happened now. */
  | { readonly kind: "done" }
  /** It had happened before; nothing was run. */
  | { readonly kind: "replayed" }
  /** Durably in the dead-letter topic, or about to be: the outbox row was committed. */
  | { readonly kind: "parked"; readonly cause: Cause }
  /** Try again. `afterMs`: the handler asked for no attempt before that. `fatal`: none will mend it, and it is not parked. */
  | { readonly kind: "retry"; readonly cause: Cause; readonly afterMs?: number; readonly fatal?: true }
  /** Another delivery of the event was still at it when time ran out, or it is too early to try again. */
  | { readonly kind: "busy" }
  /** This delivery was too slow: the event belongs to another one. */
  | { readonly kind: "leaseLost" }
  /** Not understood. Nothing was claimed; the transport's own dead-lettering has to catch it. */
  | { readonly kind: "rejected"; readonly code: RejectionCode; readonly reason: string };

/** Undecodable, invalid against the schema, without a key. */
export type RejectionCode = "MR3020" | "MR3021" | "MR3022" | "MR3023";

/**
 * Pub/Sub push and Eventarc Standard acknowledge 102, 200, 201, 202 and 204 and send again on any other
 * (https://cloud.google.com/pubsub/docs/push). Google's emulator takes 202 for a refusal; 204 is an ack everywhere.
 */
export const PUSH_STATUS = {
  done: 204,
  replayed: 204,
  parked: 204,
  retry: 500,
  busy: 503,
  leaseLost: 503,
  rejected: 400,
} as const satisfies Record<Outcome["kind"], number>;

/** Answers an outcome with a status that its sender understands. */
export type StatusOf = (outcome: Outcome) => number;

export const pushStatus: StatusOf = ({ kind }) => PUSH_STATUS[kind];
