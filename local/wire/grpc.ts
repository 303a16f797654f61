import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { createSplitter, frame } from "./frames";
import { STATUS, StatusError } from "./rest";
import { statusDetails } from "./status-details";

/** What a method needs to know of its call. */
export interface Call {
  /** Fires when the client cancels, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  readonly headers: IncomingHttpHeaders;
  /** The connection, the same object for all its calls; only gRPC has one that lasts. */
  readonly connection?: { readonly destroyed: boolean };
}

/** Codec of one message type. */
export interface Codec {
  encode(message: object): Uint8Array;
  decode(bytes: Uint8Array): object;
}

/** How messages leave a streaming method; `send` resolves when the stream can take more. */
export interface Outgoing {
  send(message: object): Promise<void>;
}

export type Method = { readonly request: Codec; readonly response: Codec } & (
  | { readonly kind: "unary"; handle(request: object, call: Call): Promise<object> }
  | { readonly kind: "serverStream"; handle(request: object, out: Outgoing, call: Call): Promise<void> }
  | { readonly kind: "bidi"; handle(requests: AsyncIterable<object>, out: Outgoing, call: Call): Promise<void> }
);

/** Methods by path: `/google.pubsub.v1.Publisher/Publish`. */
export type Methods = ReadonlyMap<string, Method>;

/**
 * Serves one HTTP/2 stream as a gRPC call: a five-byte frame header (compressed flag, length) before each message, the
 * status in the trailers. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function serveGrpc(methods: Methods, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const abort = new AbortController();
  const cancelled = () => abort.abort(OVER);
  stream.on("close", cancelled);
  stream.on("aborted", cancelled);
  // A stream that the client resets emits an error; the call's signal has said so already.
  stream.on("error", cancelled);

  let finished = false;
  let trailers: Readonly<Record<string, string>> = { "grpc-status": "0" };
  const finish = (error?: StatusError) => {
    if (finished) return;
    finished = true;
    if (error) trailers = trailersOf(error);
    if (stream.destroyed) return;
    if (stream.headersSent) stream.end();
    else stream.respond({ ...RESPONSE, ...trailers }, { endStream: true });
    // What the client still sends is of no interest, but must not hold the stream open.
    stream.resume();
  };

  const method = methods.get(headers[":path"] ?? "");
  if (!method) return finish(new StatusError("UNIMPLEMENTED", `${headers[":path"]} is not served here`));
  const timeout = timeoutMs(headers["grpc-timeout"] as string | undefined);
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          finish(new StatusError("DEADLINE_EXCEEDED", "deadline exceeded"));
          abort.abort(OVER);
        }, timeout);
  stream.on("close", () => clearTimeout(timer));

  const open = () => {
    if (stream.headersSent || stream.destroyed) return;
    stream.respond(RESPONSE, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  };
  const out: Outgoing = {
    async send(response) {
      if (finished || stream.destroyed) return;
      open();
      if (!stream.write(frame(method.response.encode(response)))) await drained(stream);
    },
  };
  const call: Call = { signal: abort.signal, headers, ...(stream.session && { connection: stream.session }) };

  const run = async () => {
    const requests = messages(stream, method.request);
    if (method.kind === "bidi") {
      open();
      return method.handle(requests, out, call);
    }
    // Read to the end: an iterator that is left early destroys the stream under the answer.
    let request: object | undefined;
    for await (const message of requests) request ??= message;
    if (!request) throw new StatusError("INVALID_ARGUMENT", "the call carries no message");
    if (method.kind === "unary") await out.send(await method.handle(request, call));
    else await method.handle(request, out, call);
  };
  run().then(
    () => finish(),
    (error: unknown) => finish(error instanceof StatusError ? error : new StatusError("INTERNAL", textOf(error))),
  );
}

/** Why a signal has fired, made once: one of its own for each call would trace the stack each time. */
const OVER = new DOMException("the call is over", "AbortError");

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const trailersOf = (error: StatusError): Readonly<Record<string, string>> => ({
  "grpc-status": String(STATUS[error.status].code),
  "grpc-message": percentEncoded(error.message),
  ...(error.info && { "grpc-status-details-bin": statusDetails(error) }),
});

/** `grpc-message`: printable ASCII stands for itself, but for the percent sign. */
const percentEncoded = (text: string) => text.replace(/[^ -$&-~]/gu, encodeURIComponent);

const RESPONSE = { ":status": 200, "content-type": "application/grpc+proto" } as const;

const drained = (stream: ServerHttp2Stream) =>
  new Promise<void>((resolve) => {
    const end = () => {
      stream.off("drain", end);
      stream.off("close", end);
      resolve();
    };
    stream.on("drain", end);
    stream.on("close", end);
  });

/** The messages of a request stream; ends when the client has sent its last one or is gone. */
async function* messages(stream: ServerHttp2Stream, codec: Codec): AsyncGenerator<object, void> {
  const split = createSplitter();
  try {
    // The stream outlives the iterator: a call that fails on its first message still has an answer to send.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
      for (const message of split(chunk)) yield decode(codec, message);
  } catch (error) {
    // A client that resets its stream has simply gone.
    if (error instanceof StatusError) throw error;
  }
}

function decode(codec: Codec, bytes: Uint8Array): object {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw new StatusError("INVALID_ARGUMENT", `malformed message: ${(error as Error).message}`);
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** `grpc-timeout`: at most eight digits and a unit. Deadlines are of the caller's clock, so the scale leaves them alone. */
function timeoutMs(text: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text ?? "");
  // setTimeout holds at most 2^31-1 ms; a call that may take longer needs no timer.
  const ms = match && Number(match[1]) * UNIT_MS[match[2]!]!;
  return ms && ms <= 2_147_483_647 ? ms : undefined;
}
