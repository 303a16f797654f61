import type { EventMeta } from "../../contract/contract";
import { firstTrace, TRACE_ATTRIBUTE } from "../trace";

/** An event that was understood as such; whether its payload fits the contract is another question. */
export interface Incoming {
  readonly meta: EventMeta;
  /** The payload's bytes: what a dead-letter topic is given. */
  readonly data: Buffer;
  /**
   * The payload as a value: JSON, or what the content type says it is.
   * @throws SyntaxError when it does not parse
   */
  payload(): unknown;
  /**
   * Set by a transport that throws away what it gives up, so that parking is the only dead letter there is: the number
   * of deliveries after which it does, `Infinity` when it does not say.
   */
  readonly givesUpAfter?: number;
  /** Set by a sender that deals with failures itself: nothing of its is parked. */
  readonly raises?: true;
}

export type Decoded =
  | { readonly ok: true; readonly incoming: Incoming }
  /** `reason`: what is wrong with the request, for the log. */
  | { readonly ok: false; readonly reason: string };

export const undecodable = (reason: string): Decoded => ({ ok: false, reason });

/** JSON of the bytes; no bytes, no value. */
export const parseJson = (data: Buffer): unknown => (data.length === 0 ? undefined : JSON.parse(data.toString("utf8")));

/** Bytes of base64, or undefined when the text is none: Node would decode what it can and leave out the rest. */
export const fromBase64 = (text: unknown): Buffer | undefined =>
  typeof text === "string" && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? Buffer.from(text, "base64")
    : undefined;

/** Milliseconds of an RFC 3339 time, or undefined when it is none. */
export function instant(text: unknown): number | undefined {
  const ms = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The event with the trace that it belongs to. @param header of the request that brought it, if one did */
export function traced(incoming: Incoming, header?: string | string[]): Incoming {
  const { attributes } = incoming.meta;
  const traceparent = firstTrace(attributes[TRACE_ATTRIBUTE], attributes["traceparent"], header);
  return traceparent === undefined ? incoming : { ...incoming, meta: { ...incoming.meta, traceparent } };
}
