import { formatTopics } from "../contract/topic";
import type { CrashPoint } from "../contract/probe";
import type { Clock } from "../runtime/clock";
import type { Incoming } from "../runtime/decode/incoming";
import { deliver, type Delivered, type DeliverOptions } from "../runtime/deliver";
import type { Handler } from "../runtime/handler";
import { createLog } from "../runtime/log";
import { createShutdown, type ShutdownControl } from "../runtime/shutdown";
import type { Change, CommitReply, Fence, OutboxRow, Store, Transactions } from "../runtime/store/store";
import type { Surroundings } from "./world";

/** An instance that handles events until it is killed. */
export interface Instance {
  deliver(event: Incoming): Promise<Delivered>;
  /** Nothing it is waiting for ever comes back: no timer, no reply. What it has sent may still have happened. */
  kill(): void;
  /** Until the returned function is called, nothing it is waiting for comes back; what it has sent happens. */
  freeze(): () => void;
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

/** A transaction of the store's own client, seen by whoever watches the store. */
export function runWithin<Native>(
  store: Store,
  transactions: Transactions<Native>,
  fence: Fence,
  work: (native: Native) => Promise<Change>,
): Promise<CommitReply> {
  return store.within?.(transactions, fence, work) ?? transactions.run(fence, work);
}

/** Addresses of what the contract publishes to: each topic by its own name. */
const topicsOf = ({ contract }: Handler): string =>
  formatTopics(
    Object.fromEntries((contract.manifest.publishes ?? []).map((name) => [name, `projects/p/topics/${name}`])),
  );

/** Where parked events go. */
export const DEAD_LETTERS = "projects/p/topics/dead";
const never = new Promise<never>(() => {});

export function startInstance(world: Surroundings, handler: Handler, options: InstanceOptions = {}): Instance {
  let alive = true;
  let dies = () => {};
  const death = new Promise<never>((_resolve, reject) => {
    dies = () => reject(new Error("the process has died"));
  });
  death.catch(() => {});
  let thawed: Promise<void> | undefined;
  const clock: Clock = {
    now: () => world.clock.now(),
    after(delayMs, callback) {
      let cancelled = false;
      const fire = () => {
        if (!alive || cancelled) return;
        if (thawed) void thawed.then(fire);
        else callback();
      };
      const timer = world.clock.after(delayMs, fire);
      return {
        cancel() {
          cancelled = true;
          timer.cancel();
        },
      };
    },
  };
  /** Goes on only while the process runs. */
  const running = async (): Promise<void> => {
    if (thawed) {
      await thawed;
      return running();
    }
    if (!alive) await never;
  };
  /** A call of the outside world: it may still happen for a process that dies while it waits. */
  const outside = async <T>(call: () => Promise<T>): Promise<T> => {
    if (!alive || thawed) await running();
    try {
      return await call();
    } finally {
      if (!alive || thawed) await running();
    }
  };
  const inner = options.store?.(world.store) ?? world.store;
  const store: Store = {
    kind: inner.kind,
    read: (key) => outside(() => inner.read(key)),
    commit: (change) => outside(() => inner.commit(change)),
    rows: (ids) => outside(() => inner.rows(ids)),
    within: (transactions, fence, work) =>
      outside(() =>
        // A transaction whose process dies is undone by the server; nobody is there to hear of it.
        runWithin(inner, transactions, fence, async (native) => {
          const change = await Promise.race([work(native), death]);
          if (thawed) await running();
          return change;
        }),
      ),
  };
  const publish = options.publish ?? (async (rows) => world.published.push(...rows));
  const lines: Record<string, unknown>[] = [];
  const shutdown = createShutdown();
  const instance: Instance = {
    lines,
    shutdown,
    kill() {
      alive = false;
      dies();
    },
    freeze() {
      let thaw = () => {};
      const until = new Promise<void>((resolve) => (thaw = resolve));
      thawed = until;
      return () => {
        if (thawed === until) thawed = undefined;
        thaw();
      };
    },
    deliver: (event) =>
      outside(() =>
        deliver(event, clock.now(), shutdown, {
          handler,
          topics: topicsOf(handler),
          store,
          clock,
          random: () => world.random.next(),
          newId: () => `owner-${world.random.below(1e9)}`,
          log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
          probe: async (point) => {
            await options.at?.(point, instance);
            await running();
          },
          publisher: {
            publish: (rows) => outside(async () => void (await publish(rows))),
          },
          deadlineMs: handler.contract.manifest.timeLimitMs + 5_000,
          deadLetterTopic: DEAD_LETTERS,
          ...options.deliver,
        }).then(({ lease: _counted, ...delivered }) => delivered),
      ),
  };
  return instance;
}
