import type { Source, StreamListener } from "../../../runtime/pull";
import type { Pulled } from "../../../runtime/pull";

/** A message that notes what became of it. */
export interface FakeMessage extends Pulled {
  readonly ended: string[];
}

let count = 0;

export function message(text: string, more: Partial<Pulled> = {}): FakeMessage {
  const ended: string[] = [];
  return {
    id: `m-${++count}`,
    data: Buffer.from(text),
    attributes: {},
    orderingKey: "",
    publishTimeMs: 1_700_000_000_000,
    deliveryAttempt: 0,
    ack: async () => void ended.push("ack"),
    nack: () => void ended.push("nack"),
    ...more,
    ended,
  };
}

/** A subscription in the hands of the test. */
export function fakeSource() {
  const streams: { readonly listener: StreamListener; closed: boolean }[] = [];
  let closed = false;
  const source: Source = {
    open(listener) {
      const stream = { listener, closed: false };
      streams.push(stream);
      return { close: async () => void (stream.closed = true) };
    },
    close: async () => void (closed = true),
  };
  return {
    source: async () => source,
    streams,
    isClosed: () => closed,
    send: (...messages: readonly Pulled[]) => {
      for (const one of messages) streams.at(-1)!.listener.message(one);
    },
  };
}
