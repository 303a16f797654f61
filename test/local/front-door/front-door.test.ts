import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Clock, realClock, virtualClock } from "../../../local/engine/clock";
import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import { createFrontDoor, type Door, type FrontDoor } from "../../../local/engine/front-door";
import { createProcesses, type Processes, type TargetStatus } from "../../../local/engine/processes";
import type { TargetSpec } from "../../../local/engine/target";
import { createTokens, type Tokens } from "../../../local/engine/tokens";
import { name, scratch, server, target, until } from "../processes/fixtures";

const EMAIL = "push@p.iam.gserviceaccount.com";
const { folder, remove } = scratch();
let stop: (() => Promise<void>) | undefined;
let states = 0;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
afterAll(remove);

interface Opened {
  readonly door: FrontDoor;
  readonly tokens: Tokens;
  readonly processes: Processes;
  readonly events: EngineEvent[];
  readonly refused: () => { status: number; reason: string }[];
  /** Pushes an empty message to a path of a target, signed unless told otherwise. */
  readonly push: (spec: TargetSpec, path?: string, request?: Partial<PushRequest>) => Promise<PushResult>;
  /** As a person with curl would. */
  readonly curl: (
    path: string,
    headers?: Record<string, string>,
    method?: string,
  ) => Promise<{ status: number; headers: Record<string, string | string[]>; text: string }>;
  readonly status: () => TargetStatus;
}

async function open(doors: readonly (TargetSpec | Door)[], clock: Clock = realClock()): Promise<Opened> {
  const targets = doors.map((door) => ("spec" in door ? door : { spec: door }));
  const emitter = createEvents(() => clock.now());
  const events: EngineEvent[] = [];
  emitter.on((event) => events.push(event));
  const stateDir = join(folder, `state-${++states}`);
  // One key for all tests: it is kept.
  const tokens = createTokens({ clock, issuer: "http://127.0.0.1:1", keyFile: join(folder, "key.pem") });
  const specs = targets.map(({ spec }) => spec);
  const processes = createProcesses({ targets: specs, stateDir, clock, events: emitter, standIns: {} });
  const door = createFrontDoor({ targets: () => targets, tokens, processes, events: emitter, clock });
  stop = () => processes.stop();
  await processes.start();
  return {
    door,
    tokens,
    processes,
    events,
    refused: () =>
      events.flatMap((event) => (event.type === "refused" ? [{ status: event.status, reason: event.reason }] : [])),
    push: (spec, path = "/", request = {}) =>
      door.push({
        endpoint: `${spec.url}${path}`,
        headers: { "content-type": "application/json" },
        body: Buffer.from("{}"),
        timeoutMs: 600_000,
        oidc: { serviceAccountEmail: EMAIL, audience: spec.audiences[0]! },
        source: "projects/p/subscriptions/s",
        messageId: "1",
        attempt: 1,
        ...request,
      }),
    async curl(path, headers = {}, method = "GET") {
      const [at, query] = path.split("?");
      const request = { method, path: at!, query: new URLSearchParams(query), headers, body: Buffer.alloc(0) };
      const response = await door.rest({ ...request, signal: new AbortController().signal });
      return { status: response.status, headers: { ...response.headers }, text: (response.body as Buffer).toString() };
    },
    status: () => processes.status()[0]!,
  };
}

/** Answers with what it was sent. */
const echo = server(
  `new Promise((resolve) => { let body = ""; request.on("data", (d) => body += d).on("end", () => resolve({ method: request.method, url: request.url, headers: request.headers, body })); })`,
);
const invokers = [`serviceAccount:${EMAIL}`];
const statusOf = (status: number): PushResult => ({ kind: "status", status });

describe("a push to a target", () => {
  it("passes with the token of an invoker, whose signature the target does not see", async () => {
    const kept = `let last; ${server(`request.url === "/last" ? last : (last = { url: request.url, headers: request.headers }, response.statusCode = 204, undefined)`)}`;
    const spec = target(folder, kept, { invokers });
    const { push, curl, tokens } = await open([spec]);
    expect(await push(spec, "/pubsub/push?a=1")).toEqual(statusOf(204));
    const token = await tokens.mint({ audience: spec.url, email: EMAIL });
    const { url, headers } = JSON.parse((await curl("/targets/app/last", { authorization: `Bearer ${token}` })).text);
    expect(url).toBe("/pubsub/push?a=1");
    const [head, claims] = token.split(".");
    expect(headers.authorization).toBe(`Bearer ${head}.${claims}.SIGNATURE_REMOVED_BY_GOOGLE`);
    expect(headers).toMatchObject({
      host: "app-1.r.run.app",
      "content-type": "application/json",
      "content-length": "2",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      forwarded: 'for="127.0.0.1";proto=https',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      "x-cloud-trace-context": expect.stringMatching(/^[0-9a-f]{32}\/\d+;o=1$/),
    });
  });

  it.each([500, 404, 302, 202])("passes on the status %i and decides nothing about it", async (status) => {
    const spec = target(folder, server(`response.statusCode = ${status}`), { invokers });
    const { push, refused } = await open([spec]);
    expect(await push(spec)).toEqual(statusOf(status));
    expect(refused()).toEqual([]);
  });

  it("finds targets that share a host by their paths", async () => {
    const fn = (id: string) => {
      const spec = target(folder, `exports.handler = (q, r) => r.status(q.path === "/x" ? ${id} : 500).end();`, {
        kind: "function",
        name: `f${id}`,
        invokers: ["allUsers"],
      });
      return { spec, urls: [spec.url, `https://r-p.cloudfunctions.net/f${id === "201" ? "" : id}`] };
    };
    const { door } = await open([fn("201"), fn("202")]);
    const push = (endpoint: string) =>
      door.push({
        endpoint,
        headers: {},
        body: Buffer.from(""),
        timeoutMs: 600_000,
        source: "s",
        messageId: "m",
        attempt: 1,
      });
    expect(await push("https://r-p.cloudfunctions.net/f/x")).toEqual(statusOf(201));
    expect(await push("https://r-p.cloudfunctions.net/f202/x")).toEqual(statusOf(202));
    expect(await push("https://F202-1.r.run.app/x")).toEqual(statusOf(202));
    expect(await push("https://r-p.cloudfunctions.net/f2022/x")).toMatchObject({ kind: "unreachable" });
  });
});

describe("a target that not everybody may call", () => {
  const spec = target(folder, echo, { invokers, audiences: ["https://app-1.r.run.app", "orders"] });

  it("refuses as Cloud Run does, and says why in an event", async () => {
    const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
    const { push, refused, door, tokens, curl } = await open([spec], clock);
    const oidc = { serviceAccountEmail: EMAIL, audience: "orders" };
    expect(await push(spec, "/", { oidc })).toEqual(statusOf(200));
    expect(await push(spec, "/", { oidc: { ...oidc, audience: "https://other" } })).toEqual(statusOf(401));
    expect(await push(spec, "/", { oidc: { ...oidc, serviceAccountEmail: "other@p" } })).toEqual(statusOf(403));
    const { oidc: _, ...unsigned } = { oidc, endpoint: spec.url };
    expect(
      await door.push({
        ...unsigned,
        headers: {},
        body: Buffer.alloc(0),
        timeoutMs: 1,
        source: "s",
        messageId: "m",
        attempt: 1,
      }),
    ).toEqual(statusOf(403));
    const token = await tokens.mint({ audience: "orders", email: EMAIL });
    const bearer = (text: string) => curl("/targets/app", { authorization: text });
    const forged = `${token.slice(0, -4)}AAAA`;
    expect((await bearer(`Bearer ${token}`)).status).toBe(200);
    expect((await bearer(`bearer ${forged}`)).status).toBe(401);
    expect((await bearer("Basic abc")).status).toBe(401);
    await clock.advance(3_600_000);
    const expired = await bearer(`Bearer ${token}`);
    expect(expired).toMatchObject({
      status: 401,
      headers: { "www-authenticate": expect.stringContaining("invalid_token") },
    });
    expect(expired.text).toContain("has expired");
    expect(refused()).toEqual([
      {
        status: 401,
        reason: 'its token has the audience "https://other", accepted is https://app-1.r.run.app or orders',
      },
      { status: 403, reason: "other@p does not hold roles/run.invoker on it" },
      { status: 403, reason: "the request has no token, and the target is not public" },
      { status: 401, reason: "its token has a wrong signature" },
      { status: 401, reason: "its authorization header has no bearer token" },
      { status: 401, reason: "its token has expired" },
    ]);
  });

  it("never reaches its process with what is refused", async () => {
    const counting = target(folder, server(`request.url === "/count" ? n : ++n`, "let n = 0;"), { invokers });
    const { push, curl, tokens } = await open([counting]);
    await push(counting, "/", { oidc: { serviceAccountEmail: "other@p", audience: counting.url } });
    const authorization = `Bearer ${await tokens.mint({ audience: counting.url, email: EMAIL })}`;
    expect((await curl("/targets/app/count", { authorization })).text).toBe("0");
  });

  it("takes a token in the header that leaves Authorization to the application", async () => {
    const { curl, tokens } = await open([spec]);
    const token = await tokens.mint({ audience: "orders", email: EMAIL });
    const answer = await curl("/targets/app", {
      authorization: "Bearer mine",
      "x-serverless-authorization": `Bearer ${token}`,
    });
    expect(JSON.parse(answer.text).headers).toMatchObject({
      authorization: "Bearer mine",
      "x-serverless-authorization": expect.stringMatching(/\.SIGNATURE_REMOVED_BY_GOOGLE$/),
    });
  });
});

describe("a target for all users", () => {
  const spec = target(folder, echo, { invokers: ["allUsers"] });

  it("gets every token whole: nobody has verified it", async () => {
    const { curl, tokens } = await open([spec]);
    const authorization = `Bearer ${await tokens.mint({ audience: "anything", email: EMAIL })}`;
    expect(JSON.parse((await curl("/targets/app", { authorization })).text).headers).toMatchObject({ authorization });
    expect((await curl("/targets/app", { authorization: "Bearer x" })).status).toBe(200);
    expect((await curl("/targets/app")).status).toBe(200);
  });

  it("is called by people with path, query and method, and without the connection's own headers", async () => {
    const { curl } = await open([spec]);
    const answer = await curl(
      "/targets/app/a%20b/c?x=1&y=%26",
      { connection: "x-mine", "x-mine": "1", te: "trailers", via: "v" },
      "PUT",
    );
    const { method, url, headers } = JSON.parse(answer.text);
    expect([method, url]).toEqual(["PUT", "/a%20b/c?x=1&y=%26"]);
    expect(headers).toMatchObject({ via: "v", host: "app-1.r.run.app" });
    expect(headers).not.toHaveProperty("x-mine");
    expect(headers).not.toHaveProperty("te");
    expect((await curl("/targets/none")).status).toBe(404);
  });

  it("goes on with the trace of its caller", async () => {
    const { curl } = await open([spec]);
    const traceparent = `00-${"ab".repeat(16)}-${"1".repeat(16)}-00`;
    const { headers } = JSON.parse((await curl("/targets/app", { traceparent })).text);
    expect(headers.traceparent).toMatch(/^00-(ab){16}-[0-9a-f]{16}-00$/);
    expect(headers["x-cloud-trace-context"]).toMatch(/^(ab){16}\/\d+;o=0$/);
  });

  it("is not called by web pages of another origin", async () => {
    const { curl, refused } = await open([spec]);
    expect((await curl("/targets/app", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await curl("/targets/app", { "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await curl("/targets/app", { "sec-fetch-site": "none" })).status).toBe(200);
    expect(refused()).toMatchObject([{ status: 403, reason: expect.stringContaining("another origin") }]);
  });
});

describe("when the process", () => {
  it("is killed while it works, the push is answered 503, and the next goes to a new one", async () => {
    const spec = target(folder, server(`request.url === "/hang" ? new Promise(() => {}) : process.pid`), { invokers });
    const { push, door, processes, refused, events } = await open([spec]);
    const hanging = push(spec, "/hang", { messageId: "7", attempt: 3 });
    await until(() => door.inFlight().length === 1);
    const [entry] = door.inFlight();
    expect(entry).toEqual({
      target: name(spec),
      pid: expect.any(Number),
      messageId: "7",
      source: "projects/p/subscriptions/s",
      attempt: 3,
    });
    processes.kill(entry!.pid, "SIGKILL");
    expect(await hanging).toEqual(statusOf(503));
    expect(refused()).toMatchObject([{ status: 503, reason: expect.stringContaining("no answer: ") }]);
    expect(door.inFlight()).toEqual([]);
    expect(await push(spec)).toEqual(statusOf(200));
    expect(events.filter(({ type }) => type === "processStarted")).toHaveLength(2);
  });

  it("ends by itself, the next push waits for a new one, though the engine has hardly noticed", async () => {
    const spec = target(folder, server(`request.url === "/die" ? process.kill(process.pid, "SIGKILL") : process.pid`), {
      invokers,
    });
    const { push, events } = await open([spec]);
    expect(await push(spec, "/die")).toEqual(statusOf(503));
    expect(await push(spec)).toEqual(statusOf(200));
    expect(events.filter(({ type }) => type === "processExited")).toMatchObject([{ expected: false }]);
  });

  it("answers half and breaks off, the push is answered 503", async () => {
    const spec = target(
      folder,
      `require("node:http").createServer((q, r) => { r.writeHead(200, { "content-length": 10 }); r.write("half"); setTimeout(() => r.destroy(), 20); }).listen(process.env.PORT);`,
      { invokers },
    );
    const { push } = await open([spec]);
    expect(await push(spec)).toEqual(statusOf(503));
  });

  it("does not answer within the request timeout, the push is answered 504 and the place is free", async () => {
    const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
    const slow = server(`request.url === "/hang" ? new Promise(() => {}) : 1`);
    const spec = target(folder, slow, { invokers, timeoutMs: 30_000, concurrency: 1 });
    const { push, door, refused, status } = await open([spec], clock);
    const hanging = push(spec, "/hang", { timeoutMs: 60_000 });
    await until(() => door.inFlight().length === 1);
    await clock.advance(30_000);
    expect(await hanging).toEqual(statusOf(504));
    expect(refused()).toEqual([{ status: 504, reason: "no answer within the target's request timeout" }]);
    expect(status().instances).toMatchObject([{ inFlight: 0 }]);
    expect(await push(spec)).toEqual(statusOf(200));
  });

  it("works longer than the sender waits, it goes on and keeps its place", async () => {
    const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
    const slow = server(
      `request.url === "/hang" ? new Promise((go) => (release = go)) : request.url === "/go" ? (release(1), 1) : 1`,
      "let release;",
    );
    const spec = target(folder, slow, { invokers, timeoutMs: 60_000, concurrency: 2 });
    const { push, door } = await open([spec], clock);
    const hanging = push(spec, "/hang", { timeoutMs: 10_000 });
    await until(() => door.inFlight().length === 1);
    await clock.advance(10_000);
    expect(await hanging).toEqual({ kind: "timeout" });
    expect(door.inFlight()).toHaveLength(1);
    await push(spec, "/go");
    await until(() => door.inFlight().length === 0);
  });

  it("has no room, what the sender has given up is dropped and never handled", async () => {
    const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
    const source = server(
      `(n++, request.url === "/hang" ? new Promise((go) => (release = go)) : request.url === "/go" ? 1 : n)`,
      "let release, n = 0; process.on('message', () => {}); setInterval(() => {}, 1000);",
    );
    const spec = target(folder, source, { invokers, concurrency: 1, maxInstances: 9, timeoutMs: 600_000 });
    const { push, door, status, curl, tokens, refused } = await open([spec], clock);
    const hanging = push(spec, "/hang", { timeoutMs: 600_000 });
    await until(() => door.inFlight().length === 1);
    const waiting = push(spec, "/", { timeoutMs: 10_000 });
    await until(() => status().queued === 1);
    await clock.advance(10_000);
    expect(await waiting).toEqual({ kind: "timeout" });
    expect(status().queued).toBe(0);
    await clock.advance(590_000);
    expect((await hanging).kind).toMatch(/timeout|status/);
    const authorization = `Bearer ${await tokens.mint({ audience: spec.url, email: EMAIL })}`;
    expect((await curl("/targets/app", { authorization })).text).toBe("2");
    expect(refused().filter(({ status: code }) => code === 503)).toEqual([]);
  });

  it("takes no more, whoever has waited 10 s is answered 429", async () => {
    const clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
    const spec = target(folder, server(`new Promise(() => {})`), { invokers, concurrency: 1, maxInstances: 1 });
    const { push, door, status } = await open([spec], clock);
    void push(spec, "/", { timeoutMs: 60_000 });
    await until(() => door.inFlight().length === 1);
    const waiting = push(spec, "/", { timeoutMs: 60_000 });
    await until(() => status().queued === 1);
    await clock.advance(10_000);
    expect(await waiting).toEqual(statusOf(429));
  });

  it("keeps connections, each push is handled once", async () => {
    const source = server(
      `(peers.add(request.socket.remotePort), ++n, request.url === "/seen" ? { n, peers: peers.size } : 1)`,
      "let n = 0; const peers = new Set();",
    );
    const spec = target(folder, source, { invokers: ["allUsers"] });
    const { push, curl } = await open([spec]);
    for (let i = 0; i < 20; i++) await push(spec);
    expect(JSON.parse((await curl("/targets/app/seen")).text)).toEqual({ n: 21, peers: 1 });
  });
});

describe("an endpoint of no target", () => {
  let outside: Server;
  const seen: { url?: string; authorization?: string }[] = [];
  beforeAll(async () => {
    outside = createServer((request, response) => {
      seen.push({
        url: request.url!,
        ...(request.headers.authorization && { authorization: request.headers.authorization }),
      });
      response.statusCode = 204;
      response.end();
    });
    await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => outside.close());

  it("is called on this machine, with the whole token", async () => {
    const { push, tokens } = await open([]);
    const { port } = outside.address() as AddressInfo;
    const spec = { url: `http://127.0.0.1:${port}`, audiences: ["mine"] } as unknown as TargetSpec;
    expect(await push(spec, "/hook?a=1")).toEqual(statusOf(204));
    const token = await tokens.mint({ audience: "mine", email: EMAIL });
    expect(seen).toEqual([{ url: "/hook?a=1", authorization: `Bearer ${token}` }]);
  });

  it.each(["https://example.com/hook", "http://10.0.0.1/hook", "https://127.0.0.1.example.com/", "http://[::2]/"])(
    "is not called elsewhere: %s",
    async (endpoint) => {
      const { push } = await open([]);
      const result = await push({ url: endpoint, audiences: ["a"] } as unknown as TargetSpec, "");
      expect(result).toEqual({
        kind: "unreachable",
        reason: expect.stringContaining("the local engine never calls out"),
      });
    },
  );
});
