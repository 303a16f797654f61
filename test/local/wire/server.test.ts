import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type Methods, serveGrpc } from "../../../local/wire/grpc";
import { jsonResponse, type RestHandler, StatusError } from "../../../local/wire/rest";
import { refusal, startWireServer, type WireServer } from "../../../local/wire/server";

const text = {
  encode: (message: object) => Buffer.from(JSON.stringify(message)),
  decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as object,
};
const methods: Methods = new Map([
  [
    "/t.Echo/Unary",
    { kind: "unary" as const, request: text, response: text, handle: async (message: object) => message },
  ],
  [
    "/t.Echo/Refuse",
    {
      kind: "unary" as const,
      request: text,
      response: text,
      handle: async () => {
        throw new StatusError("NOT_FOUND", "100 % größer: gone");
      },
    },
  ],
  [
    "/t.Echo/Explain",
    {
      kind: "unary" as const,
      request: text,
      response: text,
      handle: async () => {
        const info = { reason: "TOO_LATE", domain: "t.example", metadata: { a: "1" } };
        throw new StatusError("INVALID_ARGUMENT", "too late", info);
      },
    },
  ],
  [
    "/t.Echo/Hang",
    {
      kind: "unary" as const,
      request: text,
      response: text,
      handle: (_message: object, { signal }: { signal: AbortSignal }) =>
        new Promise<object>((resolve) => signal.addEventListener("abort", () => resolve({}))),
    },
  ],
  [
    "/t.Echo/Both",
    {
      kind: "bidi" as const,
      request: text,
      response: text,
      async handle(requests: AsyncIterable<object>, out: { send(message: object): Promise<void> }) {
        for await (const message of requests) await out.send({ echoed: message });
      },
    },
  ],
]);
const rest: RestHandler = async ({ method, path, query, body }) =>
  path === "/stream"
    ? {
        status: 200,
        body: (async function* () {
          yield "a";
          yield "b";
        })(),
      }
    : path === "/throw"
      ? Promise.reject(new Error("bug"))
      : jsonResponse({ method, path, query: [...query], body: body.toString() });

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer({ grpc: methods, rest });
});
afterAll(() => server.close());

/** One gRPC call by hand: what is sent, what comes back, and the trailers. */
function grpc(path: string, messages: readonly object[], headers: Record<string, string> = {}) {
  return new Promise<{ replies: unknown[]; status: string; message?: string; details?: string }>((resolve, reject) => {
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      ...headers,
    });
    const chunks: Buffer[] = [];
    let status: Record<string, unknown> = {};
    stream.on("response", (given) => (status = { ...status, ...given }));
    stream.on("trailers", (given) => (status = { ...status, ...given }));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      const all = Buffer.concat(chunks);
      const replies: unknown[] = [];
      for (let at = 0; at < all.length; at += 5 + all.readUInt32BE(at + 1))
        replies.push(JSON.parse(all.subarray(at + 5, at + 5 + all.readUInt32BE(at + 1)).toString()));
      resolve({
        replies,
        status: String(status["grpc-status"]),
        message: status["grpc-message"] as string,
        details: status["grpc-status-details-bin"] as string,
      });
    });
    for (const message of messages) {
      const payload = Buffer.from(JSON.stringify(message));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(payload.length, 1);
      // Split on purpose: a frame may arrive in pieces.
      stream.write(head.subarray(0, 3));
      stream.write(Buffer.concat([head.subarray(3), payload]));
    }
    stream.end();
  });
}

describe("the wire server", () => {
  it("serves gRPC and REST on one port", async () => {
    expect(await grpc("/t.Echo/Unary", [{ a: 1 }])).toMatchObject({ replies: [{ a: 1 }], status: "0" });
    const answer = await fetch(`http://${server.address}/v1/x%2Fy?q=1`, { method: "POST", body: "hello" });
    expect(await answer.json()).toEqual({ method: "POST", path: "/v1/x%2Fy", query: [["q", "1"]], body: "hello" });
  });

  it("streams both ways, each message answered before the client has ended", async () => {
    const { replies, status } = await grpc("/t.Echo/Both", [{ n: 1 }, { n: 2 }]);
    expect(replies).toEqual([{ echoed: { n: 1 } }, { echoed: { n: 2 } }]);
    expect(status).toBe("0");
  });

  it("waits for a slow client again and again without keeping anything for it", async () => {
    const http2 = createHttp2Server().listen(0, "127.0.0.1");
    let most = 0;
    http2.on("stream", (stream, headers) => {
      const handle = async (_request: object, out: { send(message: object): Promise<void> }) => {
        for (let i = 0; i < 20; i++) {
          await out.send({ filler: "x".repeat(20_000) });
          most = Math.max(most, stream.listenerCount("close") + stream.listenerCount("drain"));
        }
      };
      const many = { kind: "serverStream" as const, request: text, response: text, handle };
      serveGrpc(new Map([["/t.Echo/Many", many]]), stream, headers);
    });
    await once(http2, "listening");
    const { port } = http2.address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1_024 } });
    const stream = session.request({ ":method": "POST", ":path": "/t.Echo/Many", "content-type": "application/grpc" });
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]));
    await once(stream, "end");
    session.destroy();
    http2.close();
    expect(bytes).toBeGreaterThan(20 * 20_000);
    expect(most).toBeLessThan(10);
  });

  it("answers a fault with its code, and a message that survives percent signs and umlauts", async () => {
    const { status, message } = await grpc("/t.Echo/Refuse", [{}]);
    expect(status).toBe("5");
    expect(decodeURIComponent(message!)).toBe("100 % größer: gone");
  });

  it("tells a program more about a fault than a person needs", async () => {
    const { status, details } = await grpc("/t.Echo/Explain", [{}]);
    expect(status).toBe("3");
    expect(Buffer.from(details!, "base64").toString("latin1")).toMatch(
      /too late.*type\.googleapis\.com\/google\.rpc\.ErrorInfo.*TOO_LATE.*t\.example.*a.*1/s,
    );
  });

  it("answers a message that is longer than allowed without waiting for it", async () => {
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({ ":method": "POST", ":path": "/t.Echo/Both", "content-type": "application/grpc" });
    const status = new Promise((resolve) => stream.on("trailers", (headers) => resolve(headers["grpc-status"])));
    stream.resume();
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    expect(await status).toBe("8");
    session.destroy();
  });

  it("answers an unknown method with UNIMPLEMENTED", async () => {
    expect((await grpc("/t.Echo/Nothing", [{}])).status).toBe("12");
  });

  it("gives the calls of one connection something in common, and refuses names that are not its own", async () => {
    const seen: unknown[] = [];
    const handle = async (message: object, { connection }: { connection?: object }) => {
      seen.push(connection);
      return message;
    };
    const unary = { kind: "unary" as const, request: text, response: text, handle };
    const named = await startWireServer({ grpc: new Map([["/t.Echo/Unary", unary]]), authority: "plugin" });
    const ask = async (session: ClientHttp2Session, authority: string) => {
      const head = { ":method": "POST", ":path": "/t.Echo/Unary", ":authority": authority };
      const stream = session.request({ ...head, "content-type": "application/grpc" });
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]));
      const [headers] = (await once(stream, "response")) as [{ ":status"?: number }];
      stream.resume();
      await once(stream, "close");
      return headers[":status"];
    };
    const [one, two] = [0, 0].map(() => connectHttp2(`http://${named.address}`));
    expect(await ask(one!, "plugin")).toBe(200);
    expect(await ask(one!, named.address)).toBe(200);
    expect(await ask(two!, "plugin")).toBe(200);
    expect(await ask(two!, "evil.example")).toBe(403);
    expect(seen.map((connection) => connection === seen[0])).toEqual([true, true, false]);
    one!.destroy();
    two!.destroy();
    await named.close();
  });

  it("ends a call whose deadline has passed", async () => {
    expect((await grpc("/t.Echo/Hang", [{}], { "grpc-timeout": "20m" })).status).toBe("4");
  });

  it("leaves it to its clients when an idle connection ends", async () => {
    // Node's own servers name a time here, and hang up after it.
    const answer = await fetch(`http://${server.address}/`);
    expect([answer.headers.get("connection"), answer.headers.get("keep-alive")]).toEqual(["keep-alive", null]);
    await answer.text();
  });

  it("sends a stream piece by piece", async () => {
    expect(await (await fetch(`http://${server.address}/stream`)).text()).toBe("ab");
  });

  it("answers its own bugs with 500 and Google's shape of an error", async () => {
    const answer = await fetch(`http://${server.address}/throw`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ error: { code: 500, message: "bug", status: "INTERNAL" } });
  });

  it("listens on loopback alone", async () => {
    expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("says which port is taken", async () => {
    await expect(startWireServer({ port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("outlives a client that sends half a preface and goes", async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.end("PRI * HT"));
      socket.on("close", () => resolve());
    });
    expect((await fetch(`http://${server.address}/`)).status).toBe(200);
  });
});

describe("a request that HTTP does not allow", () => {
  const send = (text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = "";
      const socket = connect(server.port, "127.0.0.1", () => socket.write(text));
      socket.on("data", (chunk) => (answer += chunk.toString()));
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
    });

  it.each([
    ["has more than 16 KiB of headers", `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["has no method", "\u0001\u0002\u0003\r\n\r\n", 400],
  ])("is told so when it %s", async (_case, text, status) => {
    expect(await send(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});

describe("a web page that calls the engine", () => {
  const call = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const outgoing = request({ host: "127.0.0.1", port: server.port, path: "/", headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      outgoing.on("error", reject);
      outgoing.end();
    });

  it.each([
    ["from another origin", { origin: "https://example.com" }],
    ["from an opaque origin", { origin: "null" }],
    ["under a name of its own (DNS rebinding)", { host: "rebound.example.com" }],
  ])("is refused %s", async (_how, headers) => {
    expect(await call(headers)).toBe(403);
  });

  it.each<Record<string, string>>([
    { origin: "http://localhost:3000" },
    { host: "localhost:1" },
    { host: "[::1]:1" },
    {},
  ])("is served from this machine: %j", async (headers) => {
    expect(await call(headers)).toBe(200);
  });

  it("is refused by gRPC too", async () => {
    expect(refusal("example.com:80", undefined)).toMatch(/loopback/);
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({ ":method": "POST", ":path": "/t.Echo/Unary", origin: "https://example.com" });
    const status = await new Promise((resolve) => stream.on("response", (headers) => resolve(headers[":status"])));
    session.destroy();
    expect(status).toBe(403);
  });
});
