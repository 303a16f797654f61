import type { Endpoints } from "../../local/engine/endpoints";
import { type Clock, realClock } from "../../runtime/clock";
import { askGoogle, type GoogleCaller } from "./google";
import { gcloudToken, renewed } from "./tokens";

/** Where letters, records and handlers are: the engine of a stack, or Google Cloud. */
export interface Place extends GoogleCaller {
  /** `host:port` of the engine; undefined for Google Cloud. */
  readonly engine?: string;
  /** Where a handler of a URL is called. */
  readonly addressOf: (called: { readonly name: string; readonly url: string }) => string;
  /** OIDC token of a service account, as one who may make it. */
  readonly idToken: (email: string, audience: string) => Promise<string>;
  /** Base URL of Cloud Run's Admin API. */
  readonly run: string;
  /** Pause between two looks at an execution, milliseconds of the clock. */
  readonly pollMs: number;
}

/** What stands for the outside world; tests have their own. Nothing in the environment does. */
export interface Outside {
  /** @default global fetch */
  readonly send?: typeof fetch;
  /** @default the wall clock */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** How long one request may take, milliseconds. @default 30 s */
  readonly timeoutMs?: number;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

const TIMEOUT_MS = 30_000;
const POLL_MS = 2_000;

/** The engine that runs a stack; its clock is the one that letters were parked by. */
export async function engineAt(engine: Endpoints): Promise<Place> {
  const { nowMs } = (await (await fetch(`${engine.control}/status`)).json()) as { readonly nowMs: number };
  const base = `http://${engine.pubsub}`;
  const caller: GoogleCaller = {
    send: fetch,
    clock: realClock({ realEpochMs: Date.now(), engineEpochMs: nowMs, scale: engine.timeScale }),
    random: Math.random,
    timeoutMs: TIMEOUT_MS,
    accessToken: async () => "owner",
  };
  return {
    ...caller,
    engine: engine.pubsub,
    addressOf: ({ name, url }) => engine.targets.find((one) => one.name === name)?.localUrl ?? url,
    idToken: identities(base, caller),
    run: base,
    pollMs: (POLL_MS / 20) * engine.timeScale,
  };
}

/** Google Cloud, as whoever is logged in. Its addresses are these, whatever the environment says: tokens go there. */
export function googleCloud(outside: Outside = {}): Place {
  const {
    send = fetch,
    clock = realClock(),
    random = Math.random,
    timeoutMs = TIMEOUT_MS,
    env = process.env,
  } = outside;
  const accessToken = renewed(clock, () => {
    const given = env["GOOGLE_OAUTH_ACCESS_TOKEN"]?.trim();
    return given || gcloudToken(env);
  });
  const caller: GoogleCaller = { send, clock, random, timeoutMs, accessToken };
  return {
    ...caller,
    addressOf: ({ url }) => url,
    idToken: identities("https://iamcredentials.googleapis.com", caller),
    run: "https://run.googleapis.com",
    pollMs: POLL_MS,
  };
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken */
function identities(base: string, caller: GoogleCaller): Place["idToken"] {
  const kept = new Map<string, () => Promise<string>>();
  const ask = async (email: string, audience: string) => {
    const url = `${base}/v1/projects/-/serviceAccounts/${email}:generateIdToken`;
    const answer = await askGoogle(caller, { by: "IAM Credentials", url, body: { audience, includeEmail: true } });
    return (answer as { readonly token: string }).token;
  };
  return (email, audience) => {
    const name = `${email} ${audience}`;
    const token = kept.get(name) ?? renewed(caller.clock, () => ask(email, audience));
    kept.set(name, token);
    return token();
  };
}
