import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { MAX_MESSAGE_BYTES } from "./frames";
import { type Methods, serveGrpc } from "./grpc";
import { errorResponse, type RestHandler, type RestResponse, StatusError } from "./rest";

export interface WireServerOptions {
  /** 0 lets the system choose. @default 0 */
  readonly port?: number;
  /** gRPC methods by path. @default none */
  readonly grpc?: Methods;
  /** Everything that is not gRPC. @default 404 */
  readonly rest?: RestHandler;
  /** A name that gRPC clients may call this server, besides those of the loopback. @default none */
  readonly authority?: string;
}

export interface WireServer {
  readonly port: number;
  /** `127.0.0.1:{port}`, the form of `PUBSUB_EMULATOR_HOST`. */
  readonly address: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** What an HTTP/2 client with prior knowledge sends first (RFC 9113, section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n");
const HOST = "127.0.0.1";

/**
 * One loopback port for gRPC and REST, as Google's emulators have it: the first bytes of a connection say which it is.
 * @throws the system's error (`EADDRINUSE`) when the port is taken
 */
export async function startWireServer(options: WireServerOptions = {}): Promise<WireServer> {
  const methods = options.grpc ?? new Map();
  const rest = options.rest ?? (async () => errorResponse(new StatusError("NOT_FOUND", "nothing is served here")));
  const http1 = createHttpServer((request, response) => void answer(rest, request, response));
  // Idle connections are their clients' to end: one that the server ends breaks the request that is just being sent, which
  // happens as soon as a machine lets the engine wait for a few seconds.
  http1.keepAliveTimeout = 0;
  const http2 = createHttp2Server();
  http2.on("stream", (stream, headers) => {
    const authority = headers[":authority"];
    const refused = refusal(authority === options.authority ? undefined : authority, headers["origin"]);
    if (!refused) return serveGrpc(methods, stream, headers);
    stream.respond({ ":status": 403 });
    stream.end(refused);
  });
  // A client that goes away mid-frame is no event for the engine.
  http2.on("sessionError", () => {});
  http1.on("clientError", (error: NodeJS.ErrnoException, socket) => refuse(error.code, socket));

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    sniff(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit("connection", socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `${HOST}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Says to a client what was wrong with the request that Node's parser gave up on, if the client still listens. */
function refuse(code: string | undefined, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  // Node takes 16 KiB of headers (https://nodejs.org/api/http.html#httpmaxheadersize).
  const status = code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const look = () => {
    const chunk = socket.read() as Buffer | null;
    if (!chunk) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const possible = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (possible && length < PREFACE.length) return;
    socket.off("readable", look);
    socket.unshift(seen);
    decided(possible);
  };
  socket.on("readable", look);
}

async function answer(rest: RestHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const abort = new AbortController();
  response.on("close", () => abort.abort());
  const send = ({ status, headers, body }: RestResponse) => {
    if (typeof body === "string" || Buffer.isBuffer(body)) {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(body);
      return;
    }
    response.writeHead(status, headers);
    response.flushHeaders();
    // A client that goes away ends the stream; there is nobody left to tell.
    pipeline(Readable.from(body), response).catch(() => {});
  };
  try {
    const refused = refusal(request.headers.host, request.headers.origin);
    if (refused) return send(errorResponse(new StatusError("PERMISSION_DENIED", refused)));
    const body = await readBody(request);
    const url = new URL(request.url ?? "/", `http://${HOST}`);
    const { method = "GET", headers } = request;
    send(await rest({ method, path: url.pathname, query: url.searchParams, headers, body, signal: abort.signal }));
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    const known = error instanceof StatusError;
    send(errorResponse(known ? error : new StatusError("INTERNAL", (error as Error).message)));
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_MESSAGE_BYTES)
      throw new StatusError("INVALID_ARGUMENT", `the body is longer than ${MAX_MESSAGE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Why a request is turned away, if it is. A web page must not reach the engine: neither directly (its Origin says who
 * it is) nor by a name of its own that it lets point here (DNS rebinding; the Host says which name).
 */
export function refusal(host: string | undefined, origin: string | undefined): string | undefined {
  if (host !== undefined && !LOOPBACK.test(host)) return `Host "${host}" is not this machine's loopback`;
  if (origin === undefined) return undefined;
  const from = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
  return from && LOOPBACK.test(from) ? undefined : `cross-origin calls are refused (Origin "${origin}")`;
}
