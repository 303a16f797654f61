import { type Issue, IssuesError } from "../../contract/issue";
import type { Clock } from "../../runtime/clock";
import { Unavailable } from "../../runtime/errors";
import { brief, Refused } from "../../runtime/google/http";
import { patiently } from "../../runtime/record/transition";

/** Who asks, and how. */
export interface GoogleCaller {
  readonly send: typeof fetch;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** How long one request may take, milliseconds. */
  readonly timeoutMs: number;
  readonly accessToken: () => Promise<string>;
}

export interface Question {
  readonly by: keyof typeof WANTED;
  readonly url: string;
  /** Sent with POST; without it the question is a GET. */
  readonly body?: object;
  /** It must not be asked twice: nobody knows whether a question without an answer was heard. @default false */
  readonly once?: boolean;
}

/** How long what does not answer is asked again. */
const PATIENCE_MS = 30_000;

/**
 * Asks an API of Google's, or the engine's stand-in for it; again after 429, 5xx and silence.
 * @throws Refused when it says no; Unavailable when it has not answered for half a minute
 */
export function askGoogle(caller: GoogleCaller, { by, url, body, once = false }: Question): Promise<unknown> {
  const { send, clock, random, timeoutMs, accessToken } = caller;
  return patiently({ clock, random, untilMs: clock.now() + PATIENCE_MS }, async () => {
    const authorization = `Bearer ${await accessToken()}`;
    const unknown = (message: string, cause?: unknown) =>
      once ? new Refused(message, by, 0) : new Unavailable(message, { cause });
    let status: number;
    let text: string;
    try {
      const response = await send(url, {
        method: body ? "POST" : "GET",
        headers: { authorization, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        // None of these APIs moves, and a token is for the one it was made for.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      ({ status } = response);
      text = await response.text();
    } catch (error) {
      throw unknown(`${new URL(url).host} does not answer: ${reasonOf(error)}`, error);
    }
    if (status === 200) return text ? JSON.parse(text) : {};
    const message = `${url} answers ${status} ${brief(text)}`.trimEnd();
    if (status === 429) throw new Unavailable(message);
    if (status >= 500) throw unknown(message);
    throw new Refused(message, by, status);
  });
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}

/** The role that lets somebody do what was refused, by who refuses. */
const WANTED = {
  "Pub/Sub": "roles/pubsub.subscriber on the subscription",
  Firestore: "roles/datastore.user on the project",
  "IAM Credentials": "roles/iam.serviceAccountOpenIdTokenCreator on the service account",
  "Cloud Run": "roles/run.jobsExecutorWithOverrides on the job",
  "Cloud Run's executions": "roles/run.viewer on the job",
  "the handler's address": "roles/run.invoker on the handler's service, for the identity that calls it",
} as const;

const isWanted = (by: string): by is keyof typeof WANTED => by in WANTED;

export function refusal(problem: string, fix: string): IssuesError {
  const issue: Issue = { code: "MR5009", severity: "error", path: "redrive", problem, fix };
  return new IssuesError([issue]);
}

/** What stopped a redrive, for the person at the terminal. */
export function explained(error: unknown): unknown {
  if (error instanceof Refused) return refusal(error.message, fixOf(error));
  if (error instanceof Unavailable) return refusal(error.message, "run the command again in a while; nothing is lost");
  return error;
}

function fixOf({ by, status }: Refused): string {
  const role = isWanted(by) ? WANTED[by] : "the role that it names";
  if (by === "the handler's address" && status !== 404)
    return `see that what is deployed is what was synthesized: it takes ${role}`;
  switch (status) {
    case 0:
      return "it may have begun: look with `gcloud run jobs executions list` before you run the command again";
    case 401:
      return "the access token has expired: run `gcloud auth login`, or set GOOGLE_OAUTH_ACCESS_TOKEN anew";
    case 403:
      return `ask for ${role}, or enable the API it names`;
    case 404:
      return "deploy the stack first: what the plan names is not there";
    default:
      return "look at what it says";
  }
}
