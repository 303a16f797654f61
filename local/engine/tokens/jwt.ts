import { sign, verify } from "node:crypto";
import type { SigningKey } from "./key";

/** Claims of an identity token that Google makes for a service account, and this issuer too. */
export interface Claims {
  readonly iss: string;
  readonly aud: string;
  /** Unique id of the service account, as in `sub`. */
  readonly azp: string;
  readonly sub: string;
  readonly email: string;
  readonly email_verified: true;
  /** Seconds since the Unix epoch. */
  readonly iat: number;
  /** Seconds since the Unix epoch. */
  readonly exp: number;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function signJwt(claims: Claims, { privateKey, kid }: SigningKey): string {
  const text = `${encode({ alg: "RS256", kid, typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

/** @returns the claims of a token that `key` has signed; otherwise what is wrong with it */
export function readJwt(token: string, key: SigningKey): { claims: Partial<Claims> } | { fault: string } {
  const parts = token.split(".");
  const [header, payload] = parts.slice(0, 2).map(decode);
  if (parts.length !== 3 || !header || !payload) return { fault: "is not a JWT" };
  // The algorithm is ours to choose, never the token's (RFC 8725 §3.1).
  if (header.alg !== "RS256") return { fault: `is signed with ${JSON.stringify(header.alg)} instead of RS256` };
  if (header.kid !== key.kid) return { fault: "is not signed by the engine's issuer" };
  const text = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify("sha256", text, key.publicKey, Buffer.from(parts[2]!, "base64url")))
    return { fault: "has a wrong signature" };
  return { claims: payload };
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
