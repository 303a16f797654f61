import { StoreUnavailable, Unavailable } from "../../../runtime";
import { type Context, defineHandler } from "../../../runtime/handler";
import type { Outcome } from "../../../runtime/outcome";
import type { Change, RecordData, Store } from "../../../runtime/store/store";
import { atLeastOnce, transactional } from "./orders";
import { createWorld, incoming, type Instance, startInstance } from "./simulation";

/** One run of the real protocol in which every step is somebody's choice. */
export interface Interleaving {
  readonly effects: "transactional" | "at-least-once";
  /** Numbers that choose what happens next; when they run out, everything goes well. */
  readonly choices: readonly number[];
  /** Runs of the handler that fail, counted from 0. */
  readonly failures: readonly number[];
  /** The handler begins with a step of `ctx.once`. */
  readonly steps?: boolean;
  /** A store as a careless adapter would be: it writes over whatever is there. */
  readonly unfenced?: boolean;
}

/** Instances, each of which takes one delivery of the same event. */
const DELIVERIES = 3;
const MAX_KILLS = 2;
const JUMPS_MS = [1, 200, 6_000, 16_000];

/** What is waiting for its turn: a call on the store, or a handler at work. */
interface Pending {
  readonly owner: number;
  readonly proceed: (fate: Fate) => void;
}

/**
 * `lost`: it happens, the reply does not come. `failed`: it does not happen. `ghost`: the caller is told that it
 * failed, and it happens later.
 */
type Fate = "ok" | "lost" | "failed" | "ghost";
const FATES: readonly Fate[] = ["ok", "ok", "ok", "ok", "lost", "failed", "ghost"];

/** @returns what is wrong with the run, in words; nothing if every promise was kept */
export async function explore({
  effects,
  choices,
  failures,
  steps = false,
  unfenced = false,
}: Interleaving): Promise<string[]> {
  const world = createWorld();
  const wrong: string[] = [];
  const pending: Pending[] = [];
  const ghosts: (() => Promise<unknown>)[] = [];
  const committedRows = new Set<string>();
  let effectCommits = 0;
  let recorded: { readonly token: number; readonly result: string } | undefined;
  let runs = 0;

  const turn = (owner: number) => new Promise<Fate>((proceed) => pending.push({ owner, proceed }));
  const current = () => [...world.store.records.values()][0]?.record;

  /** The store itself: watches that no write undoes what was final. */
  const watched: Store = {
    ...world.store,
    commit: async (change) => {
      const before = current();
      const expect = unfenced ? [...world.store.records.values()][0]?.version : change.expect;
      const reply = await world.store.commit({ ...change, expect });
      if (!reply.applied) return reply;
      if (change.effects?.length) effectCommits++;
      for (const row of change.addRows ?? []) committedRows.add(row.id);
      const result = change.record.steps?.["step"];
      if (result !== undefined) {
        if (recorded && recorded.result !== result) wrong.push("a recorded step was recorded anew");
        recorded ??= { token: change.record.token, result };
      }
      const fault = before && undoes(before, change);
      if (fault) wrong.push(fault);
      return reply;
    },
  };
  const scheduled = (owner: number): Store => {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      const fate = await turn(owner);
      if (fate === "failed") throw new StoreUnavailable("failed");
      if (fate === "ghost") {
        ghosts.push(work);
        throw new StoreUnavailable("no reply yet");
      }
      const result = await work();
      if (fate === "lost") throw new StoreUnavailable("reply lost");
      return result;
    };
    return {
      kind: "memory",
      read: (key) => call(() => watched.read(key)),
      commit: (change) => call(() => watched.commit(change)),
      rows: (ids) => call(() => watched.rows(ids)),
    };
  };

  const begin = () => {
    const record = current();
    if (record && (record.state === "DONE" || record.state === "PARKED"))
      wrong.push(`the handler was started although the event was ${record.state}`);
    if (failures.includes(runs++)) throw new Error("failure");
  };
  const step = async (owner: number, ctx: Context) => {
    if (!steps) return;
    const returned = await ctx.once("step", async () => {
      if (recorded && ctx.token > recorded.token) wrong.push("a later attempt repeated a recorded step");
      await turn(owner);
      return ctx.token;
    });
    if (JSON.stringify(returned) !== recorded?.result) wrong.push(`a step returned ${returned}, not what is recorded`);
  };
  const handlerFor = (owner: number) =>
    effects === "transactional"
      ? defineHandler(transactional, async (order, ctx) => {
          begin();
          await step(owner, ctx);
          await turn(owner);
          await ctx.commit((tx) => {
            tx.set(`orders/${order.id}`, { token: ctx.token });
            tx.publish("projects/p/topics/charged", { data: "x" });
          });
          if (world.store.documents.get(`orders/${order.id}`)?.["token"] !== ctx.token)
            wrong.push("ctx.commit resolved without a commit");
          await turn(owner);
        })
      : defineHandler(atLeastOnce, async (_order, ctx) => {
          begin();
          await step(owner, ctx);
          await turn(owner);
          await turn(owner);
        });

  const answered = (outcome: Outcome) => {
    const acked = outcome.kind === "done" || outcome.kind === "replayed" || outcome.kind === "parked";
    const state = current()?.state;
    if (acked && state !== (outcome.kind === "parked" ? "PARKED" : "DONE"))
      wrong.push(`answered ${outcome.kind} although the event was ${state}`);
    if (!acked) return;
    for (const id of committedRows)
      if (!world.published.some((row) => row.id === id)) wrong.push(`acknowledged before ${id} was published`);
  };

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const instances: Instance[] = [];
  const start = () => {
    const owner = instances.length;
    const instance = startInstance(world, handlerFor(owner), {
      store: () => scheduled(owner),
      publish: async (rows) => {
        const fate = await turn(owner);
        if (fate !== "failed") world.published.push(...rows);
        if (fate !== "ok") throw new Unavailable("publishing failed, or so it seems");
      },
    });
    instances.push(instance);
    void instance.deliver(incoming({ id: "7" })).then(({ outcome }) => answered(outcome));
  };

  let kills = 0;
  start();
  for (const choice of choices) {
    await settle();
    const options: (() => unknown)[] = pending.flatMap((entry) =>
      FATES.map((fate) => () => {
        pending.splice(pending.indexOf(entry), 1);
        entry.proceed(fate);
      }),
    );
    if (instances.length < DELIVERIES) options.push(start, start, start);
    if (kills < MAX_KILLS)
      options.push(() => {
        kills++;
        instances[Math.floor(choice / 7) % instances.length]!.kill();
      });
    if (ghosts.length > 0) options.push(() => ghosts.shift()!());
    for (const jump of JUMPS_MS) options.push(() => world.clock.advance(jump));
    await options[choice % options.length]!();
  }

  // From here on all goes well: what is under way comes to an end, and the event is delivered until it is final.
  const calm = async (done: () => boolean) => {
    for (let i = 0; i < 4_000 && !done(); i++) {
      await settle();
      const entry = pending.shift();
      if (entry) entry.proceed("ok");
      else
        await world.clock.advance(world.clock.next() === undefined ? 1_000 : world.clock.next()! - world.clock.now());
    }
  };
  for (let i = 0; i < 10 && !final(current()); i++) {
    let over = false;
    const healthy = startInstance(world, handlerFor(100 + i), { store: () => scheduled(100 + i) });
    void healthy.deliver(incoming({ id: "7" })).then(({ outcome }) => {
      answered(outcome);
      over = true;
    });
    await calm(() => over);
  }
  // Whoever comes last finds whatever is still to be published, and writes sent long ago arrive even later.
  let over = false;
  void startInstance(world, handlerFor(200), { store: () => scheduled(200) })
    .deliver(incoming({ id: "7" }))
    .then(({ outcome }) => {
      answered(outcome);
      over = true;
    });
  await calm(() => over);
  for (const ghost of ghosts) await ghost();
  await calm(() => pending.length === 0);

  const record = current();
  if (!final(record)) wrong.push(`the event never came to an end: ${record?.state}`);
  if (effects === "transactional" && record?.state === "DONE" && effectCommits !== 1)
    wrong.push(`the effect was committed ${effectCommits} times`);
  if (effects === "transactional" && record?.state === "PARKED" && effectCommits !== 0)
    wrong.push("the event was parked although its effect was committed");
  for (const row of world.published)
    if (!committedRows.has(row.id)) wrong.push(`${row.id} was published but never committed`);
  return wrong;
}

const final = (record: RecordData | undefined) => record?.state === "DONE" || record?.state === "PARKED";

/** What a write does that no write may do. */
function undoes(before: RecordData, { record }: Change): string | undefined {
  const grows = record.owner === before.owner ? record.token >= before.token : record.token > before.token;
  if (!grows && !final(before)) return `token ${before.token} was followed by ${record.token} of another owner`;
  if (final(before) && record.state !== before.state) return `${before.state} became ${record.state}`;
  if (final(before) && record.token !== before.token) return `a ${before.state} event was claimed again`;
  return undefined;
}
