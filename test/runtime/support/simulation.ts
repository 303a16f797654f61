import type { CrashPoint } from "../../../contract/probe";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { type Random, seededRandom } from "../../../local/engine/random";
import type { Clock } from "../../../runtime/clock";
import type { Incoming } from "../../../runtime/decode/incoming";
import { deliver, type Delivered, type DeliverOptions } from "../../../runtime/deliver";
import type { Handler } from "../../../runtime/handler";
import { createLog } from "../../../runtime/log";
import { createShutdown, type ShutdownControl } from "../../../runtime/shutdown";
import { type MemoryStore, memoryStore } from "../../../runtime/store/memory";
import type { OutboxRow, Store } from "../../../runtime/store/store";

/** What outlives every process: time, the store, and what was published. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly published: OutboxRow[];
}

/** Surroundings in which time moves only when told to. */
export interface World extends Surroundings {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
}

export function createWorld(seed = 1): World {
  const clock = virtualClock(1_700_000_000_000);
  return { clock, random: seededRandom(seed), store: memoryStore({ clock }), published: [] };
}

/** An instance that handles events until it is killed. */
export interface Instance {
  deliver(event: Incoming): Promise<Delivered>;
  /** Nothing it is waiting for ever comes back: no timer, no reply. What it has sent may still have happened. */
  kill(): void;
  /** As on SIGTERM, without the waiting. */
  readonly shutdown: ShutdownControl;
  /** Log lines, parsed. */
  readonly lines: Record<string, unknown>[];
}

export interface InstanceOptions {
  /** Called at each crash point, which is passed once it resolves. */
  readonly at?: (point: CrashPoint, instance: Instance) => void | Promise<void>;
  /** What becomes of a call on the store. @default all succeed */
  readonly store?: (store: Store) => Store;
  /** @default keeps what is published */
  readonly publish?: (rows: readonly OutboxRow[]) => Promise<unknown>;
  readonly deliver?: Partial<DeliverOptions>;
}

export const DEAD_LETTERS = "projects/p/topics/dead";
const never = new Promise<never>(() => {});

export function startInstance(world: Surroundings, handler: Handler, options: InstanceOptions = {}): Instance {
  let alive = true;
  const clock: Clock = {
    now: () => world.clock.now(),
    after: (delayMs, callback) => world.clock.after(delayMs, () => alive && callback()),
  };
  /** A call of the outside world: it may still happen for a process that dies while it waits. */
  const outside = async <T>(call: () => Promise<T>): Promise<T> => {
    if (!alive) return never;
    try {
      const result = await call();
      return alive ? result : await never;
    } catch (error) {
      if (!alive) return never;
      throw error;
    }
  };
  const inner = options.store?.(world.store) ?? world.store;
  const store: Store = {
    kind: inner.kind,
    read: (key) => outside(() => inner.read(key)),
    commit: (change) => outside(() => inner.commit(change)),
    rows: (ids) => outside(() => inner.rows(ids)),
  };
  const publish = options.publish ?? (async (rows) => world.published.push(...rows));
  const lines: Record<string, unknown>[] = [];
  const shutdown = createShutdown();
  const instance: Instance = {
    lines,
    shutdown,
    kill: () => void (alive = false),
    deliver: (event) =>
      outside(() =>
        deliver(event, clock.now(), shutdown, {
          handler,
          store,
          clock,
          random: () => world.random.next(),
          newId: () => `owner-${world.random.below(1e9)}`,
          log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
          probe: async (point) => {
            await options.at?.(point, instance);
            if (!alive) await never;
          },
          publisher: {
            publish: (rows) => outside(async () => void (await publish(rows))),
          },
          deadlineMs: handler.contract.manifest.timeLimitMs + 5_000,
          deadLetterTopic: DEAD_LETTERS,
          ...options.deliver,
        }),
      ),
  };
  return instance;
}

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
export async function within<T>(world: World, ms: number, promise: Promise<T>): Promise<T> {
  const settled = new AbortController();
  promise.then(
    () => settled.abort(),
    () => settled.abort(),
  );
  const end = world.clock.now() + ms;
  await world.clock.advance(0);
  while (!settled.signal.aborted) {
    const next = world.clock.next();
    if (next === undefined || next > end) throw new Error(`still waiting after ${ms} ms`);
    await world.clock.advance(next - world.clock.now());
  }
  return promise;
}
