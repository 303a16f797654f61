import { defineContract } from "../../../contract";
import { seededRandom } from "../../../local/engine/random";
import { Fatal } from "../../../runtime";
import { type Clock, sleep } from "../../../runtime/clock";
import { defineHandler, type Handler } from "../../../runtime/handler";
import type { Outcome } from "../../../runtime/outcome";
import type { DocumentData, OutboxRow, Store, Transactions } from "../../../runtime/store/store";
import { recordKey } from "../../../runtime/store/key";
import { common } from "../support/orders";
import { incoming, type Instance, startInstance } from "../support/simulation";
import { createWire, type Fate, type Wire } from "./wire";

/** A store whose connection to its server can be cut. */
export interface FaultySubject<Native = unknown> {
  /** The clock that the store's own agrees with. */
  readonly clock: Clock;
  /** The store as one process has it. */
  readonly through: (wire: Wire) => Store;
  readonly document: (path: string) => Promise<DocumentData | undefined>;
  /** Lets time pass until the work is done. @default it passes by itself */
  readonly settle?: <T>(work: Promise<T>) => Promise<T>;
  /** Transactions of the store's own client, and a table of numbers by name. @default none */
  readonly native?: {
    readonly transactions: (wire: Wire) => Transactions<Native>;
    readonly add: (native: Native, name: string, n: number) => Promise<void>;
    readonly value: (name: string) => Promise<number | undefined>;
  };
}

/** How a handler ends: which of the protocol's writes it leads to. */
type Way = "commits" | "commits natively" | "completes" | "fails first" | "is fatal";

export interface FaultCase {
  readonly way: Way;
  /** Which of the calls of the first process, from 0. */
  readonly on: number;
  readonly fate: Fate;
  /** By how much the clocks of the first and the second process are off. */
  readonly skewMs: readonly [first: number, second: number];
}

const LEASE_MS = 1_000;
const FATES: readonly Fate[] = [
  { kind: "unsent" },
  { kind: "lost" },
  { kind: "late", ms: 30 },
  { kind: "late", ms: 1.6 * LEASE_MS },
  { kind: "slow", ms: 0.4 * LEASE_MS },
  { kind: "slow", ms: 1.4 * LEASE_MS },
  { kind: "dies before" },
  { kind: "dies after" },
];
/** A transaction that is sent late is none: its connection is gone. */
const OF_TRANSACTIONS = FATES.filter(({ kind }) => kind !== "late");
const HARD = FATES.filter((fate) => fate.kind !== "slow" && !(fate.kind === "late" && fate.ms < LEASE_MS));
const HOUR = 3_600_000;
const SKEWS = [
  [0, 0],
  [HOUR, -HOUR],
  [-HOUR, HOUR],
] as const;

const table = (way: Way, calls: number, fates: readonly Fate[]): Omit<FaultCase, "skewMs">[] =>
  Array.from({ length: calls }, (_, on) => fates.map((fate) => ({ way, on, fate }))).flat();

/** Every fate of every call of a delivery, by processes whose clocks agree, or not. */
const CASES: readonly FaultCase[] = [
  ...table("commits", 3, FATES),
  ...table("completes", 2, HARD),
  ...table("fails first", 2, HARD),
  ...table("is fatal", 3, HARD),
].map((one, i) => ({ ...one, skewMs: SKEWS[i % SKEWS.length]! }));
const NATIVE: readonly FaultCase[] = table("commits natively", 6, OF_TRANSACTIONS).map((one, i) => ({
  ...one,
  skewMs: SKEWS[i % SKEWS.length]!,
}));

/** Any store, when its server is reached by a wire that fails. */
export function faultConformance<Native>(subject: () => FaultySubject<Native>): void {
  it("keeps every promise, whatever becomes of any call of a process, in transactions of its client too", async () => {
    expect(await faultsOf(subject())).toEqual([]);
  });

  it("judges a lease by the store's clock, whatever those of its processes say", async () => {
    const { settle = (work) => work } = subject();
    const found = await settle(Promise.all(SKEWS.map((skewMs) => takeover(subject(), skewMs))));
    for (const { token, afterMs } of found) {
      expect(token).toBe(2);
      expect(afterMs).toBeGreaterThanOrEqual(LEASE_MS);
    }
  });
}

/** What is wrong after the cases, in words; all of them go on at the same time. */
export async function faultsOf<Native>(subject: FaultySubject<Native>): Promise<readonly string[]> {
  const { native, settle = (work) => work } = subject;
  const cases = native ? [...CASES, ...NATIVE] : CASES;
  const wrong = await settle(Promise.all(cases.map((one) => play(subject, one))));
  return wrong.flatMap((each, i) => each.map((what) => `${JSON.stringify(cases[i])}: ${what}`));
}

let events = 0;
const unique = `${process.pid}-${Date.now().toString(36)}`;
const COLLECTION = `faults-${unique}`;
const spec = { ...common, name: COLLECTION.slice(0, 41), timeLimit: "1s" } as const;
const patience = { ...spec, retry: { attempts: 50 } } as const;
const CONTRACTS = {
  transactional: defineContract({ ...patience, effects: "transactional", writes: [COLLECTION] }),
  "at-least-once": defineContract({ ...patience, effects: "at-least-once" }),
};
const ACKED: readonly Outcome["kind"][] = ["done", "replayed", "parked"];

/** A process with a clock of its own. */
function startProcess<Native>(
  { clock, through, native }: FaultySubject<Native>,
  handlerOf: (transactions: Transactions<Native> | undefined) => Handler,
  how: { readonly skewMs: number; readonly published: OutboxRow[]; readonly on?: number; readonly fate?: Fate },
): { readonly instance: Instance; readonly wire: Wire } {
  const { skewMs, published, on = -1, fate } = how;
  const wire = createWire(clock, on, fate, () => instance.kill());
  const own: Clock = { now: () => clock.now() + skewMs, after: (ms, callback) => clock.after(ms, callback) };
  const surroundings = { clock: own, random: seededRandom(`${unique}/${++events}`), store: through(wire), published };
  const instance: Instance = startInstance(surroundings, handlerOf(native?.transactions(wire)), {
    deliver: { deadlineMs: 30_000 },
  });
  return { instance, wire };
}

async function play<Native>(subject: FaultySubject<Native>, { way, on, fate, skewMs }: FaultCase): Promise<string[]> {
  const { clock, native } = subject;
  const id = `${unique}-${++events}`;
  const key = recordKey(spec.name, 1, id);
  const path = `${COLLECTION}/${id}`;
  const store = subject.through(createWire(clock, -1, undefined, () => {}));
  const wrong: string[] = [];
  const published: OutboxRow[] = [];
  const seen = { acknowledged: false, runs: 0 };

  const begin = () => {
    seen.runs++;
    if (seen.acknowledged) wrong.push("the handler ran after an acknowledgement");
  };
  const handlerOf = (transactions: Transactions<Native> | undefined): Handler => {
    if (way === "commits")
      return defineHandler(CONTRACTS.transactional, async (_order, ctx) => {
        begin();
        await ctx.commit((tx) => {
          tx.create(path, { token: ctx.token });
          tx.publish("projects/p/topics/done", { data: { id } });
        });
      });
    if (way === "commits natively")
      return defineHandler(CONTRACTS.transactional, async (_order, ctx) => {
        begin();
        await ctx.commitIn(transactions!, async (client, outbox) => {
          await native!.add(client, id, 1);
          outbox.publish("projects/p/topics/done", { data: { id } });
        });
      });
    return defineHandler(CONTRACTS["at-least-once"], () => {
      begin();
      if (way === "is fatal") throw new Fatal("cannot be mended");
      if (way === "fails first" && seen.runs === 1) throw new Error("may be mended");
      return { id };
    });
  };
  const deliver = async ({ instance }: { readonly instance: Instance }): Promise<Outcome> => {
    const { outcome } = await instance.deliver(incoming({ id }));
    if (!ACKED.includes(outcome.kind)) return outcome;
    seen.acknowledged = true;
    const { stored } = await store.read(key);
    const state = stored?.record.state;
    if (state !== "DONE" && state !== "PARKED") wrong.push(`acknowledged although the event is ${state}`);
    for (const row of stored?.record.outbox ?? [])
      if (!published.some((sent) => sent.id === row)) wrong.push(`acknowledged before ${row} was published`);
    return outcome;
  };
  const healthy = (skew = 0) => startProcess(subject, handlerOf, { skewMs: skew, published });

  const begunMs = clock.now();
  const first = startProcess(subject, handlerOf, { skewMs: skewMs[0], published, on, fate });
  // One that dies never answers.
  void deliver(first);
  await sleep(clock, 0.15 * LEASE_MS);
  await deliver(healthy(skewMs[1]));
  for (let i = 0; i < 20 && !seen.acknowledged; i++) await deliver(healthy());
  const ended = (await store.read(key)).stored?.record;
  // Whatever is under way arrives, and changes nothing.
  await sleep(clock, Math.max(0, begunMs + 2.2 * LEASE_MS - clock.now()));
  const last = await deliver(healthy());

  // On virtual time nobody else is in the way.
  if (subject.settle && !first.wire.met()) wrong.push("the call was never made");
  const { stored } = await store.read(key);
  const { state, token, outbox = [] } = stored?.record ?? {};
  const expected = way === "is fatal" ? "PARKED" : "DONE";
  if (state !== expected) wrong.push(`the event ended as ${state}`);
  if (last.kind !== (way === "is fatal" ? "parked" : "replayed")) wrong.push(`the last delivery was ${last.kind}`);
  if (token !== ended?.token || stored?.record.result !== ended?.result) wrong.push("the end was written over");
  if (outbox.length > 0) wrong.push("messages were left in the outbox");
  const sent = [...new Set(published.map((row) => row.id))];
  const messages = way === "completes" || way === "fails first" ? 0 : 1;
  if (sent.length !== messages) wrong.push(`${sent.length} messages were published, not ${messages}`);
  if ((await store.rows(sent)).length > 0) wrong.push("published rows are still there");
  if (way === "commits" && (await subject.document(path))?.["token"] !== token)
    wrong.push("the effect is not that of the end");
  if (way === "commits natively" && (await native!.value(id)) !== 1)
    wrong.push(`the effect happened ${await native!.value(id)} times`);
  return wrong;
}

/** A process claims and dies; by how much later another takes over. */
async function takeover<Native>(subject: FaultySubject<Native>, skewMs: FaultCase["skewMs"]) {
  const id = `${unique}-${++events}`;
  const key = recordKey(spec.name, 1, id);
  const store = subject.through(createWire(subject.clock, -1, undefined, () => {}));
  const handler = defineHandler(CONTRACTS["at-least-once"], () => undefined);
  const published: OutboxRow[] = [];
  const fate: Fate = { kind: "dies after" };
  const dying = startProcess(subject, () => handler, { skewMs: skewMs[0], published, on: 0, fate });
  void dying.instance.deliver(incoming({ id }));
  let claimed = await store.read(key);
  for (; !claimed.stored; claimed = await store.read(key)) await sleep(subject.clock, 10);
  let tookOver: number | undefined;
  const watching = subject.through(createWire(subject.clock, -1, undefined, () => {}));
  const commit: Store["commit"] = async (change) => {
    const reply = await watching.commit(change);
    if (reply.applied && change.record.state === "CLAIMED") tookOver ??= reply.updatedMs;
    return reply;
  };
  const second = startProcess({ ...subject, through: () => ({ ...watching, commit }) }, () => handler, {
    skewMs: skewMs[1],
    published,
  });
  await second.instance.deliver(incoming({ id }));
  const token = (await store.read(key)).stored?.record.token;
  return { token, afterMs: (tookOver ?? Number.NaN) - claimed.stored.updatedMs };
}
