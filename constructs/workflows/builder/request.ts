import { type Duration, seconds } from "../../../language/duration";
import { LIMITS } from "../../../language/workflows/limits";
import type { Expression } from "../../../language/workflows/expression";
import type { IPushTarget } from "../../core";
import { nodeOf } from "./data";
import { type Data, expr, type Input, isExpression } from "./expression";
import type { RetryPolicy } from "./retry";
import type { DefinitionRecord } from "./recorder";

/** A token that Workflows makes of its own identity. */
export interface Auth {
  /** OIDC for Cloud Run and functions, OAuth2 for Google's APIs. */
  readonly type: "OIDC" | "OAuth2";
  /** Whom an OIDC token is for. @default the URL */
  readonly audience?: Input<string>;
  /** What an OAuth2 token is good for. @default cloud-platform */
  readonly scopes?: Input<string> | readonly string[];
}

interface Request {
  /** @default "POST" with a body, else "GET" */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  /** Sent as JSON, unless it is bytes or a Content-Type says otherwise. @default none */
  readonly body?: Data;
  /** @default none */
  readonly headers?: Readonly<Record<string, Input<string>>>;
  /** Texts, numbers, booleans or lists of them. @default none */
  readonly query?: Readonly<Record<string, Data>>;
  /** At most 30 minutes. @default 300 s; for one of our constructs, as long as it may take */
  readonly timeout?: Duration | Input<number>;
  /** Repeats the call when it fails. @default not at all */
  readonly retry?: RetryPolicy;
}

/** A request to one of our constructs: URL, audience and the caller's role follow from it. */
export interface TargetRequest extends Request {
  /** Path below the target's URL. @default none */
  readonly path?: Input<string>;
}

/** A request to any URL. */
export interface UrlRequest extends Request {
  readonly url: Input<string>;
  /** @default none: the request carries no token */
  readonly auth?: Auth["type"] | Auth;
}

/** What a request is answered with when it succeeds, with a status below 400. */
export interface HttpResponse<T> {
  /** JSON and text by the response's Content-Type, else bytes. */
  readonly body: T;
  readonly code: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** A call of `http.*` with its arguments. */
export interface HttpCall {
  readonly function: string;
  readonly args: readonly (readonly [string, Data])[];
}

export function callOfUrl(request: UrlRequest): HttpCall {
  const { auth } = request;
  return httpCall(request.url, request, auth === undefined ? undefined : authOf(auth));
}

function authOf(auth: Auth["type"] | Auth): Data {
  if (typeof auth === "string") return { type: auth };
  const { type, audience, scopes } = auth;
  return { type, audience: audience as Data, scopes: scopes as Data };
}

/** The URL of a target, and of what is below it. @param record learns under which variable it is found */
export function urlOf(target: IPushTarget, path: Input<string> = "", record: DefinitionRecord): Data {
  const base: Expression = {
    kind: "call",
    name: "sys.get_env",
    args: [nodeOf(urlVariable(target, record))],
    offset: 0,
  };
  return expr(path === "" ? base : { kind: "binary", operator: "+", left: base, right: nodeOf(path), offset: 0 });
}

export function callOfTarget(target: IPushTarget, request: TargetRequest, record: DefinitionRecord): HttpCall {
  // The longest wait that makes sense is the target's own limit; Google's default would give up before it.
  const { requestTimeoutSeconds = 0 } = target;
  const timeout =
    request.timeout ?? (requestTimeoutSeconds > 300 ? Math.min(requestTimeoutSeconds, LIMITS.httpTimeout) : undefined);
  return httpCall(
    urlOf(target, request.path, record),
    { ...request, timeout },
    { type: "OIDC", audience: target.audience },
  );
}

function httpCall(
  url: Data,
  request: Omit<Request, "timeout"> & { timeout?: Request["timeout"] },
  auth: Data,
): HttpCall {
  const { method = request.body === undefined ? "GET" : "POST", body, headers, query, timeout } = request;
  const short = METHODS.includes(method);
  return {
    function: short ? `http.${method.toLowerCase()}` : "http.request",
    args: [
      ["method", short ? undefined : method],
      ["url", url],
      ["auth", auth],
      ["headers", headers],
      ["query", query],
      ["body", body],
      ["timeout", timeout === undefined ? undefined : secondsOf(timeout)],
    ],
  };
}

/** Seconds of a duration that is known, or the expression for them. */
export const secondsOf = (value: Duration | Input<number>): Data => {
  if (isExpression(value)) return value;
  return typeof value === "string" ? seconds(value) : value;
};

/** `PAYMENTS_URL` for the construct `Payments`, the same in every environment. */
function urlVariable(target: IPushTarget, { urls }: DefinitionRecord): string {
  const known = urls.get(target);
  if (known !== undefined) return known;
  const { node } = target as IPushTarget & { readonly node?: { readonly id?: string } };
  const base = `${constantCase(node?.id ?? "target")}_URL`;
  const taken = new Set(urls.values());
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
  urls.set(target, name);
  return name;
}

const constantCase = (text: string) =>
  text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
