import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { STATUS, StatusError } from "./rest";

/** What a method needs to know of its call. */
export interface Call {
  /** Fires when the client cancels, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  readonly headers: IncomingHttpHeaders;
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

/** Longest message either way; Pub/Sub's own limit is 10 MB for a publish request. */
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;

/**
 * Serves one HTTP/2 stream as a gRPC call: a five-byte frame header (compressed flag, length) before each message, the
 * status in the trailers. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function serveGrpc(methods: Methods, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const abort = new AbortController();
  const cancelled = () => abort.abort();
  stream.on("close", cancelled);
  stream.on("aborted", cancelled);
  // A stream that the client resets emits an error; the call's signal has said so already.
  stream.on("error", cancelled);

  let finished = false;
  let code = 0;
  let message = "";
  const finish = (status: number, text = "") => {
    if (finished) return;
    finished = true;
    code = status;
    message = text;
    if (stream.destroyed) return;
    if (stream.headersSent) stream.end();
    else stream.respond({ ...RESPONSE, ...trailers() }, { endStream: true });
  };
  const trailers = () => ({
    "grpc-status": String(code),
    ...(message && { "grpc-message": percentEncoded(message) }),
  });

  const method = methods.get(headers[":path"] ?? "");
  if (!method) return finish(STATUS.UNIMPLEMENTED.code, `${headers[":path"]} is not served here`);
  const timeout = timeoutMs(headers["grpc-timeout"] as string | undefined);
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          finish(STATUS.DEADLINE_EXCEEDED.code, "deadline exceeded");
          abort.abort();
        }, timeout);
  stream.on("close", () => clearTimeout(timer));

  const open = () => {
    if (stream.headersSent || stream.destroyed) return;
    stream.respond(RESPONSE, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers()));
  };
  const out: Outgoing = {
    async send(response) {
      if (finished || stream.destroyed) return;
      open();
      if (!stream.write(frame(method.response.encode(response)))) await drained(stream);
    },
  };
  const call: Call = { signal: abort.signal, headers };

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
    () => finish(0),
    (error: unknown) =>
      error instanceof StatusError
        ? finish(STATUS[error.status].code, error.message)
        : finish(STATUS.INTERNAL.code, error instanceof Error ? error.message : String(error)),
  );
}

/** `grpc-message`: printable ASCII stands for itself, but for the percent sign. */
const percentEncoded = (text: string) => text.replace(/[^ -$&-~]/gu, encodeURIComponent);

const RESPONSE = { ":status": 200, "content-type": "application/grpc+proto" } as const;

function frame(payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + payload.length);
  framed[0] = 0;
  framed.writeUInt32BE(payload.length, 1);
  framed.set(payload, 5);
  return framed;
}

const drained = (stream: ServerHttp2Stream) =>
  new Promise<void>((resolve) => {
    stream.once("drain", resolve);
    stream.once("close", resolve);
  });

/** The messages of a request stream; ends when the client has sent its last one or is gone. */
async function* messages(stream: ServerHttp2Stream, codec: Codec): AsyncGenerator<object, void> {
  let pending: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 5) {
        if (pending[0] !== 0) throw new StatusError("UNIMPLEMENTED", "compressed messages are not taken");
        const length = pending.readUInt32BE(1);
        if (length > MAX_MESSAGE_BYTES)
          throw new StatusError("RESOURCE_EXHAUSTED", `message of ${length} bytes; at most ${MAX_MESSAGE_BYTES}`);
        if (pending.length < 5 + length) break;
        yield decode(codec, pending.subarray(5, 5 + length));
        pending = pending.subarray(5 + length);
      }
    }
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
