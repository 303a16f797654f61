import { createDoor, type Door, type DoorOptions } from "./door";
import { GOOGLE_ISSUERS, GOOGLE_KEYS_URL, jsonWebKeys, type Keys } from "./keys";
import { refuse } from "./token";

export interface SelfDoorOptions extends DoorOptions {
  /** Accepted values of `iss`. */
  readonly issuers: readonly string[];
  readonly keys: Keys;
}

/** `self`: the runtime checks the signature itself, with the issuer's published keys. */
export const selfDoor = (options: SelfDoorOptions): Door =>
  createDoor(
    options,
    ({ authorization }) => authorization,
    async ({ header, claims, signed, signature }) => {
      // Only what Google signs with; above all not "none", and no shared secret.
      if (header.alg !== "RS256")
        return refuse(401, `tokens signed with ${JSON.stringify(header.alg)} are not accepted`);
      if (!options.issuers.includes(claims.iss ?? ""))
        return refuse(401, `the issuer ${JSON.stringify(claims.iss)} is not trusted`);
      try {
        if (await options.keys.verify(header.kid ?? "", signed, signature)) return undefined;
      } catch (error) {
        return refuse(503, `the issuer's keys could not be read: ${(error as Error).message}`);
      }
      return refuse(401, "the token's signature is not the issuer's");
    },
  );

/** What a check of tokens starts from. */
export interface TokenCheckOptions extends DoorOptions {
  readonly fetch: typeof fetch;
  /** Address of the local engine's issuer. @default Google */
  readonly issuer?: string | undefined;
}

/** Makes the door of a handler whose contract says `auth: "self"`. */
export type TokenCheck = (options: TokenCheckOptions) => Door;

/** Checks the signature of each token that has not been seen before with its issuer's keys. */
export function googleTokens(): TokenCheck {
  return ({ issuer, fetch, ...options }) => {
    const keys = jsonWebKeys({ url: issuer ? `${issuer}/jwks` : GOOGLE_KEYS_URL, clock: options.clock, fetch });
    return selfDoor({ ...options, issuers: issuer ? [issuer] : GOOGLE_ISSUERS, keys });
  };
}
