import type { IncomingHttpHeaders } from "node:http";

/** An HTTP/1.1 request to one of the engine's REST surfaces, its body already read. */
export interface RestRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Fires when the client goes away. */
  readonly signal: AbortSignal;
}

export interface RestResponse {
  readonly status: number;
  /** A list is a header that is sent more than once. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** A stream is sent piece by piece, until it ends or the client goes away. */
  readonly body: string | Buffer | AsyncIterable<string>;
}

/** Answers every request; a fault of the caller is a response, an exception is a bug of the engine (500). */
export type RestHandler = (request: RestRequest) => Promise<RestResponse>;

/** Canonical codes of google.rpc.Code with their HTTP statuses, as Google's REST surfaces use them. */
export const STATUS = {
  INVALID_ARGUMENT: { code: 3, http: 400 },
  DEADLINE_EXCEEDED: { code: 4, http: 504 },
  NOT_FOUND: { code: 5, http: 404 },
  ALREADY_EXISTS: { code: 6, http: 409 },
  PERMISSION_DENIED: { code: 7, http: 403 },
  RESOURCE_EXHAUSTED: { code: 8, http: 429 },
  FAILED_PRECONDITION: { code: 9, http: 400 },
  ABORTED: { code: 10, http: 409 },
  UNIMPLEMENTED: { code: 12, http: 501 },
  INTERNAL: { code: 13, http: 500 },
  UNAVAILABLE: { code: 14, http: 503 },
  UNAUTHENTICATED: { code: 16, http: 401 },
} as const;

export type StatusName = keyof typeof STATUS;

/** google.rpc.ErrorInfo: what a program reads of an error. https://google.aip.dev/193#errorinfo */
export interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A fault with a canonical code; REST and gRPC surfaces both render it. */
export class StatusError extends Error {
  constructor(
    readonly status: StatusName,
    message: string,
    readonly info?: ErrorInfo,
  ) {
    super(message);
    this.name = "StatusError";
  }
}

export const jsonResponse = (body: unknown, status = 200): RestResponse => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify(body),
});

export const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";

/** `{error:{code,message,status,details}}`, the shape of Google's REST errors. */
export const errorResponse = ({ status, message, info }: StatusError): RestResponse => {
  const code = STATUS[status].http;
  const details = info && [{ "@type": ERROR_INFO, ...info }];
  return jsonResponse({ error: { code, message, status, ...(details && { details }) } }, code);
};
