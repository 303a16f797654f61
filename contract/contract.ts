import { createHash } from "node:crypto";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Duration, milliseconds } from "../language/duration";
import { canonicalJson } from "./json";

/** What is known of an event apart from its payload, whatever carried it. */
export interface EventMeta {
  /** Pub/Sub message id, CloudEvent id or task name. */
  readonly id: string;
  /** Pub/Sub attributes, or CloudEvent extension attributes; names are as published and untrusted. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
  /** Instant of publishing, milliseconds since the Unix epoch. */
  readonly publishTimeMs?: number;
  /** The transport's own count, from 1; best effort, absent without a dead-letter policy. */
  readonly deliveryAttempt?: number;
  /** `projects/{project}/subscriptions/{subscription}`, or the CloudEvent source. */
  readonly source?: string;
}

/** Any class of errors; parameters are contravariant, so `never[]` accepts every constructor. */
type ErrorClass = abstract new (...args: never[]) => Error;

/** How failures are tried again. */
export interface RetrySpec {
  /** Claims of one event before it is parked, 1–90. @default 8 */
  readonly attempts?: number;
  /** First pause before a redelivery, 0–600 s. @default "10s" */
  readonly minBackoff?: Duration;
  /** Longest pause, `minBackoff`–600 s. @default "600s" */
  readonly maxBackoff?: Duration;
  /** Errors that no retry will mend: the message is parked in the dead-letter topic at once. @default none */
  readonly fatal?: readonly ErrorClass[];
}

/** A handler's declaration about itself. Pure data and pure functions, so that synthesis can import it. */
export interface ContractSpec<Schema extends StandardSchemaV1> {
  /** Scope of the idempotency records and name of the workload; `^[a-z][a-z0-9-]{0,40}$`, never renamed lightly. */
  readonly name: string;
  /** Payload schema (any Standard Schema: zod, valibot, arktype …). */
  readonly input: Schema;
  /** The event's identity, derived from validated input: equal keys, one effect. */
  readonly key: (input: StandardSchemaV1.InferOutput<Schema>, event: EventMeta) => string;
  /**
   * What must be equal in two events of equal key; a difference parks the incoming one.
   * @default nothing is compared
   */
  readonly fingerprint?: (input: StandardSchemaV1.InferOutput<Schema>, event: EventMeta) => unknown;
  /**
   * `transactional`: the handler's effects go through `ctx.commit`, together with the record, exactly once.
   * `at-least-once`: effects outside the store; a crash between effect and record repeats them.
   */
  readonly effects: "transactional" | "at-least-once";
  /** Longest one attempt may run, 1 s – 595 s behind a push subscription. @default "60s" */
  readonly timeLimit?: Duration;
  readonly retry?: RetrySpec;
  /** Events of equal ordering key are handled one after another. @default false */
  readonly order?: boolean;
  /** Events handled at a time by one instance, 1–1000. @default 20 */
  readonly concurrency?: number;
  /** Where idempotency records live. @default "firestore" */
  readonly store?: "firestore" | "memory";
  /** How long a record is remembered; at least the redelivery horizon of 7 days. @default "14d" */
  readonly remember?: Duration;
  /** Firestore collections the handler writes through `ctx.commit`. @default none */
  readonly writes?: readonly string[];
  /** Who verifies the caller's token: Cloud Run's front end, or the runtime itself. @default "platform" */
  readonly auth?: "platform" | "self";
  /** Raised when old records must not be found any more, from 1. @default 1 */
  readonly epoch?: number;
}

/** The part of a contract that is plain data: what constructs derive infrastructure from. */
export interface ContractManifest {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly epoch: number;
  readonly effects: "transactional" | "at-least-once";
  readonly timeLimitMs: number;
  readonly attempts: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly order: boolean;
  readonly concurrency: number;
  readonly store: "firestore" | "memory";
  readonly rememberMs: number;
  readonly writes: readonly string[];
  readonly auth: "platform" | "self";
}

/** A checked contract: the spec's functions, its manifest and the manifest's hash. */
export interface Contract<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly spec: ContractSpec<Schema>;
  readonly manifest: ContractManifest;
  /** SHA-256 of the manifest's canonical JSON, hex. */
  readonly hash: string;
}

/** Margin between the handler's time limit and the transport's deadline, for decoding, claiming and answering. */
export const DEADLINE_MARGIN_MS = 5_000;

/**
 * Checks a declaration and freezes it.
 * @throws RangeError naming every field that is out of range.
 */
export function defineContract<Schema extends StandardSchemaV1>(spec: ContractSpec<Schema>): Contract<Schema> {
  const retry = spec.retry ?? {};
  const manifest: ContractManifest = {
    schemaVersion: 1,
    name: spec.name,
    epoch: spec.epoch ?? 1,
    effects: spec.effects,
    timeLimitMs: milliseconds(spec.timeLimit ?? "60s"),
    attempts: retry.attempts ?? 8,
    minBackoffMs: milliseconds(retry.minBackoff ?? "10s"),
    maxBackoffMs: milliseconds(retry.maxBackoff ?? "600s"),
    order: spec.order ?? false,
    concurrency: spec.concurrency ?? 20,
    store: spec.store ?? "firestore",
    rememberMs: milliseconds(spec.remember ?? "14d"),
    writes: [...(spec.writes ?? [])].sort(),
    auth: spec.auth ?? "platform",
  };
  const faults = faultsOf(manifest);
  if (faults.length > 0) throw new RangeError(`contract "${spec.name}": ${faults.join("; ")}`);
  const hash = createHash("sha256").update(canonicalJson(manifest)).digest("hex");
  return Object.freeze({ spec, manifest: Object.freeze(manifest), hash });
}

/** Ranges of the manifest, each a rule with its reason. */
const RULES: readonly (readonly [(m: ContractManifest) => boolean, string])[] = [
  [(m) => /^[a-z][a-z0-9-]{0,40}$/.test(m.name), "name must match ^[a-z][a-z0-9-]{0,40}$"],
  [(m) => Number.isInteger(m.epoch) && m.epoch >= 1, "epoch must be a whole number ≥ 1"],
  [(m) => m.timeLimitMs >= 1_000, "timeLimit must be ≥ 1s"],
  [(m) => Number.isInteger(m.attempts) && m.attempts >= 1 && m.attempts <= 90, "retry.attempts must be 1–90"],
  [(m) => m.minBackoffMs <= m.maxBackoffMs, "retry.minBackoff must not exceed retry.maxBackoff"],
  [(m) => m.maxBackoffMs <= 600_000, "retry.maxBackoff must be ≤ 600s (Pub/Sub's limit)"],
  [(m) => Number.isInteger(m.concurrency) && m.concurrency >= 1 && m.concurrency <= 1000, "concurrency must be 1–1000"],
  [(m) => m.rememberMs >= 7 * 86_400_000, "remember must be ≥ 7d, the default retention of a subscription"],
  [(m) => m.writes.length === 0 || m.effects === "transactional", 'writes needs effects: "transactional"'],
];

const faultsOf = (manifest: ContractManifest) => RULES.filter(([holds]) => !holds(manifest)).map(([, text]) => text);
