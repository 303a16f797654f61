/**
 * Names of the environment variables through which a construct hands a handler's numbers to the runtime, and the local
 * engine hands it its stand-ins. Written once here, read on both sides.
 */
export const ENV = {
  /** Name of the environment the stack was synthesized for, for example `prod`; `local` on the engine. */
  environment: "MILLRACE_ENV",
  /** SHA-256 (hex) of the contract's manifest; the runtime refuses to start when its own differs. */
  contractHash: "MILLRACE_CONTRACT_HASH",
  /** Milliseconds the caller waits for an answer: the push subscription's ack deadline. */
  deadlineMs: "MILLRACE_DEADLINE_MS",
  /** Deliveries before the transport itself dead-letters. */
  maxDeliveryAttempts: "MILLRACE_MAX_DELIVERY_ATTEMPTS",
  /** `platform` (Cloud Run's front end has verified the token) or `self` (the runtime verifies the signature). */
  auth: "MILLRACE_AUTH",
  /** Accepted token audiences, comma separated. */
  audience: "MILLRACE_AUDIENCE",
  /**
   * E-mails of the identities that may call, comma separated. Where the contract names its callers, each has the kind
   * that it was wired for before it: `pubsub:{e-mail}`; without one it may be of any kind that the contract names.
   */
  callers: "MILLRACE_CALLERS",
  /** `memory`, `firestore` or `postgres`. */
  store: "MILLRACE_STORE",
  /** `projects/{project}/databases/{database}`. */
  firestoreDatabase: "MILLRACE_FIRESTORE_DATABASE",
  /** `projects/{project}/topics/{topic}`: where parked messages go. */
  deadLetterTopic: "MILLRACE_DEAD_LETTER_TOPIC",
  /** `projects/{project}/subscriptions/{subscription}`: what a pull worker takes its messages from. */
  subscription: "MILLRACE_SUBSCRIPTION",
  /** Addresses of topics by the names of `defineTopic`: `{name}=projects/{project}/topics/{topic}`, comma separated. */
  topics: "MILLRACE_TOPICS",

  /** Set while packaging asks a bundle for its contract; nothing may start. */
  describe: "MILLRACE_DESCRIBE",

  /** Local engine only: `{real epoch ms}:{engine epoch ms}:{scale}`; see `parseClock`. */
  clock: "MILLRACE_CLOCK",
  /** Local engine only: issuer (`http://127.0.0.1:{port}`) whose keys are at `/jwks`. */
  issuer: "MILLRACE_ISSUER",
  /** Local engine only: `1` makes the runtime report crash points over the IPC channel and wait for leave to go on. */
  probe: "MILLRACE_PROBE",
} as const;

/** `projects/{project}/topics/{topic}`: where a relay of events publishes to. Not in the table, which every handler carries. */
export const RELAY_TOPIC = "MILLRACE_RELAY_TOPIC";

/** The environment name of the local engine; what only a laptop may do is allowed under this name alone. */
export const LOCAL_ENVIRONMENT = "local";

/** Path the runtime answers to `GET` without a token: 200 while it takes events, 503 once it drains. */
export const HEALTH_PATH = "/_millrace/health";

/** What Cloud Run puts in place of the signature of a token its front end has verified. */
export const REMOVED_SIGNATURE = "SIGNATURE_REMOVED_BY_GOOGLE";

/** The engine's time: `engine = engineEpochMs + (Date.now() - realEpochMs) * scale`. */
export interface ScaledTime {
  readonly realEpochMs: number;
  readonly engineEpochMs: number;
  readonly scale: number;
}

export const formatClock = (time: ScaledTime): string => `${time.realEpochMs}:${time.engineEpochMs}:${time.scale}`;

/** @throws RangeError when the text is not three finite numbers or the scale is not above zero. */
export function parseClock(text: string): ScaledTime {
  const [realEpochMs, engineEpochMs, scale] = text.split(":").map(Number);
  if (![realEpochMs, engineEpochMs, scale].every(Number.isFinite) || !(scale! > 0))
    throw new RangeError(`${ENV.clock}="${text}" is not {real epoch ms}:{engine epoch ms}:{scale}`);
  return { realEpochMs: realEpochMs!, engineEpochMs: engineEpochMs!, scale: scale! };
}
