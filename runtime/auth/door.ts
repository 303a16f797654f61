import type { IncomingHttpHeaders } from "node:http";
import { REMOVED_SIGNATURE } from "../../contract/environment";
import type { Clock } from "../clock";
import { checkClaims, type Claims, type Expected, parseToken, refuse, type Verdict } from "./token";
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
  return (headers) => {
    // With both headers Cloud Run checks this one: https://cloud.google.com/run/docs/authenticating/service-to-service
    const checked = headers["x-serverless-authorization"] ?? headers.authorization;
    const token = parseToken(String(checked ?? ""));
    if (!token) return refuse(401, "no bearer token");
    if (token.signature !== REMOVED_SIGNATURE)
      return refuse(
        401,
        "the token has its signature, so the platform has not checked it; does the service let everybody in?",
      );
    return checkClaims(token.claims, options, options.clock.now());
  };
}

export interface SelfDoorOptions extends DoorOptions {
  /** Accepted values of `iss`. */
  readonly issuers: readonly string[];
  readonly keys: Keys;
}

/** Verified tokens that are remembered: Pub/Sub sends the same one for up to an hour. */
const MAX_REMEMBERED = 1_000;

/** `self`: the runtime checks the signature itself, with the issuer's published keys. */
export function selfDoor(options: SelfDoorOptions): Door {
  const { clock, keys, issuers } = options;
  const verified = new Map<string, Claims>();

  const remember = (raw: string, claims: Claims) => {
    // A map iterates in order of insertion: the oldest makes room.
    if (verified.size >= MAX_REMEMBERED) verified.delete(verified.keys().next().value!);
    verified.set(raw, claims);
  };

  return async ({ authorization }) => {
    const known = authorization === undefined ? undefined : verified.get(authorization);
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
    remember(authorization!, token.claims);
    return verdict;
  };
}
