import type { EventMeta } from "../../../contract/contract";

/** A request as its sender makes it, byte by byte, and all that comes of it. */
export interface RequestVector {
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** The events that the handler is given, in order; none when the request is not understood. */
  readonly events: readonly { readonly meta: EventMeta; readonly payload: unknown }[];
  /** What the sender is answered. @default 204, or 400 where there are no events */
  readonly status?: number;
  /** Text of the answer. @default none; where there are no events, anything */
  readonly text?: string;
  /** Part of what is logged, where there are no events. */
  readonly reason?: string;
}

export const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");

/** The same headers without one. */
export const without = (headers: Readonly<Record<string, string>>, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
