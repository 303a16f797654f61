import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { OAuth2Client } from "google-auth-library";
import { bundled, microseconds } from "./in-process";
import { type Bench, table } from "./measure";

/*
 * CPU of deciding who calls: a token that was never seen, whose signature is verified, and one that was. Beside it
 * google-auth-library, which verifies every time. Both hold the issuer's key already.
 */
const ROUNDS = 9;
const TOKENS = 300;
const WARM = 4_000;

const AUDIENCE = "https://orders.example.com";
const CALLER = "push@p.iam.gserviceaccount.com";
const ISSUER = "https://accounts.google.com";

const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
let issued = 0;
/** An `authorization` header. */
function token(key: KeyObject): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    email: CALLER,
    email_verified: true,
    sub: String(issued++),
    iat: now,
    exp: now + 3_600,
  };
  const signed = `${segment({ alg: "RS256", kid: "k", typ: "JWT" })}.${segment(claims)}`;
  return copy(`Bearer ${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`);
}

/** As a server gets a header: a text of its own, read off the wire. */
const copy = (header: string) => Buffer.from(header).toString();

const bench: Bench = async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
  const certs = { k: publicKey.export({ type: "spki", format: "pem" }).toString() };
  const { selfDoor, jsonWebKeys, realClock } = bundled(`
    export { selfDoor } from "./runtime/auth/self";
    export { jsonWebKeys } from "./runtime/auth/keys";
    export { realClock } from "./runtime/clock";`) as Pick<typeof import("../runtime/auth/self"), "selfDoor"> &
    Pick<typeof import("../runtime/auth/keys"), "jsonWebKeys"> &
    Pick<typeof import("../runtime/clock"), "realClock">;
  const clock = realClock();
  const keys = jsonWebKeys({ url: "https://keys.test", clock, fetch: async () => Response.json({ keys: [jwk] }) });
  const door = selfDoor({ audiences: [AUDIENCE], callers: [CALLER], issuers: [ISSUER], keys, clock });
  const ours = async (given: string) => {
    const verdict = await door({ authorization: given });
    if (!verdict.ok) throw new Error(verdict.reason);
  };
  const client = new OAuth2Client();
  const theirs = (given: string) =>
    client.verifySignedJwtWithCertsAsync(given.slice("Bearer ".length), certs, AUDIENCE, [ISSUER]);

  const fresh = () => Array.from({ length: TOKENS }, () => token(privateKey));
  const one = token(privateKey);
  await ours(one);
  const warm = () => Array.from({ length: WARM }, () => copy(one));
  const cost = await microseconds(ROUNDS, {
    "millrace, a new token": { batch: fresh, work: ours },
    "google-auth-library, a new token": { batch: fresh, work: theirs },
    "millrace, a known token": { batch: warm, work: ours },
    "google-auth-library, a known token": { batch: () => warm().slice(0, TOKENS), work: theirs },
  });
  console.log(
    table(
      ["µs CPU", "check"],
      Object.entries(cost).map(([name, value]) => [value.toFixed(1), name]),
    ),
  );
  return [
    { what: "T4: a known token", value: cost["millrace, a known token"], unit: "µs" },
    { what: "T4: a new token", value: cost["millrace, a new token"], unit: "µs" },
    {
      what: "a new token beside google-auth-library",
      value: cost["millrace, a new token"] / cost["google-auth-library, a new token"],
      unit: "×",
      atMost: 0.5,
    },
    {
      what: "a known token beside google-auth-library",
      value: cost["millrace, a known token"] / cost["google-auth-library, a known token"],
      unit: "×",
      atMost: 0.05,
    },
  ];
};

export default bench;
