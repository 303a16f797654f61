import { createHmac, createPublicKey, createVerify } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { type Tokens, createTokens } from "../../../local/engine/tokens";

const ISSUER = "http://127.0.0.1:4567";
const AUDIENCE = "https://pushes-123.us-central1.run.app";
const EMAIL = "push@p.iam.gserviceaccount.com";
const START = Date.parse("2026-01-01T00:00:00Z");

const partsOf = (token: string) =>
  token
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const ask = async (tokens: Tokens, path: string) => {
  const request = { method: "GET", path, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };
  const response = await tokens.handler({ ...request, signal: new AbortController().signal });
  return { status: response.status, json: JSON.parse(response.body as string) };
};

let clock: VirtualClock;
let tokens: Tokens;
beforeEach(() => {
  clock = virtualClock(START);
});
// One key for all tests: making one takes longer than everything else here.
const folder = mkdtempSync(join(tmpdir(), "millrace-tokens-"));
const keyFile = join(folder, "state", "LOCAL-issuer-key.pem");
beforeEach(() => {
  tokens = createTokens({ clock, issuer: ISSUER, keyFile });
});
afterAll(() => rmSync(folder, { recursive: true }));

const mint = () => tokens.mint({ audience: AUDIENCE, email: EMAIL });
const verify = (token: string, audiences = [AUDIENCE]) => tokens.verify(token, { audiences });

describe("a token", () => {
  it("has the claims of Google's", async () => {
    const [header, claims] = partsOf(await mint());
    expect(header).toEqual({ alg: "RS256", kid: expect.stringMatching(/^local-/), typ: "JWT" });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      azp: claims.sub,
      sub: expect.stringMatching(/^\d{21}$/),
      email: EMAIL,
      email_verified: true,
      iat: START / 1_000,
      exp: START / 1_000 + 3_600,
    });
  });

  it("is verified by the published key", async () => {
    const token = await mint();
    const { json } = await ask(tokens, "/jwks");
    const key = json.keys.find(({ kid }: { kid: string }) => kid === partsOf(token)[0].kid);
    const [header, payload, signature] = token.split(".");
    const verifier = createVerify("RSA-SHA256").update(`${header}.${payload}`);
    expect(verifier.verify(createPublicKey({ key, format: "jwk" }), Buffer.from(signature!, "base64url"))).toBe(true);
    expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
  });

  it("is made once per identity and audience until five minutes before it expires", async () => {
    const first = await mint();
    expect(await mint()).toBe(first);
    expect(await tokens.mint({ audience: "https://other", email: EMAIL })).not.toBe(first);
    expect(await tokens.mint({ audience: AUDIENCE, email: "other@p" })).not.toBe(first);
    await clock.advance(55 * 60_000);
    expect(await mint()).toBe(first);
    await clock.advance(1);
    expect(await mint()).not.toBe(first);
  });
});

describe("verification", () => {
  it("accepts the issuer's own token", async () => {
    expect(await verify(await mint())).toMatchObject({ valid: true, claims: { email: EMAIL } });
  });

  it("refuses another audience", async () => {
    expect(await verify(await mint(), ["https://other"])).toEqual({
      valid: false,
      fault: `has the audience "${AUDIENCE}", accepted is https://other`,
    });
  });

  it("refuses an expired token, also one it has accepted before", async () => {
    const token = await mint();
    await clock.advance(3_600_000 - 1);
    expect(await verify(token)).toMatchObject({ valid: true });
    await clock.advance(1);
    expect(await verify(token)).toEqual({ valid: false, fault: "has expired" });
  });

  it("refuses a token of the same key under another issuer", async () => {
    const other = createTokens({ clock, issuer: "http://127.0.0.1:1", keyFile });
    expect(await verify(await other.mint({ audience: AUDIENCE, email: EMAIL }))).toMatchObject({ valid: false });
  });

  it("refuses changed claims, stripped signatures and what is no token", async () => {
    const token = await mint();
    const [header, payload, signature] = token.split(".");
    const claims = encode({ ...partsOf(token)[1], email: "admin@p" });
    const faults = [
      `${header}.${claims}.${signature}`,
      `${header}.${payload}.SIGNATURE_REMOVED_BY_GOOGLE`,
      `${header}.${payload}.`,
      "not a token",
      "a.b.c",
      "",
    ].map(async (text) => (await verify(text)).valid);
    expect(await Promise.all(faults)).toEqual([false, false, false, false, false, false]);
  });

  it("lets no token choose its algorithm", async () => {
    const [header, payload] = (await mint()).split(".").slice(0, 2);
    const kid = partsOf(`${header}.${payload}.`)[0].kid;
    const none = `${encode({ alg: "none", kid })}.${payload}.`;
    const { json } = await ask(tokens, "/jwks");
    const pem = createPublicKey({ key: json.keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
    const text = `${encode({ alg: "HS256", kid })}.${payload}`;
    const symmetric = `${text}.${createHmac("sha256", pem).update(text).digest("base64url")}`;
    expect(await verify(none)).toMatchObject({ valid: false, fault: expect.stringContaining("instead of RS256") });
    expect(await verify(symmetric)).toMatchObject({ valid: false, fault: expect.stringContaining("instead of RS256") });
  });
});

describe("the key", () => {
  it("is kept from one start to the next, readable by its owner alone", async () => {
    const before = (await ask(tokens, "/jwks")).json;
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(keyFile, "utf8")).toMatch(/^LOCAL/);
    expect(readdirSync(join(folder, "state"))).toEqual(["LOCAL-issuer-key.pem"]);
    const again = createTokens({ clock, issuer: ISSUER, keyFile });
    expect((await ask(again, "/jwks")).json).toEqual(before);
  });

  it.each([
    ["others can read it", (file: string) => chmodSync(file, 0o644)],
    ["it is damaged", (file: string) => writeFileSync(file, "-----BEGIN PRIVATE KEY-----\n")],
  ])("is replaced when %s", async (_, spoil) => {
    await tokens.ready;
    const before = readFileSync(keyFile, "utf8");
    spoil(keyFile);
    await createTokens({ clock, issuer: ISSUER, keyFile }).ready;
    expect(readFileSync(keyFile, "utf8")).not.toBe(before);
    expect(readFileSync(keyFile, "utf8")).toContain("-----END PRIVATE KEY-----");
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  it("does not hold up the start: it is made beside it", async () => {
    let made = false;
    void createTokens({ clock, issuer: ISSUER }).ready.then(() => (made = true));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(made).toBe(false);
  });
});

describe("the issuer's pages", () => {
  it("can be discovered", async () => {
    expect(await ask(tokens, "/.well-known/openid-configuration")).toMatchObject({
      status: 200,
      json: { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
    });
  });

  it("are these two only", async () => {
    expect((await ask(tokens, "/keys")).status).toBe(404);
  });
});
