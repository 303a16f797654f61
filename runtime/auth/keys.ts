import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import type { Clock } from "../clock";

/** An issuer's public keys. */
export interface Keys {
  /**
   * Whether the key `kid` signed the text with RS256; false for a key the issuer does not publish.
   * @throws when the keys cannot be read
   */
  verify(kid: string, signed: string, signature: string): Promise<boolean>;
}

export interface KeysOptions {
  /** Address of a JSON Web Key Set. */
  readonly url: string;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** Google's keys: https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken */
export const GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs";
export const GOOGLE_ISSUERS = ["https://accounts.google.com", "accounts.google.com"] as const;

/** An unknown key makes us look again, but no more often than this: anybody can invent key ids. */
const LOOK_AGAIN_MS = 30_000;
const DEFAULT_AGE_MS = 3_600_000;

/** Keys are fetched when first needed, kept as long as the issuer's `cache-control` says, and parsed once. */
export function jsonWebKeys({ url, clock, fetch }: KeysOptions): Keys {
  let keys = new Map<string, KeyObject>();
  let fetchedMs = -Infinity;
  let staleMs = -Infinity;
  let asking: Promise<void> | undefined;

  const ask = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const body = (await response.json()) as { readonly keys: readonly (JsonWebKey & { readonly kid?: string })[] };
    keys = new Map(
      body.keys
        .filter(({ kty }) => kty === "RSA")
        .map((key) => [key.kid ?? "", createPublicKey({ key, format: "jwk" })]),
    );
    fetchedMs = clock.now();
    const age = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1];
    staleMs = fetchedMs + (age === undefined ? DEFAULT_AGE_MS : Number(age) * 1_000);
  };
  const refresh = () => (asking ??= ask().finally(() => (asking = undefined)));

  return {
    async verify(kid, signed, signature) {
      const now = clock.now();
      if (now >= staleMs || (!keys.has(kid) && now - fetchedMs >= LOOK_AGAIN_MS)) await refresh();
      const key = keys.get(kid);
      return key !== undefined && verify("RSA-SHA256", Buffer.from(signed), key, Buffer.from(signature, "base64url"));
    },
  };
}
