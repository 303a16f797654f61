import { createHash } from "node:crypto";
import { defineContract } from "../../../contract";
import { defineHandler, type Handler } from "../../../runtime/handler";
import type { Outcome } from "../../../runtime/outcome";
import { StoreUnavailable } from "../../../runtime";
import type { Change, RecordData, Store } from "../../../runtime/store/store";
import { nameless } from "./nameless";
import { atLeastOnce, transactional } from "./orders";
import { createWorld, incoming, type Instance, startInstance } from "./simulation";

/** How much may go wrong in one run. */
export interface Bounds {
  readonly effects: "transactional" | "at-least-once";
  /** Deliveries of one event that may run at the same time, each in a process of its own. */
  readonly deliveries: number;
  readonly crashes: number;
  /** Runs of the handler that throw. */
  readonly failures: number;
  /** Moments at which so much time passes that whoever holds the lease loses it. */
  readonly lapses: number;
  /** Writes that happen and whose reply is lost. @default 0 */
  readonly lostReplies?: number;
  /** A transactional handler publishes a message with its commit. @default false */
  readonly publishes?: boolean;
  /** A store as a careless adapter would be: it writes over whatever is there. @default false */
  readonly unfenced?: boolean;
  /** Takes every order and every instance for different: the same ends, many times as dear. @default false */
  readonly unreduced?: boolean;
}

export interface Checked {
  /** Different states that were seen. */
  readonly states: number;
  /** States in which everything has come to its end, each known by its hash, whichever instance is which. */
  readonly ends: ReadonlySet<string>;
  /** What is wrong, each with the shortest path that was found to it. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

/** Something that can happen next. */
interface Move {
  readonly label: string;
  make(): unknown;
}

type Fate = "ok" | "lost" | "fails";

/** A call of an instance that waits for its turn. */
interface Pending {
  readonly owner: number;
  readonly what: "reads" | "reads rows" | "writes" | "runs the handler" | "publishes";
  readonly change?: Change;
  readonly go: (fate: Fate) => void;
}

/**
 * Explores every interleaving within the bounds, of the real protocol: all that is simulated is the store, the clock
 * and when each call happens. A state is what the store holds, whether its lease lives, and everything each instance
 * has been told; an instance does nothing but react to that, so a state that was seen before needs no second look.
 *
 * - A version counts as current or stale, a time as before or after the end of the lease: nothing looks closer.
 * - A process that dies after a call dies as well before its next one; looking at a record changes nothing. So it is
 *   enough to let it die before what it does.
 * - Whoever waits for an owner looks again when it would see something else, or time has to pass.
 * - A write over a version that is no more fails whenever it is made.
 * - A delivery begins with a claim, which waits for its turn like any other: it is enough to begin all of them first.
 * - Instances differ in their names alone, so states that differ in who is who are one.
 * - Whoever pauses before it asks again does so at once: nobody notices, and its call waits for its turn.
 * @param mostStates an end to it @default none
 */
export async function check(bounds: Bounds, mostStates = Infinity): Promise<Checked> {
  const seen = new Set<string>();
  const violations = new Map<string, readonly string[]>();
  const paths: number[][] = [[]];
  const ends = new Set<string>();
  for (let path = paths.pop(); path && seen.size < mostStates; path = paths.pop()) {
    const run = createRun(bounds);
    const note = () => {
      for (const what of run.wrong) {
        const known = violations.get(what);
        if (!known || known.length > run.labels.length) violations.set(what, [...run.labels]);
      }
    };
    await run.settle();
    for (const choice of path) await run.make(run.moves()[choice]!);
    for (const taken = [...path]; ; taken.push(0)) {
      const state = run.state(bounds.unreduced ? "each" : "whoever");
      if (seen.has(state)) break;
      seen.add(state);
      const moves = run.moves();
      if (moves.length === 0) {
        ends.add(run.state("whoever"));
        await run.finish();
        break;
      }
      for (let other = moves.length - 1; other > 0; other--) paths.push([...taken, other]);
      await run.make(moves[0]!);
    }
    note();
  }
  return { states: seen.size, ends, violations };
}

/** Longer than a lease, which lasts 15 s at most. */
const LAPSE_MS = 16_000;
/** Longer than any pause before a call is made again, shorter than until a lease is renewed. */
const LONGEST_PAUSE_MS = 3_000;
/** Nobody runs out of time. */
const PATIENT = { timeLimit: "9000s", retry: { attempts: 5 } } as const;
const CONTRACTS = {
  transactional: defineContract({ ...transactional.spec, ...PATIENT }),
  "at-least-once": defineContract({ ...atLeastOnce.spec, ...PATIENT }),
};
const EVENT = { id: "7" };

function createRun({
  effects,
  deliveries,
  crashes,
  failures,
  lapses,
  lostReplies = 0,
  publishes = false,
  unfenced = false,
  unreduced = false,
}: Bounds) {
  const world = createWorld();
  const wrong: string[] = [];
  const labels: string[] = [];
  const pending: Pending[] = [];
  const instances: Instance[] = [];
  const alive: boolean[] = [];
  /** What each instance has been told, in order. */
  const histories: string[][] = [];
  const committedRows = new Set<string>();
  const left = { crashes, failures, lapses, lostReplies };
  let effectCommits = 0;
  let acked = false;
  let healthy = false;
  let pausedMs = 0;

  const stored = () => [...world.store.records.values()][0];
  const current = (): RecordData | undefined => stored()?.record;
  const lapsed = () => world.clock.now() - (stored()?.updatedMs ?? 0) >= LAPSE_MS;
  /** Whether all that the instance would see is that it has to wait. */
  const waits = (owner: number) => current()?.state === "CLAIMED" && !lapsed() && current()!.owner !== `owner-${owner}`;
  const turn = (owner: number, what: Pending["what"], change?: Change): Promise<Fate> =>
    healthy ? Promise.resolve("ok") : new Promise((go) => pending.push({ owner, what, go, ...(change && { change }) }));

  const write = async (change: Change) => {
    const before = current();
    const expect = unfenced ? stored()?.version : change.expect;
    const reply = await world.store.commit({ ...change, expect });
    if (!reply.applied) return reply;
    if (change.effects?.length) effectCommits++;
    for (const row of change.addRows ?? []) committedRows.add(row.id);
    wrong.push(...undone(before, change.record));
    return reply;
  };
  const storeFor = (owner: number): Store => {
    const told = (what: unknown) => histories[owner]!.push(JSON.stringify(what));
    return {
      kind: "memory",
      async read(key) {
        await turn(owner, "reads");
        const snapshot = await world.store.read(key);
        // Having waited once more changes nothing.
        if (!waits(owner)) told([timeless(snapshot.stored?.record), lapsed()]);
        return snapshot;
      },
      async rows(ids) {
        await turn(owner, "reads rows");
        const rows = await world.store.rows(ids);
        told(rows.map(({ id }) => id));
        return rows;
      },
      async commit(change) {
        const fate = await turn(owner, "writes", change);
        const reply = await write(change);
        told([timeless(change.record), fate, reply.applied]);
        if (fate === "lost") throw new StoreUnavailable("the reply was lost");
        return reply;
      },
    };
  };

  const handlerFor = (owner: number): Handler => {
    const begin = async () => {
      const record = current();
      if (record?.state === "DONE" || record?.state === "PARKED")
        wrong.push(`the handler ran although the event was ${record.state}`);
      if (acked) wrong.push("the handler ran after the event was acknowledged");
      const fate = await turn(owner, "runs the handler");
      histories[owner]!.push(fate);
      if (fate === "fails") throw new Error("failure");
    };
    if (effects === "at-least-once") return defineHandler(CONTRACTS[effects], begin);
    return defineHandler(CONTRACTS.transactional, async (order, ctx) => {
      await begin();
      await ctx.commit((tx) => {
        tx.set(`orders/${order.id}`, { token: ctx.token });
        if (publishes) tx.publish("projects/p/topics/charged", { data: "x" });
      });
    });
  };

  const answered = (owner: number, outcome: Outcome) => {
    alive[owner] = false;
    histories[owner]!.push(outcome.kind);
    if (outcome.kind !== "done" && outcome.kind !== "replayed" && outcome.kind !== "parked") return;
    acked = true;
    const state = current()?.state;
    if (state !== "DONE" && state !== "PARKED") wrong.push(`acknowledged although the event is ${state}`);
    for (const id of committedRows)
      if (!world.published.some((row) => row.id === id)) wrong.push("acknowledged before its message was published");
  };
  const start = () => {
    const owner = instances.length;
    histories.push([]);
    alive.push(true);
    const instance = startInstance(world, handlerFor(owner), {
      store: () => storeFor(owner),
      publish: async (rows) => {
        await turn(owner, "publishes");
        histories[owner]!.push("published");
        world.published.push(...rows);
      },
      deliver: {
        newId: () => `owner-${owner}`,
        random: () => 0.5,
        deadlineMs: 10_000_000,
      },
    });
    instances.push(instance);
    void instance.deliver(incoming(EVENT, { id: "message" })).then(({ outcome }) => answered(owner, outcome));
  };
  const crash = (owner: number) => {
    instances[owner]!.kill();
    alive[owner] = false;
    histories[owner]!.push("dead");
    for (const entry of pending.filter((each) => each.owner === owner)) pending.splice(pending.indexOf(entry), 1);
  };

  const go = (entry: Pending, fate: Fate) => () => {
    pending.splice(pending.indexOf(entry), 1);
    entry.go(fate);
  };
  const losing = (entry: Pending) => () => {
    left.lostReplies--;
    go(entry, "lost")();
  };
  const stalely = (entry: Pending): readonly Move[] => [
    { label: `${entry.owner} writes in vain`, make: go(entry, "ok") },
    ...(left.lostReplies > 0
      ? [{ label: `${entry.owner} writes in vain, and the reply is lost`, make: losing(entry) }]
      : []),
  ];
  /** Whoever pauses for less than any lease lasts goes on at once: nothing else happens to it meanwhile. */
  const settle = async () => {
    await turnOver();
    for (let next = pause(); next !== undefined; next = pause()) {
      pausedMs += next;
      if (pausedMs > LONGEST_PAUSE_MS) throw new Error("pauses add up to so much that leases are renewed");
      await world.clock.advance(next);
    }
  };
  const pause = () => {
    const next = (world.clock.next() ?? Infinity) - world.clock.now();
    return next <= LONGEST_PAUSE_MS ? next : undefined;
  };

  const run = {
    wrong,
    labels,
    settle,
    state(of: "each" | "whoever"): string {
      const { documents, outbox } = world.store;
      const version = stored()?.version;
      const waiting = (owner: number) =>
        pending
          .filter((entry) => entry.owner === owner)
          .map(({ what, change }) => [
            what,
            change && [timeless(change.record), change.expect === version, change.removeRows],
          ]);
      const sets: string[][] = [
        [...documents].map((each) => JSON.stringify(each)),
        [...outbox.keys()],
        world.published.map(({ id }) => id),
      ];
      const shared = [timeless(current()), lapsed(), left, acked, sets.map((set) => set.toSorted())];
      const each = histories.map((history, owner) =>
        JSON.stringify([
          history,
          waiting(owner)
            .map((entry) => JSON.stringify(entry))
            .toSorted(),
        ]),
      );
      const text = of === "each" ? JSON.stringify([shared, each]) : nameless(JSON.stringify(shared), each);
      return createHash("sha1").update(text).digest("base64");
    },
    moves(): readonly Move[] {
      const moves: Move[] = [];
      const delivery: Move = { label: `delivery ${instances.length}`, make: start };
      // It makes a claim that waits for its turn: nobody notices, so it is enough to let it happen first.
      if (instances.length < deliveries && !unreduced) return [delivery];
      const version = stored()?.version;
      const stale = pending.find(({ change }) => change && change.expect !== version);
      // It fails now as it would at any later time, so nothing is lost by having it over with.
      if (stale && !unfenced) return stalely(stale);
      const able = pending.filter(({ owner, what }) => what !== "reads" || !waits(owner));
      for (const entry of able) {
        const { owner, what, change } = entry;
        const label = `${owner} ${change ? `writes ${change.record.state}` : what}`;
        const unless = (budget: keyof typeof left, more: string, make: () => unknown) => {
          if (left[budget] === 0) return;
          moves.push({
            label: label + more,
            make: () => {
              left[budget]--;
              return make();
            },
          });
        };
        moves.push({ label, make: go(entry, "ok") });
        if (what === "runs the handler") unless("failures", ", which fails", go(entry, "fails"));
        if (what === "writes") unless("lostReplies", ", and the reply is lost", go(entry, "lost"));
        if (what !== "reads") unless("crashes", ", but dies before", () => crash(owner));
      }
      if (instances.length < deliveries) moves.push(delivery);
      if (left.lapses > 0 && able.length > 0)
        moves.push({
          label: "the lease lapses",
          make: () => {
            left.lapses--;
            return world.clock.advance(LAPSE_MS);
          },
        });
      if (able.length === 0 && alive.some(Boolean))
        moves.push({ label: "time passes", make: () => world.clock.advance(LAPSE_MS) });
      return moves;
    },
    async make(move: Move) {
      labels.push(move.label);
      await move.make();
      await settle();
    },
    /** From here on all goes well: one more delivery must bring the event to its end. */
    async finish() {
      healthy = true;
      for (let i = 0; i < 4 && !final(current()); i++) await deliverWell();
      await deliverWell();
      const record = current();
      if (!final(record)) wrong.push(`the event never came to an end: ${record?.state}`);
      if (effects === "transactional" && record?.state === "DONE" && effectCommits !== 1)
        wrong.push(`the effect was committed ${effectCommits} times`);
      if (effects === "transactional" && record?.state === "PARKED" && effectCommits !== 0)
        wrong.push("the event was parked although its effect was committed");
      const ids = new Set(world.published.map(({ id }) => id));
      for (const id of committedRows) if (!ids.has(id)) wrong.push("a committed message was never published");
    },
  };
  const deliverWell = async () => {
    const before = instances.length;
    start();
    for (let i = 0; i < 500 && alive[before]; i++) {
      await turnOver();
      const next = world.clock.next();
      if (alive[before] && next !== undefined) await world.clock.advance(next - world.clock.now());
    }
    if (alive[before]) wrong.push("a healthy delivery never ended");
  };
  return run;
}

const turnOver = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Without what depends on the hour alone. */
const timeless = (record: RecordData | undefined) => record && { ...record, firstSeenMs: 0, expireAtMs: 0 };

const final = (record: RecordData | undefined) => record?.state === "DONE" || record?.state === "PARKED";

/** What a write does that no write may do. */
function undone(before: RecordData | undefined, after: RecordData): readonly string[] {
  if (!before) return [];
  if (final(before) && after.state !== before.state) return [`${before.state} became ${after.state}`];
  if (final(before) && after.token !== before.token) return [`a ${before.state} event was claimed again`];
  const grows = after.owner === before.owner ? after.token >= before.token : after.token > before.token;
  return grows ? [] : ["an earlier owner wrote over a later one"];
}
