import { createHash } from "node:crypto";
import { type RestHandler, StatusError, errorResponse, jsonResponse } from "../../wire/rest";
import type { Clock } from "../clock";
import { type Claims, readJwt, signJwt } from "./jwt";
import { loadKey, publicJwk } from "./key";

export interface TokenRequest {
  /** One audience, as in `oidc_token.audience`. */
  readonly audience: string;
  /** E-mail of the service account that the token speaks for. */
  readonly email: string;
  /** Unique id of the service account. @default 21 digits derived from the e-mail */
  readonly subject?: string;
}

export type Verification =
  | { readonly valid: true; readonly claims: Claims }
  /** For a person: what is wrong with the token, as the end of a sentence. */
  | { readonly valid: false; readonly fault: string };

/** An issuer of identity tokens in the form of Google's, for this machine alone. */
export interface Tokens {
  /** URL of the issuer, the `iss` of its tokens; keys at `{issuer}/jwks`. */
  readonly issuer: string;
  /** A token that is good for at least five more minutes of engine time; the same one until then. */
  mint(request: TokenRequest): Promise<string>;
  /** @param options.now engine milliseconds @default the engine's clock */
  verify(
    token: string,
    options: { readonly audiences: readonly string[]; readonly now?: number },
  ): Promise<Verification>;
  /** Serves `/jwks`, `/.well-known/openid-configuration`, and identity tokens as IAM Credentials' `generateIdToken`. */
  readonly handler: RestHandler;
  /** Settles when the key is there; nothing else waits for it before the first token. */
  readonly ready: Promise<void>;
}

export interface TokensOptions {
  readonly clock: Clock;
  /** `http://127.0.0.1:{port}` */
  readonly issuer: string;
  /** Where the key is kept from one start to the next, for example `.millrace/{stack}/LOCAL-issuer-key.pem`. */
  readonly keyFile?: string;
}

/** Google's identity tokens are good for one hour. */
const LIFETIME_S = 3_600;
/** What a caller can count on when it takes a token that was made before. */
const RESERVE_MS = 300_000;
/** Distinct tokens whose signature is remembered as checked. */
const MAX_REMEMBERED = 1_000;

export function createTokens({ clock, issuer, keyFile }: TokensOptions): Tokens {
  const key = loadKey(keyFile);
  // A failure belongs to whoever needs a token first, not to the process.
  const ready = key.then(() => undefined);
  ready.catch(() => undefined);
  const minted = new Map<string, { readonly token: string; readonly expiresMs: number }>();
  const checked = new Map<string, Partial<Claims>>();

  const claimsOf = async (token: string): Promise<{ claims: Partial<Claims> } | { fault: string }> => {
    const known = checked.get(token);
    if (known) return { claims: known };
    const read = readJwt(token, await key);
    if ("claims" in read) {
      if (checked.size >= MAX_REMEMBERED) checked.clear();
      checked.set(token, read.claims);
    }
    return read;
  };

  const self: Tokens = {
    issuer,
    ready,

    async mint({ audience, email, subject = subjectOf(email) }) {
      const name = JSON.stringify([audience, email, subject]);
      const cached = minted.get(name);
      if (cached && cached.expiresMs - clock.now() >= RESERVE_MS) return cached.token;
      const iat = Math.floor(clock.now() / 1_000);
      const exp = iat + LIFETIME_S;
      const claims = {
        iss: issuer,
        aud: audience,
        azp: subject,
        sub: subject,
        email,
        email_verified: true,
        iat,
        exp,
      } as const;
      const token = signJwt(claims, await key);
      minted.set(name, { token, expiresMs: exp * 1_000 });
      return token;
    },

    async verify(token, { audiences, now = clock.now() }) {
      const read = await claimsOf(token);
      if ("fault" in read) return { valid: false, fault: read.fault };
      const fault = faultOf(read.claims, { issuer, audiences, now });
      return fault === undefined ? { valid: true, claims: read.claims as Claims } : { valid: false, fault };
    },

    async handler({ path, body }) {
      const email = IMPERSONATED.exec(decodeURIComponent(path))?.[1];
      if (email !== undefined) {
        const audience = audienceIn(body);
        if (audience === undefined) return errorResponse(new StatusError("INVALID_ARGUMENT", "audience is missing"));
        return jsonResponse({ token: await self.mint({ audience, email }) });
      }
      if (path === "/jwks") return jsonResponse({ keys: [publicJwk(await key)] });
      if (path === "/.well-known/openid-configuration") return jsonResponse(discovery(issuer));
      return errorResponse(new StatusError("NOT_FOUND", `the issuer serves /jwks, not ${path}`));
    },
  };
  return self;
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken */
const IMPERSONATED = /^\/v1\/projects\/[^/]+\/serviceAccounts\/([^/:]+):generateIdToken$/;

function audienceIn(body: Buffer): string | undefined {
  try {
    const { audience } = JSON.parse(body.toString("utf8")) as { readonly audience?: unknown };
    return typeof audience === "string" && audience !== "" ? audience : undefined;
  } catch {
    return undefined;
  }
}

interface Expected {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Engine milliseconds. */
  readonly now: number;
}

function faultOf(claims: Partial<Claims>, { issuer, audiences, now }: Expected): string | undefined {
  if (claims.iss !== issuer) return `was issued by ${JSON.stringify(claims.iss)} instead of ${issuer}`;
  if (typeof claims.exp !== "number" || claims.exp * 1_000 <= now) return "has expired";
  if (!audiences.includes(claims.aud ?? ""))
    return `has the audience ${JSON.stringify(claims.aud)}, accepted is ${audiences.join(" or ") || "none"}`;
  if (typeof claims.email !== "string" || claims.email_verified !== true) return "has no verified e-mail";
  return undefined;
}

/** A service account's unique id is a number of 21 digits; the same e-mail has the same one on every machine. */
function subjectOf(email: string): string {
  const digest = createHash("sha256").update(email).digest("hex").slice(0, 20);
  return `1${(BigInt(`0x${digest}`) % 10n ** 20n).toString().padStart(20, "0")}`;
}

/** What libraries that discover an issuer look for (OpenID Connect Discovery 1.0 §3). */
const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  claims_supported: ["aud", "azp", "email", "email_verified", "exp", "iat", "iss", "sub"],
});
