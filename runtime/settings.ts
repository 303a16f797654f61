import { DEADLINE_MARGIN_MS } from "../contract/contract";
import { ENV, LOCAL_ENVIRONMENT, parseClock, type ScaledTime } from "../contract/environment";
import type { Issue } from "../contract/issue";
import type { Handler } from "./handler";
import type { Store } from "./store/store";
import type { Transport } from "./transport";

/** What the environment says, checked against the contract. */
export interface Settings {
  /** On the local engine. */
  readonly local: boolean;
  readonly project?: string | undefined;
  readonly deadlineMs: number;
  readonly maxDeliveryAttempts?: number | undefined;
  readonly audiences: readonly string[];
  readonly callers: readonly string[];
  readonly deadLetterTopic?: string | undefined;
  /** Address of the local engine's token issuer. */
  readonly issuer?: string | undefined;
  readonly time?: ScaledTime | undefined;
  readonly pubsubEmulatorHost?: string | undefined;
  readonly topics?: string | undefined;
}

/**
 * Reads and checks everything at once. A disagreement about deadline, caller or store is an error: the handler must
 * not start. The others are warnings.
 */
export function readSettings(
  { contract: { manifest, hash } }: Handler,
  {
    store,
    tokens,
    transports,
  }: {
    readonly store?: Store | undefined;
    readonly tokens?: object | undefined;
    readonly transports?: readonly Transport[] | undefined;
  },
  env: NodeJS.ProcessEnv,
): { readonly settings: Settings; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const say = (severity: Issue["severity"]) => (code: Issue["code"], problem: string, fix: string) =>
    issues.push({ code, severity, path: `handler ${manifest.name}`, problem, fix });
  const error = say("error");
  const warning = say("warning");

  const local = env[ENV.environment] === LOCAL_ENVIRONMENT;
  const list = (name: string) => (env[name] ?? "").split(",").flatMap((item) => item.trim() || []);
  const number = (name: string): number | undefined => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value > 0) return value;
    error("MR3018", `${name}="${text}" is not a whole number above 0`, `set ${name} to a whole number`);
    return undefined;
  };

  const deployed = env[ENV.contractHash];
  if (deployed !== hash)
    error(
      "MR3010",
      deployed ? `${ENV.contractHash} is another contract's than the bundle's` : unset(ENV.contractHash),
      DEPLOY_AGAIN,
    );

  const deadlineMs = number(ENV.deadlineMs);
  const leastMs = manifest.timeLimitMs + DEADLINE_MARGIN_MS;
  if (deadlineMs === undefined) {
    if (!env[ENV.deadlineMs])
      error("MR3011", unset(ENV.deadlineMs), "set it to the subscription's ack deadline in milliseconds");
  } else if (deadlineMs < leastMs)
    error(
      "MR3011",
      `the sender waits ${deadlineMs} ms, the handler may take ${manifest.timeLimitMs} ms`,
      `raise the ack deadline to at least ${leastMs} ms, or lower the contract's timeLimit`,
    );

  const audiences = list(ENV.audience);
  if (audiences.length === 0)
    error("MR3012", unset(ENV.audience), "set it to the audience of the subscription's OIDC token");
  const callers = list(ENV.callers);
  if (callers.length === 0) error("MR3013", unset(ENV.callers), "set it to the e-mail of the identity that pushes");

  const auth = env[ENV.auth];
  if (auth !== undefined && auth !== manifest.auth)
    error("MR3015", `${ENV.auth} is "${auth}", the contract says "${manifest.auth}"`, DEPLOY_AGAIN);
  if (manifest.auth === "platform" && !env["K_SERVICE"])
    error(
      "MR3015",
      "the contract leaves token checks to Cloud Run, and K_SERVICE is not set: this is not Cloud Run",
      'run it on Cloud Run or Cloud Functions, or set auth: "self" in the contract',
    );

  if (manifest.auth === "self" && !tokens)
    error(
      "MR3015",
      "the contract leaves no token check to the platform, and the handler was started without one of its own",
      'pass { tokens: googleTokens() } of "millrace/runtime/tokens"',
    );

  const kind = env[ENV.store];
  if (kind !== manifest.store)
    error(
      "MR3014",
      kind ? `${ENV.store} is "${kind}", the contract says "${manifest.store}"` : unset(ENV.store),
      `set ${ENV.store} to "${manifest.store}"`,
    );
  if ((store?.kind ?? "memory") !== manifest.store)
    error(
      "MR3014",
      `the contract keeps its records in ${manifest.store}, the handler was started with ${store ? `a ${store.kind}` : "no"} store`,
      `pass { store: ${manifest.store}Store() }`,
    );
  const fault = store?.fault?.();
  if (fault) error("MR3014", fault.problem, fault.fix);

  const setOutside = [ENV.clock, ENV.issuer, ENV.probe].filter((name) => env[name] && !local);
  if (setOutside.length > 0)
    error(
      "MR3016",
      `${setOutside.join(", ")} set although ${ENV.environment} is ${JSON.stringify(env[ENV.environment] ?? "")}`,
      "remove it: it is for the local engine alone",
    );
  const issuer = local ? env[ENV.issuer] : undefined;
  if (issuer && !isLoopback(issuer))
    error("MR3016", `${ENV.issuer}="${issuer}" is not on loopback`, "let the local engine set it");

  let time: ScaledTime | undefined;
  try {
    const text = env[ENV.clock];
    time = local && text ? parseClock(text) : undefined;
  } catch (cause) {
    error("MR3018", (cause as Error).message, `let the local engine set ${ENV.clock}`);
  }

  const deadLetterTopic = env[ENV.deadLetterTopic] || undefined;
  if (!deadLetterTopic)
    warning(
      "MR3030",
      `${unset(ENV.deadLetterTopic)}: a fatal event is retried until the transport gives it up`,
      "set it to the dead-letter topic of the subscription",
    );
  const maxDeliveryAttempts = number(ENV.maxDeliveryAttempts);
  if ((maxDeliveryAttempts ?? Infinity) <= manifest.attempts && !transports?.some(({ parks }) => parks))
    warning(
      "MR3031",
      `the transport gives up after ${maxDeliveryAttempts} deliveries, the record after ${manifest.attempts} attempts`,
      `set max_delivery_attempts above ${manifest.attempts}`,
    );
  if (manifest.store === "memory" && !local)
    warning("MR3032", "records are kept in memory and forgotten with the instance", 'set store: "firestore"');

  return {
    issues,
    settings: {
      local,
      project: env["GOOGLE_CLOUD_PROJECT"],
      deadlineMs: deadlineMs ?? leastMs,
      maxDeliveryAttempts,
      audiences,
      callers,
      deadLetterTopic,
      issuer,
      time,
      pubsubEmulatorHost: env["PUBSUB_EMULATOR_HOST"] || undefined,
      topics: env[ENV.topics],
    },
  };
}

const DEPLOY_AGAIN = "synthesize and deploy again, so that bundle and infrastructure come from one contract";
const unset = (name: string) => `${name} is not set`;

const isLoopback = (url: string) => /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(url);
