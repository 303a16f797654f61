import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { REMOVED_SIGNATURE } from "../../../contract/environment";

export const AUDIENCE = "https://orders.example";
export const CALLER = "push@p.iam.gserviceaccount.com";
export const GOOGLE = "https://accounts.google.com";

/** Claims of a good token at that instant. */
export const goodClaims = (nowMs: number) => ({
  iss: GOOGLE,
  aud: AUDIENCE,
  email: CALLER,
  email_verified: true,
  iat: Math.floor(nowMs / 1_000),
  exp: Math.floor(nowMs / 1_000) + 3_600,
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** As Cloud Run hands it on after checking it. */
export const strippedToken = (claims: object): string =>
  `Bearer ${encode({ alg: "RS256", kid: "k1" })}.${encode(claims)}.${REMOVED_SIGNATURE}`;

export interface Signer {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly token: (claims: object, header?: object) => string;
}

export function createSigner(kid: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    kid,
    publicKey,
    token(claims, header = {}) {
      const signed = `${encode({ alg: "RS256", kid, ...header })}.${encode(claims)}`;
      return `Bearer ${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
}

/** Key set of the signers, as an issuer publishes it. */
export const keySet = (signers: readonly Signer[]) => ({
  keys: signers.map(({ kid, publicKey }) => ({
    ...publicKey.export({ format: "jwk" }),
    kid,
    use: "sig",
    alg: "RS256",
  })),
});
