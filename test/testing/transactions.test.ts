import type { CrashPoint } from "../../contract/probe";
import { defineHandler, memoryStore } from "../../runtime";
import { commitIn } from "../../runtime/commit-in";
import type { MemoryStore } from "../../runtime/store/memory";
import type { Transactions } from "../../runtime/store/store";
import { assertPromises, type CallFault, type DeliverOptions, type HandlerKit, testHandler } from "../../testing";
import { transactional } from "../runtime/support/orders";

type Accounts = Map<string, number>;

/** A handler that books in a transaction of its own, and what was booked. */
function booking(inside: (kit: HandlerKit<never>) => unknown = () => {}) {
  let accounts: Accounts = new Map();
  let store: MemoryStore;
  const transactions: Transactions<Accounts> = {
    kind: "memory",
    commit: commitIn,
    async run(_fence, work) {
      const draft = new Map(accounts);
      const change = await work(draft);
      const reply = await store.commit(change);
      if (reply.applied) accounts = draft;
      return reply;
    },
  };
  const handler = defineHandler(transactional, (order, ctx) =>
    ctx.commitIn(transactions, async (draft, outbox) => {
      draft.set(order.id, (draft.get(order.id) ?? 0) + 1);
      await inside(kit);
      outbox.publish("projects/p/topics/booked", { data: order.id });
      return { booked: order.id };
    }),
  );
  const kit = testHandler(handler, { store: (clock) => (store = memoryStore({ clock })) });
  return { kit, booked: () => Object.fromEntries(accounts) };
}

describe("a handler under test that commits in a transaction of its own", () => {
  const holds = async ({ kit, booked }: ReturnType<typeof booking>, ...hows: readonly DeliverOptions[]) => {
    const deliveries = await kit.settle({ id: "7" }, ...hows);
    expect(deliveries.at(-1)!.acked).toBe(true);
    expect(booked()).toEqual({ "7": 1 });
    await assertPromises(kit);
    expect(new Set(kit.published.map(({ dedupeId }) => dedupeId)).size).toBe(1);
    return deliveries;
  };

  it("is seen doing so", async () => {
    const world = booking();
    await holds(world);
    const event = world.kit.event({ id: "7" });
    expect(await world.kit.record(event)).toMatchObject({ state: "DONE", result: '{"booked":"7"}' });
    expect(world.kit.records.map(({ record, effects }) => [record.state, effects])).toEqual([
      ["CLAIMED", 0],
      ["DONE", 1],
      ["DONE", 0],
    ]);
    expect(world.kit.outbox).toEqual([]);
  });

  it.each<CrashPoint>(["C0", "C2", "C3", "C6", "C12"])("books once when its process dies at %s", async (crashAt) => {
    const [first] = await holds(booking(), { crashAt });
    expect(first!.outcome).toEqual({ kind: "crashed", at: crashAt });
  });

  it.each<CallFault>([
    { on: "finish", fault: "unavailable" },
    { on: "finish", fault: "unavailable", times: 100 },
    { on: "finish", fault: "reply-lost" },
    { on: "finish", fault: "late", by: "300ms" },
    { on: "finish", fault: "late", by: "40s" },
    { on: "finish", fault: "slow", by: "5s" },
    { on: "relay", fault: "reply-lost" },
  ])("books once when its store fails: %j", async (fault) => {
    const world = booking();
    await holds(world, { faults: [fault] });
    // What is late arrives in vain.
    await world.kit.advance("2m");
    expect(world.booked()).toEqual({ "7": 1 });
  });

  it("undoes the transaction that its process dies in", async () => {
    let power = false;
    const world = booking(async (kit) => {
      if (power) return;
      power = true;
      await kit.crash();
    });
    const [first, second] = await holds(world);
    expect(first!.outcome).toEqual({ kind: "crashed", at: "C3" });
    expect(second!.attempt).toBe(2);
  });

  it("commits nothing after a pause longer than its lease", async () => {
    let frozen = false;
    const world = booking(async (kit) => {
      if (frozen) return;
      frozen = true;
      await kit.pause();
    });
    const event = world.kit.event({ id: "7" });
    const zombie = world.kit.deliver(event);
    expect((await world.kit.redeliver(event)).outcome.kind).toBe("done");
    expect((await zombie).outcome.kind).toBe("leaseLost");
    expect(world.booked()).toEqual({ "7": 1 });
    await assertPromises(world.kit);
  });
});
