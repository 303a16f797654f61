import { revised } from "./revised";
import type { RecordData, Snapshot, Version } from "../store/store";

/** A delivery that asks for an event. */
export interface ClaimRequest {
  readonly key: string;
  /** Nonce of this delivery. */
  readonly owner: string;
  readonly handler: string;
  readonly epoch: number;
  readonly messageId: string;
  readonly fingerprint?: string | undefined;
  readonly leaseMs: number;
  /** Claims after which an event is parked instead of tried again; `Infinity` when it cannot be parked. */
  readonly maxAttempts: number;
  readonly rememberMs: number;
  /** This instance's clock; only used for times that are days away. */
  readonly nowMs: number;
}

export type Decision =
  /** Write `record` over `expect`; whoever succeeds owns the event. */
  | { readonly kind: "claim"; readonly expect: Version | undefined; readonly record: RecordData }
  /** The claim had succeeded already, its reply was lost. */
  | { readonly kind: "owned"; readonly version: Version; readonly record: RecordData }
  /** Somebody else is at it, or it is not yet time; `forMs` from now that changes by itself. */
  | { readonly kind: "wait"; readonly forMs: number }
  /** Done or parked: nothing is run again. */
  | { readonly kind: "ended"; readonly version: Version; readonly record: RecordData }
  /** Every attempt is used up, and none of them lived to say why. Claim it, but only to park it. */
  | { readonly kind: "exhausted"; readonly expect: Version; readonly record: RecordData }
  /** The key belongs to an event with another content. */
  | { readonly kind: "keyReuse" };

/** The record of the first claim of an event, tried before anything is read: most events are new. */
export function firstClaim(request: ClaimRequest): RecordData {
  return {
    state: "CLAIMED",
    token: 1,
    owner: request.owner,
    revision: 1,
    leaseMs: request.leaseMs,
    delayMs: 0,
    attempts: 1,
    lostLeases: 0,
    handler: request.handler,
    epoch: request.epoch,
    messageId: request.messageId,
    ...(request.fingerprint !== undefined && { fingerprint: request.fingerprint }),
    firstSeenMs: request.nowMs,
    outbox: [],
    expireAtMs: request.nowMs + request.rememberMs,
  };
}

/**
 * The state machine of a record as a delivery meets it (docs/runtime/record.md has the table). Pure: all times come
 * from the store, whose clock alone decides whether a lease is alive.
 */
export function decide({ stored, readMs }: Snapshot, request: ClaimRequest): Decision {
  if (!stored) return { kind: "claim", expect: undefined, record: firstClaim(request) };
  const { record, version, updatedMs } = stored;

  if (record.state === "CLAIMED" && record.owner === request.owner) return { kind: "owned", version, record };

  // The store collects what has expired a day late or never, so expiry is judged here. The token still grows: a
  // fence that went back would let an owner of long ago through.
  if (record.expireAtMs <= readMs)
    return { kind: "claim", expect: version, record: { ...firstClaim(request), token: record.token + 1 } };

  // A contract that has only just been given a fingerprint meets records without one.
  const comparable = record.fingerprint !== undefined && request.fingerprint !== undefined;
  if (comparable && record.fingerprint !== request.fingerprint) return { kind: "keyReuse" };
  if (record.state === "DONE" || record.state === "PARKED") return { kind: "ended", version, record };

  const age = readMs - updatedMs;
  const lapsed = record.state === "CLAIMED";
  const restMs = (lapsed ? record.leaseMs : record.delayMs) - age;
  if (restMs >= 0 && (lapsed || restMs > 0)) return { kind: "wait", forMs: restMs };

  const next = revised(record, {
    state: "CLAIMED",
    token: record.token + 1,
    owner: request.owner,
    leaseMs: request.leaseMs,
    delayMs: 0,
    attempts: record.attempts + 1,
    lostLeases: record.lostLeases + (lapsed ? 1 : 0),
    messageId: request.messageId,
    expireAtMs: request.nowMs + request.rememberMs,
  });
  if (record.attempts >= request.maxAttempts)
    return { kind: "exhausted", expect: version, record: { ...next, attempts: record.attempts } };
  return { kind: "claim", expect: version, record: next };
}
