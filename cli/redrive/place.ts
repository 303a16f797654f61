import { spawnSync } from "node:child_process";
import { type Issue, IssuesError } from "../../contract/issue";
import type { Endpoints } from "../../local/engine/endpoints";
import { type Clock, realClock } from "../../runtime/clock";

/** Where letters, records and handlers are: the engine of a stack, or Google Cloud. */
export interface Place {
  /** `host:port` of the engine; undefined for Google Cloud. */
  readonly engine?: string;
  readonly clock: Clock;
  readonly accessToken: () => Promise<string>;
  /** Where a handler of a URL is called. */
  readonly addressOf: (called: { readonly name: string; readonly url: string }) => string;
  /** OIDC token of a service account, as one who may make it. */
  readonly idToken: (email: string, audience: string) => Promise<string>;
  /** Base URL of Cloud Run's Admin API. */
  readonly run: string;
}

/** The engine that runs a stack; its clock is the one that letters were parked by. */
export async function engineAt(engine: Endpoints): Promise<Place> {
  const { nowMs } = (await (await fetch(`${engine.control}/status`)).json()) as { readonly nowMs: number };
  const base = `http://${engine.pubsub}`;
  const accessToken = async () => "owner";
  return {
    engine: engine.pubsub,
    clock: realClock({ realEpochMs: Date.now(), engineEpochMs: nowMs, scale: engine.timeScale }),
    accessToken,
    addressOf: ({ name, url }) => engine.targets.find((one) => one.name === name)?.localUrl ?? url,
    idToken: identities(base, accessToken),
    run: base,
  };
}

/** Google Cloud, as whoever is logged in. */
export function googleCloud(env: NodeJS.ProcessEnv): Place {
  let token: string | undefined;
  const accessToken = async () => (token ??= env["GOOGLE_OAUTH_ACCESS_TOKEN"]?.trim() || gcloudToken(env));
  return {
    clock: realClock(),
    accessToken,
    addressOf: ({ url }) => url,
    idToken: identities("https://iamcredentials.googleapis.com", accessToken),
    run: "https://run.googleapis.com",
  };
}

/** https://cloud.google.com/sdk/gcloud/reference/auth/print-access-token */
function gcloudToken(env: NodeJS.ProcessEnv): string {
  const { stdout, status } = spawnSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8", env });
  if (status === 0 && stdout.trim()) return stdout.trim();
  throw refusal("gcloud has no access token", "run `gcloud auth login`, or set GOOGLE_OAUTH_ACCESS_TOKEN");
}

export function refusal(problem: string, fix: string): IssuesError {
  const issue: Issue = { code: "MR5009", severity: "error", path: "redrive", problem, fix };
  return new IssuesError([issue]);
}

/** Asks an API of Google's, or the engine's stand-in for it. @throws IssuesError MR5009 with what it says against it */
export async function askGoogle(url: string, token: string, body?: object): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    throw refusal(`${new URL(url).host} does not answer: ${(error as Error).message}`, "try again");
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : {};
  throw refusal(
    `${url} answers ${response.status}: ${messageIn(text)}`,
    response.status === 403 ? "ask for the role that it names" : "look at what it says",
  );
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { readonly error: { readonly message: string } }).error.message;
  } catch {
    return text.slice(0, 200);
  }
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken */
const identities =
  (base: string, accessToken: () => Promise<string>) =>
  async (email: string, audience: string): Promise<string> => {
    const url = `${base}/v1/projects/-/serviceAccounts/${email}:generateIdToken`;
    const { token } = (await askGoogle(url, await accessToken(), { audience, includeEmail: true })) as {
      readonly token: string;
    };
    return token;
  };
