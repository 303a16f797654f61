import type { IncomingHttpHeaders } from "node:http";
import type { Decoded } from "./decode/incoming";
import type { StatusOf } from "./outcome";

/** A sender of HTTP requests that are events, other than Pub/Sub and CloudEvents. */
export interface Transport {
  /** By its headers alone, which only that sender sets. */
  readonly recognises: (headers: IncomingHttpHeaders) => boolean;
  readonly decode: (headers: IncomingHttpHeaders, body: Buffer) => Decoded;
  readonly status: StatusOf;
}
