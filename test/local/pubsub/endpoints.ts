import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { Clock } from "../../../local/engine/clock";
import type { Endpoint, Reply } from "../../vectors/pubsub/vector";

/** One request that reached a push endpoint; instants are engine milliseconds. */
export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The message's data, whether it came wrapped or not. */
  readonly data: string;
  /** The JSON of a wrapped push. */
  readonly body?: Wrapped;
  readonly at: number;
  /** When the answer was sent; undefined while there is none. */
  answeredAt?: number;
}

export interface Wrapped {
  readonly message: Readonly<Record<string, unknown>> & { readonly data?: string };
  readonly subscription?: string;
  readonly deliveryAttempt?: number;
}

/** What an endpoint has seen so far. */
export interface EndpointLog {
  readonly url: string;
  readonly requests: readonly Received[];
  /** Most requests that were open at a time. */
  readonly peak: number;
}

export interface Endpoints {
  /** @param fill fills the placeholders of a `location` */
  add(path: string, endpoint: Endpoint, fill: (text: string) => string, server: EndpointClient): EndpointLog;
  close(): Promise<void>;
}

/** The server that pushes. */
export interface EndpointClient {
  readonly clock: Pick<Clock, "now" | "after">;
  /** Told of each request and of each answer but `hang`, with the request's `PUSH_HEADER`. */
  readonly traffic?: { arrived(push: string): void; answered(push: string): void };
}

/** A server that wants to be told of its pushes numbers them in this header. */
export const PUSH_HEADER = "x-vector-push";

/** Scripted push endpoints on one loopback port. */
export async function startEndpoints(): Promise<Endpoints> {
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const server = createServer((request, response) => {
    const handler = handlers.get(request.url ?? "");
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  // Its clients hang up: docs/traps.md.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    add(path, { answers = {} }, fill, { clock, traffic }) {
      const requests: Received[] = [];
      const log = { url: `http://127.0.0.1:${port}/${path}`, requests, peak: 0 };
      let open = 0;
      handlers.set(`/${path}`, (request, response) => {
        const at = clock.now();
        const push = String(request.headers[PUSH_HEADER]);
        log.peak = Math.max(log.peak, ++open);
        response.once("close", () => open--);
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const { method = "", headers } = request;
          const received: Received = { method, headers, at, ...unwrap(Buffer.concat(chunks).toString()) };
          const script = answers[received.data] ?? [204];
          const nth = requests.filter(({ data }) => data === received.data).length;
          requests.push(received);
          const reply = script[Math.min(nth, script.length - 1)]!;
          traffic?.arrived(push);
          if (reply !== "hang") {
            const answer = () => {
              received.answeredAt = clock.now();
              traffic?.answered(push);
              respond(reply, response, fill);
            };
            if (typeof reply === "object" && reply.after) clock.after(reply.after * 1_000, answer);
            else answer();
          }
        });
      });
      return log;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function unwrap(text: string): Pick<Received, "data" | "body"> {
  try {
    const body = JSON.parse(text) as Wrapped;
    return { body, data: Buffer.from(body.message.data ?? "", "base64").toString() };
  } catch {
    return { data: text };
  }
}

function respond(reply: Exclude<Reply, "hang">, response: ServerResponse, fill: (text: string) => string): void {
  if (reply === "reset") return void response.socket?.destroy();
  const { status, location = "" } = typeof reply === "number" ? { status: reply } : reply;
  // Node sends 1xx only before another answer; here it is the whole answer.
  if (status < 200) response.socket?.end(`HTTP/1.1 ${status} Interim\r\n\r\n`);
  else response.writeHead(status, location === "" ? {} : { location: fill(location) }).end();
}
