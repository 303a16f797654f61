import type { Incoming } from "../../../runtime/decode/incoming";
import type { World } from "../../../testing/world";

export { DEAD_LETTERS, type Instance, type InstanceOptions, startInstance } from "../../../testing/instance";
export { createWorld, type Surroundings, type World } from "../../../testing/world";

let messages = 0;

/** An event whose payload is the value. */
export function incoming(value: unknown, meta: Partial<Incoming["meta"]> = {}): Incoming {
  const data = Buffer.from(JSON.stringify(value));
  return {
    data,
    payload: () => JSON.parse(data.toString()) as unknown,
    meta: { id: `message-${++messages}`, attributes: {}, ...meta },
  };
}

/** Lets everything that does not wait for time happen, then moves time until the promise settles, at most `ms`. */
export async function within<T>({ clock }: Pick<World, "clock">, ms: number, promise: Promise<T>): Promise<T> {
  const settled = new AbortController();
  promise.then(
    () => settled.abort(),
    () => settled.abort(),
  );
  const end = clock.now() + ms;
  await clock.advance(0);
  while (!settled.signal.aborted) {
    const next = clock.next();
    if (next === undefined || next > end) throw new Error(`still waiting after ${ms} ms`);
    await clock.advance(next - clock.now());
  }
  return promise;
}
