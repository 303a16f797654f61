import { IssuesError } from "../../../contract/issue";
import { runtimeError } from "../../../language/workflows/error";
import { LIMITS } from "../../../language/workflows/limits";
import { asText } from "../../../language/workflows/operators";
import { described, isList, typeName, type Value, type ValueMap } from "../../../language/workflows/value";
import { asMap, asNumber, fromJson, toJson } from "./data";
import { asString, decodeUtf8 } from "./text";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  /** The token that Workflows adds. @default none */
  readonly auth?: HttpAuth;
}

export interface HttpAuth {
  readonly type: "OIDC" | "OAuth2";
  /** Whom an OIDC token is for: the URL, if nothing else is said. */
  readonly audience: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; equal headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends a request. @throws TransportFault when no whole response came back */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** Why there was no response: never connected, broken off, or too late. */
export class TransportFault extends Error {
  constructor(
    readonly kind: "ConnectionFailedError" | "ConnectionError" | "TimeoutError",
    message: string,
  ) {
    super(message);
  }
}

const USER_AGENT = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)";
const DEFAULT_TIMEOUT = 300;

/** Calls `http.*` as a step does. @throws WorkflowError */
export async function httpCall(name: string, args: ValueMap, transport: Transport): Promise<Value> {
  const request = requestOf(name, args);
  let response: HttpResponse;
  try {
    response = await transport(request);
  } catch (error) {
    if (error instanceof TransportFault)
      throw runtimeError(error.kind, `${request.method} ${request.url}: ${error.message}`);
    throw error;
  }
  const { status, headers, body } = response;
  if (body.length > LIMITS.response)
    throw runtimeError("ResourceLimitError", `the response of ${body.length} bytes is larger than ${LIMITS.response}`);
  const parts: Readonly<Record<string, Value>> = {
    body: bodyValue(body, headers["content-type"] ?? ""),
    code: BigInt(status),
    headers: new Map(Object.entries(headers)),
  };
  if (status >= 400) throw runtimeError("HttpError", `HTTP server responded with error code ${status}`, parts);
  return new Map(Object.entries(parts));
}

function requestOf(name: string, args: ValueMap): HttpRequest {
  const given = (key: string) => args.get(key) ?? null;
  const method =
    name === "http.request" ? asString(given("method"), "method") : name.slice("http.".length).toUpperCase();
  const timeout = Number(given("timeout") === null ? DEFAULT_TIMEOUT : asNumber(given("timeout"), "timeout"));
  if (!(timeout > 0 && timeout <= LIMITS.httpTimeout))
    throw runtimeError("ValueError", `timeout is ${timeout} s, and must be above 0 and at most ${LIMITS.httpTimeout}`);
  const headers: Record<string, string> = {};
  if (given("headers") !== null)
    for (const [key, value] of asMap(given("headers"), "headers")) headers[key.toLowerCase()] = headerText(key, value);
  headers["user-agent"] = headers["user-agent"] === undefined ? USER_AGENT : `${headers["user-agent"]} ${USER_AGENT}`;
  const url = withQuery(asString(given("url"), "url"), given("query"));
  const body = args.has("body") ? encodeBody(given("body"), headers) : undefined;
  const auth = authOf(given("auth"), url);
  return { method, url, headers, ...(body && { body }), timeoutMs: timeout * 1_000, ...(auth && { auth }) };
}

function authOf(value: Value, url: string): HttpAuth | undefined {
  if (value === null) return undefined;
  const auth = asMap(value, "auth");
  const type = asString(auth.get("type"), "auth.type");
  if (type !== "OIDC" && type !== "OAuth2")
    throw runtimeError("ValueError", `auth.type is ${JSON.stringify(type)}, and must be OIDC or OAuth2`);
  return { type, audience: asString(auth.get("audience") ?? url, "auth.audience") };
}

function headerText(key: string, value: Value): string {
  const text = asText(value);
  if (text !== undefined) return text;
  throw runtimeError("TypeError", `the header ${key} must be a string, not ${described(typeName(value))}`);
}

function withQuery(text: string, query: Value): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw runtimeError("ValueError", `${JSON.stringify(text)} is no URL`);
  }
  if (query !== null)
    for (const [key, value] of asMap(query, "query"))
      for (const item of isList(value) ? value : [value]) url.searchParams.append(key, headerText(key, item));
  return url.href;
}

/** JSON, unless the body is bytes or its Content-Type says otherwise. */
function encodeBody(body: Value, headers: Record<string, string>): Uint8Array {
  const type = headers["content-type"];
  if (body instanceof Uint8Array) {
    headers["content-type"] ??= "application/octet-stream";
    return body;
  }
  if (type !== undefined && typeof body === "string" && !type.startsWith("application/json"))
    return new TextEncoder().encode(body);
  if (type?.startsWith("application/x-www-form-urlencoded")) {
    const form = new URLSearchParams();
    for (const [key, value] of asMap(body, "body")) form.append(key, headerText(key, value));
    return new TextEncoder().encode(form.toString());
  }
  headers["content-type"] ??= "application/json; charset=utf-8";
  return new TextEncoder().encode(toJson(body));
}

/** A body by its Content-Type: JSON, text, else bytes; JSON that is none stays text. */
export function bodyValue(body: Uint8Array, type: string): Value {
  if (/^application\/(json|[\w.-]+\+json)\b/.test(type)) {
    const text = decodeUtf8(body);
    return text === "" ? null : fromJson(text);
  }
  return type.startsWith("text/") ? decodeUtf8(body) : body;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Sends requests to this machine, and to no other.
 * @throws IssuesError MR6102 for another host: neither a retry nor an except can hide it
 */
export const loopbackTransport: Transport = async ({ method, url, headers, body, timeoutMs }) => {
  const { hostname } = new URL(url);
  if (!LOOPBACK.test(hostname))
    throw new IssuesError([
      {
        code: "MR6102",
        severity: "error",
        path: `${method} ${url}`,
        problem: `the request would leave this machine, for ${hostname}`,
        fix: `give a stub for the function that sends it, or a URL on localhost`,
      },
    ]);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body && { body }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (error) {
    throw faultOf(error as Error & { cause?: { code?: string } });
  }
};

const NEVER_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];

function faultOf(error: Error & { cause?: { code?: string } }): TransportFault {
  if (error.name === "TimeoutError") return new TransportFault("TimeoutError", "no response in time");
  const code = error.cause?.code ?? error.message;
  return new TransportFault(NEVER_CONNECTED.includes(code) ? "ConnectionFailedError" : "ConnectionError", code);
}
