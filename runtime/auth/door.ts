import type { IncomingHttpHeaders } from "node:http";
import { REMOVED_SIGNATURE } from "../../contract/environment";
import type { Clock } from "../clock";
import { checkClaims, type Expected, parseToken, refuse, rememberTokens, type Verdict } from "./token";
import type { Keys } from "./keys";

/** Decides who may deliver. */
export type Door = (headers: IncomingHttpHeaders) => Verdict | Promise<Verdict>;

export interface DoorOptions extends Expected {
  readonly clock: Clock;
}

/**
 * `platform`: Cloud Run's front end has checked token and invoker role, and hands on the token with its signature
 * replaced. A token that still has one was not checked by anybody: it is refused. What is left to check is whether
 * this caller, among all invokers, may deliver here.
 */
export function platformDoor(options: DoorOptions): Door {
  const seen = rememberTokens();
  return (headers) => {
    // With both headers Cloud Run checks this one: https://cloud.google.com/run/docs/authenticating/service-to-service
    const checked = String(headers["x-serverless-authorization"] ?? headers.authorization ?? "");
    const known = seen.get(checked);
    if (known) return checkClaims(known, options, options.clock.now());
    const token = parseToken(checked);
    if (!token) return refuse(401, "no bearer token");
    if (token.signature !== REMOVED_SIGNATURE)
      return refuse(
        401,
        "the token has its signature, so the platform has not checked it; does the service let everybody in?",
      );
    const verdict = checkClaims(token.claims, options, options.clock.now());
    if (verdict.ok) seen.add(checked, token.claims);
    return verdict;
  };
}

export interface SelfDoorOptions extends DoorOptions {
  /** Accepted values of `iss`. */
  readonly issuers: readonly string[];
  readonly keys: Keys;
}

/** `self`: the runtime checks the signature itself, with the issuer's published keys. */
export function selfDoor(options: SelfDoorOptions): Door {
  const { clock, keys, issuers } = options;
  const verified = rememberTokens();

  return async ({ authorization }) => {
    const known = verified.get(authorization);
    if (known) return checkClaims(known, options, clock.now());
    const token = parseToken(authorization);
    if (!token) return refuse(401, "no bearer token");
    // Only what Google signs with; above all not "none", and no shared secret.
    if (token.header.alg !== "RS256")
      return refuse(401, `tokens signed with ${JSON.stringify(token.header.alg)} are not accepted`);
    if (!issuers.includes(token.claims.iss ?? ""))
      return refuse(401, `the issuer ${JSON.stringify(token.claims.iss)} is not trusted`);
    const verdict = checkClaims(token.claims, options, clock.now());
    if (!verdict.ok) return verdict;
    let valid: boolean;
    try {
      valid = await keys.verify(token.header.kid ?? "", token.signed, token.signature);
    } catch (error) {
      return refuse(503, `the issuer's keys could not be read: ${(error as Error).message}`);
    }
    if (!valid) return refuse(401, "the token's signature is not the issuer's");
    verified.add(authorization!, token.claims);
    return verdict;
  };
}
