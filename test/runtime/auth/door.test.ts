import { createHmac } from "node:crypto";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { createTokens } from "../../../local/engine/tokens";
import { platformDoor } from "../../../runtime/auth/door";
import { selfDoor } from "../../../runtime/auth/self";
import { GOOGLE_ISSUERS, jsonWebKeys } from "../../../runtime/auth/keys";
import { restFetch } from "../support/rest-fetch";
import { AUDIENCE, CALLER, createSigner, goodClaims, keySet, type Signer, strippedToken } from "../support/tokens";

const START = 1_700_000_000_000;
const expected = { audiences: [AUDIENCE, "other"], callers: [CALLER] };

/** What is wrong with claims, whoever checks them: the change, the status, and what the log says. */
const FAULTS: [string, object, number, RegExp][] = [
  ["for another audience", { aud: "https://elsewhere.example" }, 401, /is for "https:\/\/elsewhere.example"/],
  ["without an audience", { aud: undefined }, 401, /is for undefined/],
  ["with a list for an audience", { aud: [AUDIENCE] }, 401, /is for/],
  ["of another caller", { email: "mallory@p.iam.gserviceaccount.com" }, 403, /mallory.* may not call/],
  ["without an e-mail", { email: undefined }, 403, /no verified e-mail/],
  ["with an e-mail that is not verified", { email_verified: false }, 403, /no verified e-mail/],
  ["that has expired", { exp: START / 1_000 - 61 }, 401, /expired/],
  ["that never expires", { exp: undefined }, 401, /expired/],
  ["from the future", { iat: START / 1_000 + 61 }, 401, /future/],
];

describe("the door behind Cloud Run's front end", () => {
  const door = platformDoor({ ...expected, clock: virtualClock(START) });

  it("lets in the caller whose token the front end has checked", async () => {
    expect(await door({ authorization: strippedToken(goodClaims(START)) })).toEqual({ ok: true, email: CALLER });
  });

  it.each(FAULTS)("refuses a token %s", async (_name, change, status, reason) => {
    const verdict = await door({ authorization: strippedToken({ ...goodClaims(START), ...change }) });
    expect(verdict).toEqual({ ok: false, status, reason: expect.stringMatching(reason) });
  });

  it.each([
    ["https://web-dev-relay-abc123-ew.a.run.app", true],
    ["https://web-dev-relay-123.europe-west1.run.app", true],
    ["https://web-dev-other-abc123-ew.a.run.app", false],
    ["https://web-dev-relay.example", false],
  ])("takes an address that Google chose for one of the service: %s, %s", async (aud, ok) => {
    const chosen = platformDoor({ ...expected, audiences: ["https://web-dev-relay-*"], clock: virtualClock(START) });
    expect(await chosen({ authorization: strippedToken({ ...goodClaims(START), aud }) })).toMatchObject({ ok });
  });

  it("refuses a token that still has its signature: nobody has checked it", async () => {
    const { token } = createSigner("k1");
    expect(await door({ authorization: token(goodClaims(START)) })).toMatchObject({
      status: 401,
      reason: expect.stringMatching(/has its signature/),
    });
  });

  it("believes the header that the front end has checked when there are two", async () => {
    const forged = strippedToken(goodClaims(START));
    const real = strippedToken({ ...goodClaims(START), email: "mallory@p.iam.gserviceaccount.com" });
    expect(await door({ authorization: forged, "x-serverless-authorization": real })).toMatchObject({ status: 403 });
  });

  it.each([undefined, "", "Basic eDp5", "Bearer", "Bearer a.b", "Bearer !.!.!", "Bearer bnVsbA.bnVsbA.x"])(
    "refuses the header %j",
    async (authorization) => {
      expect(await door({ authorization })).toMatchObject({ ok: false, status: 401 });
    },
  );
});

describe("the door that checks signatures itself", () => {
  const signer = createSigner("k1");
  let clock: VirtualClock;
  let published: Signer[];
  let fetches: number;
  let down: boolean;
  beforeEach(() => {
    clock = virtualClock(START);
    published = [signer];
    fetches = 0;
    down = false;
  });
  const open = () => {
    const answer: typeof fetch = async () => {
      fetches++;
      if (down) throw new TypeError("fetch failed");
      return Response.json(keySet(published), { headers: { "cache-control": "public, max-age=7200" } });
    };
    const keys = jsonWebKeys({ url: "https://issuer.test/certs", clock, fetch: answer });
    return selfDoor({ ...expected, clock, issuers: GOOGLE_ISSUERS, keys });
  };

  it("lets in the caller, and remembers the token until it expires", async () => {
    const door = open();
    const authorization = signer.token(goodClaims(START));
    expect(await door({ authorization })).toEqual({ ok: true, email: CALLER });
    // Whoever is remembered needs no key any more.
    published = [];
    await clock.advance(3_600_000);
    expect(await door({ authorization })).toEqual({ ok: true, email: CALLER });
    await clock.advance(61_000);
    expect(await door({ authorization })).toMatchObject({ ok: false, status: 401 });
    expect(fetches).toBe(1);
  });

  it.each(FAULTS)("refuses a token %s", async (_name, change, status, reason) => {
    const verdict = await open()({ authorization: signer.token({ ...goodClaims(START), ...change }) });
    expect(verdict).toEqual({ ok: false, status, reason: expect.stringMatching(reason) });
  });

  it("refuses another issuer", async () => {
    const authorization = signer.token({ ...goodClaims(START), iss: "https://issuer.test" });
    expect(await open()({ authorization })).toMatchObject({ status: 401, reason: expect.stringMatching(/issuer/) });
  });

  it("refuses a signature by another key of the same name", async () => {
    expect(await open()({ authorization: createSigner("k1").token(goodClaims(START)) })).toMatchObject({
      status: 401,
      reason: expect.stringMatching(/signature is not the issuer's/),
    });
  });

  it("refuses claims that were changed after signing", async () => {
    const [head, , signature] = signer.token({ ...goodClaims(START), email: "mallory" }).split(".");
    const claims = Buffer.from(JSON.stringify(goodClaims(START))).toString("base64url");
    expect(await open()({ authorization: `${head}.${claims}.${signature}` })).toMatchObject({ status: 401 });
  });

  it("refuses a token without a signature, or whose signature the platform took away", async () => {
    const none = signer.token(goodClaims(START), { alg: "none" });
    expect(await open()({ authorization: none })).toMatchObject({
      status: 401,
      reason: expect.stringMatching(/"none"/),
    });
    expect(await open()({ authorization: strippedToken(goodClaims(START)) })).toMatchObject({ status: 401 });
  });

  it("refuses a token that is signed with the public key as a shared secret", async () => {
    const [head, claims] = signer.token(goodClaims(START), { alg: "HS256" }).replace("Bearer ", "").split(".");
    const secret = signer.publicKey.export({ type: "spki", format: "pem" });
    const signature = createHmac("sha256", secret).update(`${head}.${claims}`).digest("base64url");
    expect(await open()({ authorization: `Bearer ${head}.${claims}.${signature}` })).toMatchObject({ status: 401 });
  });

  it("finds a new key of the issuer, without asking for every invented one", async () => {
    const door = open();
    await door({ authorization: signer.token(goodClaims(START)) });
    const next = createSigner("k2");
    published = [signer, next];
    expect(await door({ authorization: next.token(goodClaims(START)) })).toMatchObject({ ok: false });
    expect(fetches).toBe(1);
    await clock.advance(30_000);
    expect(await door({ authorization: next.token(goodClaims(START)) })).toEqual({ ok: true, email: CALLER });
    expect(fetches).toBe(2);
  });

  it("asks once for many tokens at a time, and again when the keys are stale", async () => {
    const door = open();
    const tokens = [1, 2, 3].map((n) => signer.token({ ...goodClaims(START), n }));
    await Promise.all(tokens.map(async (authorization) => door({ authorization })));
    expect(fetches).toBe(1);
    await clock.advance(7_200_000);
    await door({ authorization: signer.token(goodClaims(clock.now())) });
    expect(fetches).toBe(2);
  });

  it("cannot decide while the keys cannot be read, and says so with a status that is retried", async () => {
    down = true;
    const door = open();
    const authorization = signer.token(goodClaims(START));
    expect(await door({ authorization })).toMatchObject({ ok: false, status: 503 });
    down = false;
    expect(await door({ authorization })).toEqual({ ok: true, email: CALLER });
  });

  it("accepts tokens of the local engine when told to trust its issuer", async () => {
    const issuer = "http://127.0.0.1:1";
    const tokens = createTokens({ clock, issuer });
    const keys = jsonWebKeys({ url: `${issuer}/jwks`, clock, fetch: restFetch(tokens.handler) });
    const token = await tokens.mint({ audience: AUDIENCE, email: CALLER });
    const trusting = selfDoor({ ...expected, clock, issuers: [issuer], keys });
    expect(await trusting({ authorization: `Bearer ${token}` })).toEqual({ ok: true, email: CALLER });
    expect(await open()({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401 });
  });
});
