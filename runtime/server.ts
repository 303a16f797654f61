import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { IssuesError } from "../contract/issue";
import { type Core, createCore, type RuntimeOptions } from "./core";
import { checkSize, MAX_BODY_BYTES } from "./errors";
import type { Handler } from "./handler";

export interface ServeOptions extends RuntimeOptions {
  /** Port to listen on; 0 takes a free one. @default PORT */
  readonly port?: number;
  /** Address to listen on. @default every one in the cloud, 127.0.0.1 on the local engine */
  readonly host?: string;
}

/** A handler that listens. */
export interface Serving {
  readonly port: number;
  /** Address it listens on. */
  readonly address: string;
  readonly core: Core;
  /** Stops listening, drains, closes every connection. */
  close(): Promise<void>;
}

/** How long a sender may go on sending what is not read, so that it comes to read its answer. */
const LINGER_MS = 1_000;
/** Google's front ends reuse a connection for up to 600 s; the server must not be the first to hang up. */
const KEEP_ALIVE_MS = 620_000;

/**
 * Serves a handler over HTTP until `close` is called. `serve` is this for a whole process.
 * @param maxBodyBytes a larger body is answered with 413
 * @throws IssuesError when the environment and the contract disagree, or the port is taken
 */
export async function startServer(
  handler: Handler,
  options: ServeOptions = {},
  maxBodyBytes: number = MAX_BODY_BYTES,
): Promise<Serving> {
  const core = createCore(handler, options);
  const env = options.env ?? process.env;
  const port = options.port ?? Number(env["PORT"] ?? NaN);
  const fault = (problem: string) =>
    new IssuesError([
      {
        code: "MR3017",
        severity: "error",
        path: `handler ${handler.contract.manifest.name}`,
        problem,
        fix: "set PORT to a free port",
      },
    ]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw fault(`PORT="${env["PORT"] ?? ""}" is not a port`);

  const server = createServer((request, response) => {
    const { method = "", url = "/", headers } = request;
    const path = url.split("?", 1)[0]!;
    const body = () => bodyOf(request, maxBodyBytes);
    void core.handle({ method, path, headers, body }).then(({ status, text, type, close }) => {
      if (close) response.setHeader("connection", "close");
      if (text) response.setHeader("content-type", type ?? "text/plain; charset=utf-8");
      response.writeHead(status);
      if (status !== 413) return void response.end(text);
      // Whoever is still sending would see its connection reset, and no answer, if it were closed at once.
      response.write(text);
      const end = () => void response.end();
      request.resume().once("end", end);
      setTimeout(end, LINGER_MS).unref();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    server.listen({ port, host: options.host ?? (core.settings.local ? "127.0.0.1" : undefined) });
    await once(server, "listening");
  } catch (error) {
    throw fault(`port ${port} cannot be listened on: ${(error as Error).message}`);
  }
  const bound = server.address() as AddressInfo;
  return {
    core,
    port: bound.port,
    address: bound.address,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await core.drain();
      server.closeIdleConnections();
      // Whoever has not read its answer by now never will.
      const last = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(last);
    },
  };
}

/** @throws BodyTooLarge as soon as it is known to be; the connection is then as good as before */
async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  checkSize(Number(request.headers["content-length"] ?? 0), limit);
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    checkSize((bytes += chunk.length), limit);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
