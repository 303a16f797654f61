import { defineContract } from "../../contract";
import type { PushResult, PushTransport } from "../../local/engine/delivery";
import { createEvents } from "../../local/engine/events";
import { createDocuments, documentsRest } from "../../local/engine/firestore";
import { noJournal } from "../../local/engine/journal";
import { createPubSub, pubSubServices } from "../../local/engine/pubsub";
import { seededRandom } from "../../local/engine/random";
import { Fatal, Retry } from "../../runtime";
import { defineHandler, type Handler } from "../../runtime/handler";
import { restFetch } from "../runtime/support/rest-fetch";
import { WithId } from "../runtime/support/schema";
import { heapClock } from "./clock";
import { DEAD_LETTERS, type SoakInstance, startSoakInstance } from "./instances";

export interface SoakOptions {
  readonly events: number;
  readonly effects: "transactional" | "at-least-once";
  readonly seed?: number | string;
  /** A store as a careless adapter would be: it writes over whatever is there. @default false */
  readonly unfenced?: boolean;
  /** Called now and then. */
  readonly progress?: (text: string) => void;
}

/** What became of all of it. */
export interface SoakReport {
  readonly events: number;
  readonly messages: number;
  readonly pushes: number;
  readonly kills: number;
  readonly drains: number;
  /** Calls of an effect outside the store, repetitions included; 0 for transactional handlers. */
  readonly attempts: number;
  /** Events whose effect happened exactly once. */
  readonly once: number;
  readonly parked: number;
  /** Engine time that passed. */
  readonly virtualSeconds: number;
  /** Outcomes of deliveries. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What is wrong, in words. */
  readonly wrong: readonly string[];
}

const DUPLICATES = 0.2;
const INSTANCES = 4;
const PER_SECOND = 200;
/** A process ends this often: twice by a crash, then once by SIGTERM. */
const END_EVERY_MS = 1_000;
const [ORDERS, CHARGED] = ["projects/p/topics/orders", "projects/p/topics/charged"];
const BEGINNING_MS = 1_700_000_000_000;
/** Long after every lease, back-off and late write. */
const LONGEST_MS = 24 * 3_600_000;

const common = {
  name: "orders",
  input: WithId,
  key: (order: { id: string }) => order.id,
  timeLimit: "20s",
  retry: { attempts: 12, minBackoff: "2s", maxBackoff: "30s" },
  store: "firestore",
} as const;
const CONTRACTS = {
  transactional: defineContract({ ...common, effects: "transactional", writes: ["effects"] }),
  "at-least-once": defineContract({ ...common, effects: "at-least-once" }),
};

/**
 * Events through the local engine to processes that die, against a store and a Pub/Sub whose calls go wrong, some of
 * the events published twice, none in order: then every effect must have happened exactly once, and nothing be lost.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { events: count, effects, seed = 1, unfenced = false, progress } = options;
  const clock = heapClock(BEGINNING_MS);
  const random = seededRandom(seed);
  const [schedule, luck, world] = [random.fork("schedule"), random.fork("handlers"), random.fork("faults")];
  const wrong: string[] = [];
  /** Documents that were written as effects, by event. */
  const written = new Map<string, number>();
  const documents = createDocuments({
    clock,
    journal: noJournal,
    onWrite: ({ name }) => {
      const effect = /\/effects\/([^/]+)$/.exec(name)?.[1];
      if (effect) written.set(effect, (written.get(effect) ?? 0) + 1);
    },
  });
  const instances: SoakInstance[] = [];
  const numbers = { pushes: 0, kills: 0, drains: 0, attempts: 0 };
  const push: PushTransport = async (request) => {
    numbers.pushes++;
    const up = instances.filter(({ alive }) => alive);
    const instance = up[world.below(up.length)];
    if (!instance) return { kind: "unreachable", reason: "no instance" };
    const timeout = new Promise<PushResult>((resolve) =>
      clock.after(request.timeoutMs, () => resolve({ kind: "timeout" })),
    );
    return Promise.race([instance.push(request), timeout]);
  };
  const pubsub = createPubSub({
    clock,
    random: random.fork("broker"),
    events: createEvents(() => clock.now()),
    journal: noJournal,
    push,
  });
  for (const name of [ORDERS, CHARGED, DEAD_LETTERS]) pubsub.createTopic({ name });
  const subscription = "projects/p/subscriptions/orders";
  pubsub.createSubscription({
    name: subscription,
    topic: ORDERS,
    ackDeadlineMs: 25_000,
    retentionMs: 7 * 86_400_000,
    retainAcked: false,
    ordering: false,
    exactlyOnce: false,
    retry: { minMs: 2_000, maxMs: 30_000 },
    push: { endpoint: "http://orders.test" },
  });
  pubsub.start();

  const firestore = restFetch(documentsRest(documents));
  const broker = restFetch(pubSubServices(pubsub, clock).rest);
  /** Dedupe ids of what was published, by event. */
  const charged = new Map<string, Set<string>>();
  const letters = new Map<string, Set<string>>();
  const send: typeof fetch = async (input, init) => {
    const url = input as string;
    if (url.includes("firestore.test"))
      return firestore(input, unfenced ? { ...init, body: unfence(init!.body as string) } : init);
    const response = await broker(input, init);
    const topic = /\/v1\/(.*):publish$/.exec(url)?.[1];
    if (response.ok && topic) {
      const of = topic === CHARGED ? charged : letters;
      const { messages } = JSON.parse(init!.body as string) as {
        messages: { data: string; attributes: Record<string, string> }[];
      };
      for (const { data, attributes } of messages) {
        const { id } = JSON.parse(Buffer.from(data, "base64").toString()) as { id: string };
        of.set(id, (of.get(id) ?? new Set()).add(attributes["millrace-dedupe-id"]!));
      }
    }
    return response;
  };

  /** The downstream of a handler in lease mode: it has each key's effect once. */
  const downstream = new Set<string>();
  const apply = (key: string, id: string) => {
    numbers.attempts++;
    if (downstream.has(key)) return;
    downstream.add(key);
    written.set(id, (written.get(id) ?? 0) + 1);
  };
  const fatal = (id: string) => Number(id) % 97 === 0;
  const trouble = (id: string) => {
    if (fatal(id)) throw new Fatal("cannot be mended");
    const drawn = luck.next();
    if (drawn < 0.04) throw new Error("may be mended");
    if (drawn < 0.05) throw new Retry("later", { after: "5s" });
  };
  /** Most are quick; a few take longer than a lease. */
  const takes = () => (luck.next() < 0.01 ? luck.below(18_000) : luck.below(200));
  const handlerOf = (sleep: (ms: number) => Promise<void>): Handler =>
    effects === "transactional"
      ? defineHandler(CONTRACTS.transactional, async ({ id }, ctx) => {
          await sleep(takes());
          trouble(id);
          await ctx.commit((tx) => {
            tx.set(`effects/${id}`, { token: ctx.token });
            tx.publish(CHARGED, { data: { id } });
          });
        })
      : defineHandler(CONTRACTS["at-least-once"], async ({ id }, ctx) => {
          await sleep(takes());
          trouble(id);
          await ctx.once("charge", (key) => apply(key, id));
          await sleep(takes());
        });

  const outcomes: Record<string, number> = {};
  const log = (line: string) => {
    const { outcome } = JSON.parse(line) as { outcome?: string };
    if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const startOne = () => startSoakInstance({ clock, random: world, fetch: send, handler: handlerOf, log });
  for (let i = 0; i < INSTANCES; i++) instances.push(startOne());

  const ids = Array.from({ length: count }, (_, i) => String(i));
  let messages = 0;
  const publish = (id: string) => {
    messages++;
    pubsub.publish(ORDERS, [{ data: Buffer.from(JSON.stringify({ id })), attributes: {} }]);
  };
  const lastMs = (count / PER_SECOND) * 1_000;
  for (const id of ids) {
    const atMs = schedule.next() * lastMs;
    clock.after(atMs, () => publish(id));
    if (schedule.next() < DUPLICATES) clock.after(atMs + schedule.next() ** 3 * 60_000, () => publish(id));
  }
  const endOne = () => {
    const index = world.below(instances.length);
    const gone = instances[index]!;
    if ((numbers.kills + numbers.drains) % 3 < 2) {
      numbers.kills++;
      gone.kill();
    } else {
      numbers.drains++;
      void gone.drain();
    }
    instances[index] = startOne();
    if (clock.now() < BEGINNING_MS + lastMs) clock.after(END_EVERY_MS, endOne);
  };
  clock.after(END_EVERY_MS, endOne);

  for (let minute = 1; clock.now() < BEGINNING_MS + LONGEST_MS; minute++) {
    await clock.advance(60_000);
    const { unacked } = pubsub.subscription(subscription).stats();
    if (minute % 5 === 0) progress?.(`${messages} messages published, ${unacked} under way`);
    if (clock.now() > BEGINNING_MS + lastMs + 60_000 && unacked === 0) break;
  }
  // Writes that were late arrive now; whoever they come from is long gone.
  await clock.advance(60_000);
  pubsub.stop();

  const once = ids.filter((id) => written.get(id) === 1).length;
  for (const id of ids) {
    const times = written.get(id) ?? 0;
    const parked = letters.has(id);
    if (times > 1) wrong.push(`the effect of ${id} happened ${times} times`);
    if (times === 0 && !parked) wrong.push(`${id} was lost`);
    if (times > 0 && parked && effects === "transactional") wrong.push(`${id} was parked although its effect happened`);
    if (fatal(id) && !parked) wrong.push(`${id} is fatal and was not parked`);
    const copies = charged.get(id)?.size ?? 0;
    if (effects === "transactional" && copies !== times) wrong.push(`${id} has ${copies} messages, not ${times}`);
  }
  const { unacked } = pubsub.subscription(subscription).stats();
  if (unacked > 0) wrong.push(`${unacked} messages were never acknowledged`);
  return {
    ...numbers,
    events: count,
    messages,
    once,
    parked: letters.size,
    virtualSeconds: Math.round((clock.now() - BEGINNING_MS) / 1_000),
    outcomes,
    wrong,
  };
}

/** The same writes without their preconditions. */
function unfence(body: string): string {
  const { writes, ...rest } = JSON.parse(body) as { writes?: { currentDocument?: object }[] };
  return JSON.stringify(writes ? { writes: writes.map(({ currentDocument: _fence, ...write }) => write) } : rest);
}
