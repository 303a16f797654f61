import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { endToEnd } from "./headers";

/** What is sent to a process. */
export interface Forwarded {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

/** Sends to processes over connections that are kept for the next request. */
export interface Forwarder {
  /** @throws Error when the connection breaks before the whole answer is there, or `signal` ends it */
  send(port: number, request: Forwarded, signal: AbortSignal): Promise<Answer>;
}

/**
 * Real milliseconds an idle connection is kept: node's servers hang up after 5 s. A connection that is taken again just
 * then breaks, and whether the request was handled nobody knows; it must not be sent twice in one attempt. The rest is
 * for a machine that lets a process wait.
 */
const IDLE_MS = 1_000;

export function createForwarder(): Forwarder {
  // The timeout ends idle connections only; while a request is under way it is an event that nobody listens to.
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  return {
    send: (port, { method, path, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const length = body.length > 0 || !["GET", "HEAD"].includes(method) ? { "content-length": body.length } : {};
        const options = { host: "127.0.0.1", port, method, path, headers: { ...headers, ...length }, agent, signal };
        const request = httpRequest(options, (response) => {
          const answered = (content: Buffer) =>
            resolve({ status: response.statusCode ?? 0, headers: endToEnd(response.headers), body: content });
          collect(response).then(answered, reject);
        });
        request.on("error", reject);
        request.end(body);
      }),
  };
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  if (!response.complete) throw new Error("the answer was cut off");
  return Buffer.concat(chunks);
}
