import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../runtime/clock";

/** A request as it came over the wire. */
export interface WireRequest {
  /** `POST pubsub.googleapis.com/v1/…` */
  readonly line: string;
  /** Without those that every HTTP client sets by itself. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a stand-in says: a status and a body, nothing at all for ever, or a connection that breaks. */
export type WireAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "silence"
  | "reset";

export interface GoogleStandIn {
  /** `host:port`, where Google's emulators would be. */
  readonly address: string;
  /**
   * `fetch` that reaches the stand-in whatever the host is, over a socket. What is not `https:` is let out to the
   * metadata server alone, which is asked in the clear inside the machine.
   */
  readonly send: typeof fetch;
  /** In the order of their arrival. */
  readonly received: WireRequest[];
  /** Requests whose line ends so are answered so, one after another; the last answer stays. */
  readonly on: (line: string, ...answers: readonly WireAnswer[]) => void;
  forget(): void;
  stop(): Promise<void>;
}

const METADATA_HOST = "metadata.google.internal";
const OF_EVERY_CLIENT = ["host", "connection", "accept", "accept-language", "accept-encoding", "sec-fetch-mode"];
const OF_EVERY_REQUEST = [...OF_EVERY_CLIENT, "user-agent", "content-length"];

/** One server on loopback for all of Google, which keeps what it is asked. */
export async function startGoogleStandIn(): Promise<GoogleStandIn> {
  const received: WireRequest[] = [];
  const answers = new Map<string, WireAnswer[]>();
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const line = `${request.method} ${request.url!.slice(1)}`;
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !OF_EVERY_REQUEST.includes(name)),
    );
    received.push({ line, headers, body: Buffer.concat(chunks).toString() });
    const [, queue] = [...answers].find(([end]) => line.endsWith(end)) ?? [];
    const answer = queue && (queue.length > 1 ? queue.shift()! : queue[0]!);
    if (answer === "silence") return;
    if (answer === "reset") return void request.socket.destroy();
    const { status, body, headers: more } = answer ?? { status: 501, body: `nobody stands in for ${line}` };
    response.writeHead(status, { "content-type": "application/json", ...more });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void reply(request, response));
  // Its clients hang up: docs/traps.md.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    address: `127.0.0.1:${port}`,
    send(input, init) {
      const { protocol, host, pathname, search, href } = new URL(input instanceof Request ? input.url : input);
      if (protocol !== "https:" && host !== METADATA_HOST)
        return Promise.reject(new Error(`${href} would have left in the clear`));
      return fetch(`http://127.0.0.1:${port}/${host}${pathname}${search}`, init);
    },
    on: (line, ...given) => void answers.set(line, [...given]),
    forget() {
      received.length = 0;
      answers.clear();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A clock that never waits, and notes how long it would have. */
export function skippingClock(startMs: number): Clock & { readonly pauses: number[] } {
  let now = startMs;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    after(delayMs, callback) {
      let cancelled = false;
      setImmediate(() => {
        if (cancelled) return;
        pauses.push(delayMs);
        now += delayMs;
        callback();
      });
      return { cancel: () => void (cancelled = true) };
    },
  };
}

/** An error as Google's REST APIs write it: https://cloud.google.com/apis/design/errors#http_mapping */
export const googleError = (code: number, status: string, message: string): WireAnswer => ({
  status: code,
  body: { error: { code, message, status } },
});
