import { IssuesError } from "../../../contract/issue";
import type { RestHandler, RestResponse } from "../../wire/rest";
import type { Clock } from "../clock";
import type { FrontDoor } from "../front-door";
import type { Tokens } from "../tokens";
import { connectorStub } from "./connectors";
import { type HttpRequest, type HttpResponse, loopbackTransport, type Transport, TransportFault } from "./http";
import type { Ways } from "./run";

export interface WaysOptions {
  readonly frontDoor: Pick<FrontDoor, "call">;
  readonly tokens: Pick<Tokens, "mint">;
  /** The engine's own surfaces, where Google's APIs are. */
  readonly surfaces: RestHandler;
  /** Whether a surface answers for a path. */
  readonly serves: (path: string) => boolean;
  readonly origin: () => string;
  /** For the pauses between two looks at an operation. */
  readonly clock: Clock;
}

const GOOGLE = /(^|\.)googleapis\.com$/;

/** What a request carries that has no sender of its own. */
const SENDER = "workflows";

/**
 * Requests of workflows go to the targets of the plan, through the front door, with a token of the workflow's identity;
 * those to Google's APIs to the engine's own surfaces; others to this machine, or nowhere.
 */
export function createWays(options: WaysOptions): Ways {
  const { frontDoor, tokens, surfaces, serves, origin, clock } = options;
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const transport =
    (email: string | undefined): Transport =>
    async (request) => {
      const { url, auth, headers, method, timeoutMs } = request;
      const body = Buffer.from(request.body ?? []);
      const oidc = auth?.type === "OIDC" &&
        email !== undefined && { oidc: { serviceAccountEmail: email, audience: auth.audience } };
      const call = {
        endpoint: url,
        method,
        headers,
        body,
        timeoutMs,
        source: SENDER,
        messageId: "",
        attempt: 1,
        ...oidc,
      };
      const answer = await frontDoor.call(call);
      if (answer === "timeout") throw new TransportFault("TimeoutError", "no response in time");
      if (answer) return responseOf(answer.status, answer.headers, answer.body);
      const { hostname, pathname, searchParams } = new URL(url);
      if (GOOGLE.test(hostname)) {
        if (!serves(pathname)) throw notServed(request);
        const query = searchParams;
        const signal = AbortSignal.timeout(timeoutMs);
        return ofSurface(await surfaces({ method, path: pathname, query, headers, body, signal }));
      }
      if (auth?.type !== "OIDC" || email === undefined) return loopbackTransport(request);
      const token = await tokens.mint({ audience: auth.audience, email });
      return loopbackTransport({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } });
    };
  return { transport, origin, connector: (name, over) => connectorStub(name, over, { serves, pause }) };
}

const notServed = ({ method, url }: HttpRequest): IssuesError =>
  new IssuesError([
    {
      code: "MR6102",
      severity: "error",
      path: `${method} ${url}`,
      problem: "the engine runs no service that answers for it, and nothing leaves this machine",
      fix: "run the definition with a stub, or test this call on Google Cloud",
    },
  ]);

const one = (value: string | readonly string[]): string => (typeof value === "string" ? value : value.join(","));

const responseOf = (
  status: number,
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: Uint8Array,
): HttpResponse => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), one(value)])),
  body,
});

async function ofSurface({ status, headers = {}, body }: RestResponse): Promise<HttpResponse> {
  if (typeof body === "string" || Buffer.isBuffer(body)) return responseOf(status, headers, Buffer.from(body));
  const parts: string[] = [];
  for await (const part of body) parts.push(part);
  return responseOf(status, headers, Buffer.from(parts.join("")));
}
