import { createHash } from "node:crypto";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Duration, milliseconds } from "../language/duration";
import { type Caller, CALLERS } from "./callers";
import { type Issue, IssuesError } from "./issue";
import { canonicalJson } from "./json";
import { OUTBOX_COLLECTION, RECORDS_COLLECTION } from "./store";

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
  /** W3C trace context that the event belongs to: its own, or else that of the request that brought it. */
  readonly traceparent?: string;
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

/** What a handler promises about its effects; see `ContractSpec.effects`. */
export type Effects = "transactional" | "at-least-once";

/** Where the records of a handler live. */
export type StoreKind = "firestore" | "postgres" | "memory";

/** A handler's declaration about itself. Pure data and pure functions, so that synthesis can import it. */
export interface ContractSpec<Schema extends StandardSchemaV1, E extends Effects = Effects> {
  /** Scope of the idempotency records and name of the workload; `^[a-z][a-z0-9-]{0,40}$`, never renamed lightly. */
  readonly name: string;
  /** Payload schema (any Standard Schema: zod, valibot, arktype …). */
  readonly input: Schema;
  /**
   * The event's identity, derived from validated input: equal keys, one effect. An empty key or an exception refuses
   * the delivery; an exception of a `retry.fatal` class parks it.
   */
  // Methods rather than properties, here and below: a contract of any schema then fits where `Contract` is asked for.
  key(input: StandardSchemaV1.InferOutput<Schema>, event: EventMeta): string;
  /**
   * What must be equal in two events of equal key; a difference parks the incoming one.
   * @default nothing is compared
   */
  fingerprint?(input: StandardSchemaV1.InferOutput<Schema>, event: EventMeta): unknown;
  /**
   * `transactional`: the handler's effects go through `ctx.commit`, together with the record, exactly once.
   * `at-least-once`: effects outside the store; a crash between effect and record repeats them.
   */
  readonly effects: E;
  /** Longest one attempt may run, 1 s – 595 s behind a push subscription. @default "60s" */
  readonly timeLimit?: Duration;
  readonly retry?: RetrySpec;
  /** Events of equal ordering key are handled one after another. @default false */
  readonly order?: boolean;
  /** Events handled at a time by one instance, 1–1000. @default 20 */
  readonly concurrency?: number;
  /** Where idempotency records live. @default "firestore" */
  readonly store?: StoreKind;
  /** How long a record is remembered; at least the redelivery horizon of 7 days. @default "14d" */
  readonly remember?: Duration;
  /** Root collections the handler writes through `ctx.commit`, subcollections of their documents included. @default none */
  readonly writes?: readonly string[];
  /**
   * Topics of `defineTopic` that it publishes to, or their names: each the source of another pipeline, or given an address
   * where the handler is deployed.
   * @default none
   */
  readonly publishes?: readonly (string | { readonly name: string })[];
  /**
   * What may bring it events: wiring another is an error at synth, and what another sends is refused. Which accounts of
   * a kind may call follows from the wiring.
   * @default whatever is wired
   */
  readonly callers?: readonly Caller[];
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
  readonly effects: Effects;
  readonly timeLimitMs: number;
  readonly attempts: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly order: boolean;
  readonly concurrency: number;
  readonly store: StoreKind;
  readonly rememberMs: number;
  readonly writes: readonly string[];
  /** Absent when it publishes nothing, so that older hashes stay. */
  readonly publishes?: readonly string[];
  /** Absent when any may call, so that older hashes stay. */
  readonly callers?: readonly Caller[];
  readonly auth: "platform" | "self";
}

/** A checked contract: the spec's functions, its manifest and the manifest's hash. */
export interface Contract<Schema extends StandardSchemaV1 = StandardSchemaV1, E extends Effects = Effects> {
  readonly spec: ContractSpec<Schema, E>;
  readonly manifest: ContractManifest;
  /** SHA-256 of the manifest's canonical JSON, hex. */
  readonly hash: string;
}

/** Margin between the handler's time limit and the transport's deadline, for decoding, claiming and answering. */
export const DEADLINE_MARGIN_MS = 5_000;

/**
 * Checks a declaration and freezes it.
 * @throws IssuesError with one MR3001 per field that is out of range.
 */
export function defineContract<Schema extends StandardSchemaV1, const E extends Effects>(
  spec: ContractSpec<Schema, E>,
): Contract<Schema, E> {
  const faults: Fault[] = [];
  const retry = spec.retry ?? {};
  const duration = (field: string, value: string) => {
    if (process.env["MILLRACE_PACKAGED"]) return milliseconds(value);
    try {
      return milliseconds(value);
    } catch (error) {
      faults.push([`${field} is not a duration`, (error as Error).message]);
      return NaN;
    }
  };
  const manifest: ContractManifest = {
    schemaVersion: 1,
    name: spec.name,
    epoch: spec.epoch ?? 1,
    effects: spec.effects,
    timeLimitMs: duration("timeLimit", spec.timeLimit ?? "60s"),
    attempts: retry.attempts ?? 8,
    minBackoffMs: duration("retry.minBackoff", retry.minBackoff ?? "10s"),
    maxBackoffMs: duration("retry.maxBackoff", retry.maxBackoff ?? "600s"),
    order: spec.order ?? false,
    concurrency: spec.concurrency ?? 20,
    store: spec.store ?? "firestore",
    rememberMs: duration("remember", spec.remember ?? "14d"),
    writes: [...(spec.writes ?? [])].sort(),
    ...(spec.publishes?.length && {
      publishes: spec.publishes.map((topic) => (typeof topic === "string" ? topic : topic.name)).sort(),
    }),
    ...(spec.callers && { callers: [...new Set(spec.callers)].sort() }),
    auth: spec.auth ?? "platform",
  };
  // Synthesis has checked what packaging bundles: there this is false before the bundle is made, and RULES go with it.
  if (!process.env["MILLRACE_PACKAGED"]) {
    for (const [breaks, fault] of RULES) if (breaks(manifest)) faults.push(fault(manifest));
    if (faults.length > 0) throw new IssuesError(faults.map((fault) => toIssue(spec.name, fault)));
  }
  const hash = createHash("sha256").update(canonicalJson(manifest)).digest("hex");
  return Object.freeze({ spec, manifest: Object.freeze(manifest), hash });
}

/** What is wrong with a field, and what to do about it. */
type Fault = readonly [problem: string, fix: string];
type Rule = readonly [breaks: (m: ContractManifest) => boolean, fault: (m: ContractManifest) => Fault];

const COLLECTION = /^(?!\.\.?$)(?!__.*__$)[^/]+$/;
const RESERVED: readonly string[] = [RECORDS_COLLECTION, OUTBOX_COLLECTION];
const forbidden = ({ writes }: ContractManifest) =>
  writes.filter((name) => !COLLECTION.test(name) || RESERVED.includes(name));

const unknownCallers = ({ callers = [] }: ContractManifest) =>
  callers.filter((caller) => !Object.hasOwn(CALLERS, caller));

const whole = (field: string, pick: (m: ContractManifest) => number, least: number, most: number): Rule => [
  (m) => !(Number.isInteger(pick(m)) && pick(m) >= least && pick(m) <= most),
  (m) => [`${field} ${pick(m)} is not a whole number from ${least} to ${most}`, "choose one"],
];

/** Ranges of the manifest: when a rule is broken, and what is then said. `NaN` has been reported already and passes. */
const RULES: readonly Rule[] = [
  [
    (m) => !/^[a-z][a-z0-9-]{0,40}$/.test(m.name),
    () => ["name is not ^[a-z][a-z0-9-]{0,40}$", "use up to 41 lower-case letters, digits and hyphens"],
  ],
  /* @__PURE__ */ whole("epoch", (m) => m.epoch, 1, 9_007_199_254_740_991),
  [(m) => m.timeLimitMs < 1_000, (m) => [`timeLimit ${m.timeLimitMs} ms is below a second`, "give it at least 1s"]],
  // The transport counts to 100 and must outlast the record.
  /* @__PURE__ */ whole("retry.attempts", (m) => m.attempts, 1, 90),
  [
    (m) => m.minBackoffMs > m.maxBackoffMs,
    (m) => [
      `retry.minBackoff ${m.minBackoffMs} ms exceeds retry.maxBackoff ${m.maxBackoffMs} ms`,
      "raise maxBackoff or lower minBackoff",
    ],
  ],
  [
    // https://cloud.google.com/pubsub/docs/handling-failures: both back-offs are 0–600 s.
    (m) => m.maxBackoffMs > 600_000,
    (m) => [`retry.maxBackoff ${m.maxBackoffMs} ms is beyond Pub/Sub's limit of 600 s`, "set at most 600s"],
  ],
  // https://cloud.google.com/run/docs/about-concurrency
  /* @__PURE__ */ whole("concurrency", (m) => m.concurrency, 1, 1000),
  [
    (m) => m.rememberMs < 7 * 86_400_000,
    () => [
      "remember is shorter than 7d, a subscription's retention; a late redelivery would have its effect again",
      "set at least 7d",
    ],
  ],
  [
    (m) => m.writes.length > 0 && m.effects !== "transactional",
    () => [
      "writes are made through ctx.commit, which at-least-once handlers do not have",
      'set effects: "transactional" or drop writes',
    ],
  ],
  [
    (m) => forbidden(m).length > 0,
    (m) => [
      `writes names ${JSON.stringify(forbidden(m))}, which no handler may write`,
      `name root collections without "/", other than ${RESERVED.join(" and ")}`,
    ],
  ],
  [
    (m) => m.callers?.length === 0,
    () => ["callers names nobody, so that every event is refused", "name one, or leave callers out"],
  ],
  [
    (m) => unknownCallers(m).length > 0,
    (m) => [`callers names ${JSON.stringify(unknownCallers(m))}`, `choose of ${Object.keys(CALLERS).join(", ")}`],
  ],
];

const toIssue = (name: string, [problem, fix]: Fault): Issue => ({
  code: "MR3001",
  severity: "error",
  path: `contract ${name}`,
  problem,
  fix,
});
