import type { EventMeta } from "../contract/contract";
import type { Incoming } from "../runtime/decode/incoming";
import { parseJson } from "../runtime/decode/incoming";

const EVENT = Symbol.for("millrace/test-event");

/** One message as a subscription holds it; delivered again it keeps its id. */
export interface TestEvent {
  readonly [EVENT]: true;
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
  readonly publishTimeMs: number;
}

/** What may be said of an event beside its payload. */
export interface EventOptions {
  /** @default unique in the kit */
  readonly id?: string;
  /** @default none */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

/** @param payload a `Buffer` as it is, anything else as JSON */
export function createEvent(payload: unknown, id: string, nowMs: number, options: EventOptions = {}): TestEvent {
  const { attributes = {}, orderingKey } = options;
  return {
    [EVENT]: true,
    id: options.id ?? id,
    data: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload) ?? ""),
    attributes,
    ...(orderingKey !== undefined && { orderingKey }),
    publishTimeMs: nowMs,
  };
}

export const isEvent = (value: unknown): value is TestEvent =>
  typeof value === "object" && value !== null && EVENT in value;

/** The event as a push subscription hands it to the runtime. */
export function incomingOf(event: TestEvent, source: string, deliveryAttempt: number): Incoming {
  const { id, attributes, orderingKey, publishTimeMs } = event;
  const meta: EventMeta = {
    id,
    attributes,
    publishTimeMs,
    deliveryAttempt,
    source,
    ...(orderingKey !== undefined && { orderingKey }),
  };
  return { meta, data: event.data, payload: () => parseJson(event.data) };
}

/** For a person: `message-3 {"id":"7"}`. */
export function nameOf(event: TestEvent): string {
  const text = event.data.toString("utf8");
  return `${event.id} ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}
