import type { IncomingHttpHeaders } from "node:http";
import type { Decoded, Incoming } from "./decode/incoming";
import type { Delivered } from "./deliver";
import type { StatusOf } from "./outcome";

/** A sender of HTTP requests that are events, other than Pub/Sub and CloudEvents. */
export interface Transport {
  /** By its headers alone, which only that sender sets. */
  readonly recognises: (headers: IncomingHttpHeaders) => boolean;
  readonly decode: (headers: IncomingHttpHeaders, body: Buffer) => Decoded;
  readonly status: StatusOf;
  /** Has no dead letters of its own: its last attempt parks, however few it makes. @default false */
  readonly parks?: boolean;
  /** For a sender that brings several events, or wants more than a status. @default one event, answered by `status` */
  readonly answer?: (
    headers: IncomingHttpHeaders,
    body: Buffer,
    handle: (decoded: Decoded) => Promise<Delivered>,
  ) => Promise<Answer>;
}

/** What a sender is told. */
export interface Answer {
  readonly status: number;
  /** Empty for none. */
  readonly text: string;
  /** Content type of the text. @default plain text */
  readonly type?: string;
}

/**
 * Tells somebody else than the sender what became of an event, before the sender is told.
 * @throws when it has to be told again: then the delivery is not acknowledged
 */
export type Report = (incoming: Incoming, delivered: Delivered) => Promise<void>;
