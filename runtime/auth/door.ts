import type { IncomingHttpHeaders } from "node:http";
import { REMOVED_SIGNATURE } from "../../contract/environment";
import type { Clock } from "../clock";
import { checkClaims, type Expected, parseToken, refuse, rememberTokens, type Token, type Verdict } from "./token";

/** Decides who may deliver. */
export type Door = (headers: IncomingHttpHeaders) => Verdict | Promise<Verdict>;

export interface DoorOptions extends Expected {
  readonly clock: Clock;
}

/** Looks at a token once: its claims, then what `distrust` has against its origin. Afterwards only at its time. */
export function createDoor(
  options: DoorOptions,
  headerOf: (headers: IncomingHttpHeaders) => string | undefined,
  distrust: (token: Token) => Verdict | undefined | Promise<Verdict | undefined>,
): Door {
  const { clock } = options;
  const seen = rememberTokens();
  const look = async (authorization: string | undefined): Promise<Verdict> => {
    const token = parseToken(authorization);
    if (!token) return refuse(401, "no bearer token");
    const verdict = checkClaims(token.claims, options, clock.now());
    if (!verdict.ok) return verdict;
    const refusal = await distrust(token);
    if (refusal) return refusal;
    seen.add(authorization!, token.claims, verdict);
    return verdict;
  };
  return (headers) => {
    const authorization = headerOf(headers);
    return seen.get(authorization, clock.now()) ?? look(authorization);
  };
}

/**
 * `platform`: Cloud Run's front end has checked token and invoker role, and hands on the token with its signature
 * replaced. A token that still has one was not checked by anybody: it is refused. What is left to check is whether
 * this caller, among all invokers, may deliver here.
 */
export const platformDoor = (options: DoorOptions): Door =>
  createDoor(
    options,
    // With both headers Cloud Run checks this one: https://cloud.google.com/run/docs/authenticating/service-to-service
    (headers) => String(headers["x-serverless-authorization"] ?? headers.authorization ?? ""),
    ({ signature }) =>
      signature === REMOVED_SIGNATURE
        ? undefined
        : refuse(
            401,
            "the token has its signature, so the platform has not checked it; does the service let everybody in?",
          ),
  );
