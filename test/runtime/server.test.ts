import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { IssuesError } from "../../contract";
import { ENV, HEALTH_PATH } from "../../contract/environment";
import { type VirtualClock, virtualClock } from "../../local/engine/clock";
import { Fatal, type MemoryStore, memoryStore, type ServeOptions, type Serving, startServer } from "../../runtime";
import { defineHandler, type Handler } from "../../runtime/handler";
import { serve } from "../../runtime/serve";
import { environmentFor } from "./support/environment";
import { atLeastOnce, saving } from "./support/orders";
import { goodClaims, strippedToken } from "./support/tokens";

const START = 1_700_000_000_000;

describe("a handler that listens", () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let lines: Record<string, unknown>[];
  let published: unknown[];
  const serving: Serving[] = [];

  beforeEach(() => {
    clock = virtualClock(START);
    store = memoryStore({ clock });
    lines = [];
    published = [];
  });
  afterEach(async () => {
    for (const one of serving.splice(0)) {
      void one.close();
      await clock.advance(10_000);
    }
  });

  const optionsFor = (handler: Handler): ServeOptions => ({
    env: { ...environmentFor(handler), PUBSUB_EMULATOR_HOST: "pubsub.test" },
    store,
    clock,
    port: 0,
    host: "127.0.0.1",
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    fetch: async (url, init) => {
      published.push([url, JSON.parse(init!.body as string)]);
      return Response.json({ messageIds: ["1"] });
    },
  });
  const start = async (handler: Handler) => {
    const one = await startServer(handler, optionsFor(handler));
    serving.push(one);
    return one;
  };
  const send = (one: Serving, body: unknown, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${one.port}/anything?x=1`, {
      method: "POST",
      headers: { authorization: strippedToken(goodClaims(clock.now())) },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
    });
  const push = (order: object, meta: object = {}) => ({
    message: { messageId: "m-1", data: Buffer.from(JSON.stringify(order)).toString("base64"), ...meta },
    subscription: "projects/p/subscriptions/s",
  });

  it("acknowledges an event with 204, and its duplicate", async () => {
    const one = await start(saving);
    expect((await send(one, push({ id: "7" }))).status).toBe(204);
    expect((await send(one, push({ id: "7" }))).status).toBe(204);
    expect([...store.documents.keys()]).toEqual(["orders/7"]);
  });

  it("logs each delivery as Cloud Logging reads it, without the payload", async () => {
    const one = await start(saving);
    await send(one, push({ id: "secret" }), {
      headers: {
        authorization: strippedToken(goodClaims(START)),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    });
    expect(lines.at(-1)).toEqual({
      severity: "INFO",
      message: "done",
      handler: "orders",
      outcome: "done",
      messageId: "m-1",
      source: "projects/p/subscriptions/s",
      attempt: 1,
      tookMs: 0,
      leaseMarginMs: 15_000,
      leaseMargin: 1,
      "logging.googleapis.com/trace": "projects/p/traces/0af7651916cd43dd8448eb211c80319c",
    });
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("parks a fatal event over REST, then acknowledges it", async () => {
    const one = await start(
      defineHandler(atLeastOnce, async () => {
        throw new Fatal("no");
      }),
    );
    expect((await send(one, push({ id: "7" }))).status).toBe(204);
    expect(published).toEqual([
      [
        "http://pubsub.test/v1/projects/p/topics/dead:publish",
        { messages: [expect.objectContaining({ data: Buffer.from('{"id":"7"}').toString("base64") })] },
      ],
    ]);
    expect(lines.at(-1)).toMatchObject({ severity: "ERROR", outcome: "parked", cause: { class: "Fatal" } });
  });

  it("answers a failure with 500 and what it does not understand with 400 (MR3020)", async () => {
    const one = await start(
      defineHandler(atLeastOnce, async () => {
        throw new Error("no");
      }),
    );
    expect((await send(one, push({ id: "7" }))).status).toBe(500);
    expect((await send(one, push({ id: 7 }))).status).toBe(400);
    expect((await send(one, "{")).status).toBe(400);
    expect(lines.slice(-3).map(({ severity, code, outcome }) => [severity, outcome, code])).toEqual([
      ["WARNING", "retry", undefined],
      ["ERROR", "rejected", "MR3021"],
      ["ERROR", "rejected", "MR3020"],
    ]);
  });

  it("refuses strangers before it reads what they send", async () => {
    const one = await start(saving);
    expect((await send(one, push({ id: "7" }), { headers: {} })).status).toBe(401);
    const mallory = strippedToken({ ...goodClaims(START), email: "mallory@p.iam.gserviceaccount.com" });
    expect((await send(one, push({ id: "7" }), { headers: { authorization: mallory } })).status).toBe(403);
    expect(lines.at(-1)).toMatchObject({ severity: "WARNING", message: "refused", status: 403 });
    expect(store.records.size).toBe(0);
  });

  describe("and is sent a body that is too large (MR3027)", () => {
    /** Sends as told, then waits for the answer without ending the body. */
    const sendSlowly = (port: number, headers: Record<string, string>, ...chunks: readonly string[]) => {
      const sending = request({
        port,
        host: "127.0.0.1",
        method: "POST",
        headers: { authorization: strippedToken(goodClaims(START)), ...headers },
      });
      // The server may close the connection on what is never sent.
      sending.on("error", () => {});
      sending.flushHeaders();
      for (const chunk of chunks) sending.write(chunk);
      return new Promise<IncomingMessage>((resolve) =>
        sending.once("response", (answer) => {
          resolve(answer);
          sending.destroy();
        }),
      );
    };
    let runs: number;
    const counting = defineHandler(atLeastOnce, async () => void runs++);
    const startSmall = async (limit?: number) => {
      runs = 0;
      const one = await startServer(counting, optionsFor(counting), limit);
      serving.push(one);
      return one;
    };
    const refused = { severity: "ERROR", outcome: "rejected", code: "MR3027" };

    it("answers 413 before any of it has come, when its length is declared", async () => {
      const one = await startSmall();
      const { statusCode, headers } = await sendSlowly(one.port, { "content-length": String(32 * 1024 * 1024 + 1) });
      expect([statusCode, headers.connection]).toEqual([413, "close"]);
      expect(lines.at(-1)).toMatchObject(refused);
      expect([runs, store.records.size]).toEqual([0, 0]);
    });

    it("answers 413 when too much has come, without waiting for the rest", async () => {
      const one = await startSmall(1_000);
      const chunk = "x".repeat(600);
      const { statusCode } = await sendSlowly(one.port, { "transfer-encoding": "chunked" }, chunk, chunk);
      expect(statusCode).toBe(413);
      expect(lines.at(-1)).toMatchObject(refused);
      expect([runs, store.records.size]).toEqual([0, 0]);
    });

    it("lets whoever sends it all come to read the answer, and goes on with others", async () => {
      const one = await startSmall(1_000);
      const large = await send(one, push({ id: "x".repeat(100_000) }));
      expect([large.status, await large.text()]).toEqual([413, "the body is larger than 1000 bytes"]);
      expect((await send(one, push({ id: "7" }))).status).toBe(204);
      expect(runs).toBe(1);
    });

    it("does not say so to strangers", async () => {
      const one = await startSmall(1_000);
      expect((await send(one, "x".repeat(2_000), { headers: {} })).status).toBe(401);
    });
  });

  it("takes POST alone, but tells anybody that it is well", async () => {
    const one = await start(saving);
    expect((await fetch(`http://127.0.0.1:${one.port}/`)).status).toBe(405);
    expect((await fetch(`http://127.0.0.1:${one.port}${HEALTH_PATH}?deep=1`)).status).toBe(200);
  });

  it("fails the request, not the process, when something unforeseen happens", async () => {
    const broken = { ...saving, contract: { ...saving.contract, spec: { ...saving.contract.spec, input: {} } } };
    const one = await start(broken as unknown as Handler);
    expect((await send(one, push({ id: "7" }))).status).toBe(500);
    expect(lines.at(-1)).toMatchObject({ severity: "ERROR", message: "failed", stack_trace: expect.any(String) });
  });

  describe("and is told to stop", () => {
    /** A handler that ends when it is let go, or when its signal fires. */
    const gated = (heedsSignal: boolean) => {
      let letGo = () => {};
      let begun = () => {};
      const started = new Promise<void>((resolve) => (begun = resolve));
      const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
        begun();
        await new Promise<void>((resolve) => {
          letGo = resolve;
          if (heedsSignal) ctx.signal.addEventListener("abort", () => resolve());
        });
      });
      return { handler, started, letGo: () => letGo() };
    };

    it("finishes what it has begun", async () => {
      const { handler, started, letGo } = gated(false);
      const one = await start(handler);
      const answer = send(one, push({ id: "7" }));
      await started;
      const closed = one.close();
      await clock.advance(6_000);
      letGo();
      expect((await answer).status).toBe(204);
      await closed;
      await expect(send(one, push({ id: "8" }))).rejects.toThrow("fetch failed");
    });

    it("tells handlers after 7 s", async () => {
      const { handler, started } = gated(true);
      const one = await start(handler);
      const answer = send(one, push({ id: "7" }));
      await started;
      void one.close();
      await clock.advance(6_999);
      expect([...store.records.values()][0]!.record.state).toBe("CLAIMED");
      await clock.advance(1);
      expect((await answer).status).toBe(204);
    });

    it("gives back after 8 s what does not end, so that it is redelivered at once", async () => {
      const { handler, started } = gated(false);
      const one = await start(handler);
      const answer = send(one, push({ id: "7" }));
      await started;
      const closed = one.close();
      await clock.advance(8_000);
      expect((await answer).status).toBe(503);
      expect([...store.records.values()][0]!.record).toMatchObject({ state: "RELEASED", attempts: 0 });
      await closed;
    });

    it("does not wait longer than 9 s, whatever a caller leaves unfinished", async () => {
      const { core } = await start(saving);
      const authorization = strippedToken(goodClaims(clock.now()));
      const unread = new Promise<Buffer>(() => {});
      void core.handle({ method: "POST", path: "/", headers: { authorization }, body: () => unread });
      let over = false;
      void core.drain().then(() => (over = true));
      await clock.advance(8_999);
      expect(over).toBe(false);
      await clock.advance(1);
      expect(over).toBe(true);
    });

    it("refuses what still arrives on open connections", async () => {
      const { handler, started, letGo } = gated(false);
      const one = await start(handler);
      const answer = send(one, push({ id: "7" }));
      await started;
      void one.core.drain();
      expect((await send(one, push({ id: "8" }))).status).toBe(503);
      expect((await fetch(`http://127.0.0.1:${one.port}${HEALTH_PATH}`)).status).toBe(503);
      letGo();
      await answer;
    });
  });

  describe("for the life of a process", () => {
    /** What `serve` asks of a process, and what it was told. */
    const host = () => {
      const listeners = new Map<string, () => void>();
      const exits: number[] = [];
      let exited = () => {};
      const gone = new Promise<void>((resolve) => (exited = resolve));
      return {
        exits,
        gone,
        signal: (name: string) => listeners.get(name)!(),
        once: (name: string, listener: () => void) => listeners.set(name, listener),
        exit: (code: number) => {
          exits.push(code);
          exited();
        },
      };
    };

    it("drains on SIGTERM and exits with 0", async () => {
      const process = host();
      await serve(saving, optionsFor(saving), process);
      const { port } = lines.find(({ message }) => message === "listening") as { port: number };
      expect((await send({ port } as Serving, push({ id: "7" }))).status).toBe(204);
      process.signal("SIGTERM");
      await process.gone;
      expect(process.exits).toEqual([0]);
    });

    it("says why it does not start and exits with 1", async () => {
      const process = host();
      const options = optionsFor(saving);
      await serve(saving, { ...options, env: { ...options.env, [ENV.callers]: "", [ENV.audience]: "" } }, process);
      expect(process.exits).toEqual([1]);
      expect(lines.map(({ severity, code }) => [severity, code])).toEqual([
        ["ERROR", "MR3012"],
        ["ERROR", "MR3013"],
        ["WARNING", "MR3032"],
      ]);
      expect(lines[0]!["message"]).toMatch(/^MR3012 handler orders: .* docs\/errors.md#mr3012$/);
    });
  });

  it("says when its port is taken, or is none (MR3017)", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    for (const change of [{ port }, { port: undefined, env: { ...environmentFor(saving), PORT: "http" } }]) {
      const { port: _port, ...options } = optionsFor(saving);
      const failure = await startServer(saving, { ...options, ...change }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(IssuesError);
      expect((failure as IssuesError).issues).toEqual([expect.objectContaining({ code: "MR3017" })]);
    }
    other.close();
  });

  it("listens on loopback alone on the local engine", async () => {
    const options = optionsFor(saving);
    const { host: _host, ...rest } = options;
    const one = await startServer(saving, { ...rest, env: { ...options.env, [ENV.environment]: "local" } });
    serving.push(one);
    expect(one.core.settings.local).toBe(true);
    expect((await send(one, push({ id: "7" }))).status).toBe(204);
    expect(one.address).toBe("127.0.0.1");
  });
});
