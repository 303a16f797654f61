import { defineContract } from "../../../contract";
import { ENV } from "../../../contract/environment";
import { createEvents } from "../../../local/engine/events";
import type { Child, Exit } from "../../../local/engine/processes/child";
import { createWorkers } from "../../../local/engine/workers/workers";
import { memoryStore } from "../../../runtime";
import { defineHandler } from "../../../runtime/handler";
import { type Source, startWorker, type Worker } from "../../../runtime/pull";
import { startBroker, SUBSCRIPTION } from "../pubsub/broker";
import { environmentFor } from "../../runtime/support/environment";
import { common } from "../../runtime/support/orders";
import type { WorkerPoolVector } from "../../vectors/worker-pools";

const PROGRAM = {
  name: "films",
  kind: "workerPool",
  project: "p",
  region: "europe-west1",
  archive: "/none",
  environment: {},
} as const;
/** Google's client extends leases for an hour, a minute at a time. */
const LONGEST_MS = 3_600_000;

type Bench = ReturnType<typeof startBroker>;

/** A stream of Google's client on the broker, in this process: it extends leases until it is lost. */
function streamOf({ pubsub, clock }: Bench, maxHeld: number) {
  let lost = false;
  const source: Source = {
    open({ message }) {
      const subscription = pubsub.subscription(SUBSCRIPTION);
      const held = new Map<string, () => void>();
      let closed = false;
      const take = () => {
        if (closed || lost || held.size >= maxHeld) return;
        for (const delivery of subscription.take(maxHeld - held.size)) {
          const { ackId, attempt, message: of } = delivery;
          const untilMs = clock.now() + LONGEST_MS;
          const leaseMs = subscription.config.ackDeadlineMs;
          const extend = (): ReturnType<typeof clock.after> =>
            clock.after(leaseMs / 2, () => {
              if (lost || clock.now() > untilMs) return;
              subscription.modifyAckDeadline([ackId], leaseMs);
              timer = extend();
            });
          let timer = extend();
          const end = (how: () => void) => () => {
            if (lost || !held.delete(ackId)) return;
            timer.cancel();
            how();
            clock.after(0, take);
          };
          held.set(ackId, () => timer.cancel());
          const ack = end(() => subscription.acknowledge([ackId]));
          message({
            id: of.id,
            data: of.data,
            attributes: of.attributes,
            orderingKey: of.orderingKey,
            publishTimeMs: of.publishedMs,
            deliveryAttempt: attempt,
            ack: async () => ack(),
            nack: end(() => subscription.modifyAckDeadline([ackId], 0)),
          });
        }
      };
      // Whatever comes next comes over the network, never in the middle of an ack.
      const off = subscription.onReady(() => void clock.after(0, take));
      take();
      return {
        async close() {
          closed = true;
          off();
        },
      };
    },
    close: async () => undefined,
  };
  return { source, lose: () => void (lost = true) };
}

/** What was seen of a pool, in the words of its vector. */
export interface Seen {
  readonly started: readonly string[];
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  readonly alive: number;
  readonly left: number;
  readonly variables: readonly Readonly<Record<string, string>>[];
}

export async function play(vector: WorkerPoolVector): Promise<Seen> {
  const { instances = 1, concurrency = 1, ordered = false, messages = [], ackDeadlineSeconds = 10 } = vector;
  const bench = startBroker({ subscription: { ordering: ordered, ackDeadlineMs: ackDeadlineSeconds * 1_000 } });
  const { clock } = bench;
  const beganMs = clock.now();
  const second = () => (clock.now() - beganMs) / 1_000;
  const store = memoryStore({ clock });
  const contract = defineContract({
    ...common,
    effects: "at-least-once",
    order: ordered,
    concurrency,
    timeLimit: "1h",
    retry: { attempts: 5, minBackoff: "100ms" },
  });
  const [started, begun, ended]: [string[], string[], string[]] = [[], [], []];
  const variables: Readonly<Record<string, string>>[] = [];
  const processes: { readonly end: (exit: Exit) => void; readonly lose: () => void }[] = [];
  const failures = new Map(messages.map(({ id, fails = 0 }) => [id, fails]));

  const start = async (_program: unknown, given: Readonly<Record<string, string>>): Promise<Child> => {
    const index = variables.length;
    variables.push(given);
    started.push(`${second()} ${Number(given["CLOUD_RUN_WORKER_POOL_REVISION"]!.split("-")[1])}`);
    let exit: Exit | undefined;
    let settle!: (exit: Exit) => void;
    const exited = new Promise<Exit>((resolve) => (settle = resolve));
    const end = (how: Exit) => {
      exit ??= how;
      settle(exit);
    };
    const stream = streamOf(bench, concurrency * (ordered ? 8 : 1));
    const handler = defineHandler(contract, async ({ id }, ctx) => {
      const { seconds = 1 } = messages.find((one) => one.id === id)!;
      begun.push(`${second()} ${id}/${index}`);
      await new Promise<void>((resolve) => {
        const timer = clock.after(seconds * 1_000, resolve);
        ctx.signal.addEventListener("abort", () => {
          timer.cancel();
          resolve();
        });
      });
      if (exit || ctx.signal.aborted) throw new Error("stopped");
      const left = failures.get(id)!;
      failures.set(id, left - 1);
      if (left > 0) throw new Error("not yet");
      ended.push(`${second()} ${id}`);
    });
    const { K_SERVICE: _service, [ENV.audience]: _audience, ...env } = environmentFor(handler);
    const worker: Worker = await startWorker(handler, {
      subscription: SUBSCRIPTION,
      env,
      store,
      clock,
      source: async () => stream.source,
      write: () => undefined,
      fetch: async () => Response.json({ messageIds: ["1"] }),
    });
    processes[index] = { end, lose: stream.lose };
    let asked = false;
    return {
      pid: index,
      port: 0,
      exit: () => exit,
      exited,
      asked: () => asked,
      tail: () => "",
      listening: async () => true,
      kill: () => undefined,
      jump: () => undefined,
      async stop() {
        asked = true;
        await worker.close();
        end({ code: 0, signal: null });
      },
    };
  };
  const workers = createWorkers({ clock, events: createEvents(() => clock.now()), start });
  const deploy = (count: number) => workers.ensure({ instances: count, program: PROGRAM });
  const acts: { readonly at: number; readonly act: () => void }[] = [
    ...messages.map(({ id, at = 0, key }) => ({ at, act: () => void bench.publish(JSON.stringify({ id }), key) })),
    ...(vector.deaths ?? []).map(({ process, at }) => ({
      at,
      act() {
        processes[process]!.lose();
        processes[process]!.end({ code: null, signal: "SIGKILL" });
      },
    })),
    ...(vector.deployments ?? []).map(({ at, instances: count }) => ({
      at,
      act: () =>
        void (count === 0 ? workers.remove("projects/p/locations/europe-west1/workerPools/films") : deploy(count)),
    })),
  ];
  await deploy(instances);
  for (const { at, act } of acts.toSorted((a, b) => a.at - b.at)) {
    await clock.advance(at * 1_000 - (clock.now() - beganMs));
    act();
    await clock.advance(0);
  }
  await clock.advance(vector.seconds * 1_000 - (clock.now() - beganMs));
  const [status] = workers.status();
  const { unacked: left } = bench.pubsub.stats(SUBSCRIPTION);
  workers.stop();
  return { started, begun, ended, alive: status?.instances ?? 0, left, variables };
}
