import type { Issue } from "../../contract/issue";

/** What a token says. Whether it may be believed is for the caller to find out. */
export interface Token {
  readonly header: { readonly alg?: string; readonly kid?: string };
  readonly claims: Claims;
  /** The part that is signed. */
  readonly signed: string;
  readonly signature: string;
}

/** OpenID Connect claims that Google puts into tokens of service accounts. */
export interface Claims {
  readonly iss?: string;
  readonly aud?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  /** Seconds since the Unix epoch. */
  readonly exp?: number;
  readonly iat?: number;
}

/** Who may call, as the plan says. */
export interface Expected {
  /** One that ends in `*` stands for everything that starts so: an address that Google chooses. */
  readonly audiences: readonly string[];
  /** E-mails of the identities that may call. */
  readonly callers: readonly string[];
}

/** Answer of a door. A refusal is never an ack: the message stays where it was. */
export type Verdict =
  | { readonly ok: true; readonly email: string }
  | { readonly ok: false; readonly status: 401 | 403 | 503; readonly reason: string; readonly code?: Issue["code"] };

export const refuse = (status: 401 | 403 | 503, reason: string): Verdict => ({ ok: false, status, reason });

/** Clocks of two machines may differ by so much, seconds. */
const LEEWAY_S = 60;

/** The parts of a bearer token, or undefined when the header holds none. */
export function parseToken(authorization: string | undefined): Token | undefined {
  const match = /^bearer ([^.]+)\.([^.]+)\.([^.]+)$/i.exec(authorization ?? "");
  if (!match) return undefined;
  const [, header, claims, signature] = match;
  try {
    return {
      header: decodePart(header!),
      claims: decodePart(claims!),
      signed: `${header}.${claims}`,
      signature: signature!,
    };
  } catch {
    return undefined;
  }
}

function decodePart(part: string): object {
  const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value;
}

/** Checks what a token claims, once its origin is beyond doubt. */
export function checkClaims(claims: Claims, { audiences, callers }: Expected, nowMs: number): Verdict {
  const nowS = nowMs / 1_000;
  if (typeof claims.exp !== "number" || claims.exp + LEEWAY_S < nowS) return refuse(401, "the token has expired");
  if (typeof claims.iat === "number" && claims.iat - LEEWAY_S > nowS)
    return refuse(401, "the token is issued in the future");
  const { aud } = claims;
  if (
    typeof aud !== "string" ||
    !audiences.some((one) => one === aud || (one.endsWith("*") && aud.startsWith(one.slice(0, -1))))
  )
    return refuse(401, `the token is for ${JSON.stringify(aud)}, not for this handler`);
  if (typeof claims.email !== "string" || claims.email_verified !== true)
    return refuse(403, "the token names no verified e-mail");
  if (!callers.includes(claims.email)) return refuse(403, `${claims.email} may not call this handler`);
  return { ok: true, email: claims.email };
}

/** Tokens that were let in before: a caller sends the same one for up to an hour. */
export interface Remembered {
  /** What was said of a token, while that holds. */
  get(authorization: string | undefined, nowMs: number): Verdict | undefined;
  add(authorization: string, claims: Claims, verdict: Verdict): void;
}

const MAX_REMEMBERED = 1_000;
/** Characters at the end of a token that tell it from others well enough to find it by: hashing all of it is dear. */
const TAIL = 64;

export function rememberTokens(): Remembered {
  const known = new Map<
    string,
    { readonly authorization: string; readonly untilMs: number; readonly verdict: Verdict }
  >();
  return {
    get(authorization, nowMs) {
      if (authorization === undefined) return undefined;
      const found = known.get(authorization.slice(-TAIL));
      return found?.authorization === authorization && nowMs <= found.untilMs ? found.verdict : undefined;
    },
    add(authorization, claims, verdict) {
      // A map iterates in order of insertion: the oldest makes room.
      if (known.size >= MAX_REMEMBERED) known.delete(known.keys().next().value!);
      known.set(authorization.slice(-TAIL), { authorization, untilMs: (claims.exp! + LEEWAY_S) * 1_000, verdict });
    },
  };
}
