import type { CrashPoint } from "../../contract/probe";
import { StoreUnavailable } from "../../runtime";
import { defineHandler, type Handler } from "../../runtime/handler";
import type { Change, Store } from "../../runtime/store/store";
import { atLeastOnce, onlyRecord, save, sleepFor, transactional } from "./support/orders";
import { createWorld, incoming, type Instance, startInstance, within, type World } from "./support/simulation";

/** A handler of each kind that counts its effects, and a message that goes out with the transactional one. */
function handlers(world: World) {
  const external: string[] = [];
  const lease = defineHandler(atLeastOnce, async (order) => void external.push(order.id));
  const transaction = defineHandler(transactional, async (order, ctx) =>
    ctx.commit((tx) => {
      tx.set(`orders/${order.id}`, { n: order.n });
      tx.publish("projects/p/topics/charged", { data: order.id });
    }),
  );
  const effects = {
    external,
    /** Writes of effect documents, counted as commits, not as documents. */
    committed: () => committed,
  };
  let committed = 0;
  const counting = (store: Store): Store => ({
    ...store,
    commit: async (change) => {
      const reply = await store.commit(change);
      if (reply.applied && change.effects?.length) committed++;
      return reply;
    },
  });
  return { world, lease, transaction, effects, counting };
}

const killAt = (point: CrashPoint) => (reached: CrashPoint, self: Instance) => {
  if (reached === point) self.kill();
};

/** Delivers to an instance that dies at `point`, then to a healthy one. */
async function crash(point: CrashPoint, kind: "lease" | "transaction") {
  const cast = handlers(createWorld());
  const { world, counting } = cast;
  const handler: Handler = cast[kind];
  void startInstance(world, handler, { at: killAt(point), store: counting }).deliver(incoming({ id: "7" }));
  await world.clock.advance(100);
  const started = world.clock.now();
  const next = await within(
    world,
    60_000,
    startInstance(world, handler, { store: counting }).deliver(incoming({ id: "7" })),
  );
  return { ...cast, next, delayMs: world.clock.now() - started };
}

describe.each(["lease", "transaction"] as const)("a crash, %s mode", (kind) => {
  const effectsOf = ({ effects }: Awaited<ReturnType<typeof crash>>) =>
    kind === "lease" ? effects.external.length : effects.committed();

  it("at C0 leaves nothing behind", async () => {
    const after = await crash("C0", kind);
    expect(after).toMatchObject({ next: { outcome: { kind: "done" }, attempt: 1 }, delayMs: 0 });
    expect(effectsOf(after)).toBe(1);
  });

  it("at C2 delays the effect by the lease, and it happens once", async () => {
    const after = await crash("C2", kind);
    expect(after.next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    expect(after.delayMs).toBeGreaterThan(14_800);
    expect(after.delayMs).toBeLessThan(15_100);
    expect(effectsOf(after)).toBe(1);
    expect(onlyRecord(after.world)).toMatchObject({ token: 2, lostLeases: 1 });
  });

  it("at C6 is followed by a replay", async () => {
    const after = await crash("C6", kind);
    expect(after).toMatchObject({ next: { outcome: { kind: "replayed" } }, delayMs: 0 });
    expect(effectsOf(after)).toBe(1);
    expect(after.world.published).toHaveLength(kind === "lease" ? 0 : 1);
  });
});

describe("a crash", () => {
  it("at C3, before the commit is sent, takes everything with it", async () => {
    const after = await crash("C3", "transaction");
    expect(after.next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    expect(after.effects.committed()).toBe(1);
    expect(after.world.published).toHaveLength(1);
  });

  it("at C4 repeats an effect outside the store: the limit of lease mode", async () => {
    const after = await crash("C4", "lease");
    expect(after.next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    expect(after.effects.external).toEqual(["7", "7"]);
  });

  it("at C4 does not exist for a transactional handler", async () => {
    const { world, transaction } = handlers(createWorld());
    const points: CrashPoint[] = [];
    await startInstance(world, transaction, { at: (point) => void points.push(point) }).deliver(incoming({ id: "7" }));
    expect(points).toEqual(["C0", "C2", "C3", "C6", "C12"]);
  });

  it("at C12 publishes again, with the same dedupe id", async () => {
    const after = await crash("C12", "transaction");
    expect(after.next.outcome).toEqual({ kind: "replayed" });
    expect(after.effects.committed()).toBe(1);
    expect(after.world.published).toHaveLength(2);
    expect(after.world.published[0]).toEqual(after.world.published[1]);
    expect(after.world.store.outbox.size).toBe(0);
  });

  it("while parking, before the message is out, is mended by the next delivery (C11)", async () => {
    const world = createWorld();
    const failing = defineHandler(atLeastOnce, async () => {
      throw new Error("no");
    });
    const last = { deliver: { maxDeliveryAttempts: 1 } };
    const event = () => incoming({ id: "7" }, { deliveryAttempt: 1 });
    void startInstance(world, failing, { ...last, at: killAt("C6") }).deliver(event());
    await world.clock.advance(0);
    expect(onlyRecord(world).state).toBe("PARKED");
    expect(world.published).toEqual([]);
    expect((await startInstance(world, failing, last).deliver(event())).outcome.kind).toBe("parked");
    expect(world.published).toHaveLength(1);
  });
});

/** The reply to commits that `match` is lost, `times` times; the write happens. */
const losing = (match: (change: Change) => boolean, times = 1) => {
  let left = times;
  return (store: Store): Store => ({
    ...store,
    commit: async (change) => {
      const reply = await store.commit(change);
      if (match(change) && left-- > 0) throw new StoreUnavailable("reply lost");
      return reply;
    },
  });
};

describe("a lost reply", () => {
  const cases: [string, (change: Change) => boolean][] = [
    ["to the claim (C1)", (change) => change.expect === undefined],
    ["to the completion (C5)", (change) => change.record.state === "DONE" && !change.removeRows?.length],
    ["to the removal of the outbox rows", (change) => Boolean(change.removeRows?.length)],
  ];
  it.each(cases)("%s is recognised as the delivery's own write", async (_name, match) => {
    const { world, transaction, counting, effects } = handlers(createWorld());
    const instance = startInstance(world, transaction, { store: (store) => losing(match)(counting(store)) });
    const delivery = await within(world, 1_000, instance.deliver(incoming({ id: "7" })));
    expect(delivery).toEqual({ outcome: { kind: "done" }, attempt: 1 });
    expect(effects.committed()).toBe(1);
    expect(world.published).toHaveLength(1);
    expect(onlyRecord(world)).toMatchObject({ state: "DONE", token: 1, outbox: [] });
  });

  it("to a release does not count as another owner", async () => {
    const world = createWorld();
    const failing = defineHandler(atLeastOnce, async () => {
      throw new Error("no");
    });
    const store = losing((change) => change.record.state === "RELEASED");
    const { outcome } = await within(
      world,
      1_000,
      startInstance(world, failing, { store }).deliver(incoming({ id: "7" })),
    );
    expect(outcome).toMatchObject({ kind: "retry", cause: { message: "no" } });
  });

  it("to a renewal lets the completion through, on top of it", async () => {
    const world = createWorld();
    const slow = defineHandler(transactional, async (order, ctx) => {
      await sleepFor(world, 6_000);
      await save(order, ctx);
    });
    const store = losing((change) => change.record.state === "CLAIMED" && change.expect !== undefined);
    const delivery = startInstance(world, slow, { store }).deliver(incoming({ id: "7" }));
    expect((await within(world, 10_000, delivery)).outcome).toEqual({ kind: "done" });
    expect(onlyRecord(world)).toMatchObject({ state: "DONE", token: 1 });
  });

  it("to every try of a commit leaves it to the next delivery to find out (C5)", async () => {
    const { world, transaction, counting, effects } = handlers(createWorld());
    const silent = (store: Store): Store => {
      const lossy = losing((change) => change.record.state === "DONE", 1_000)(counting(store));
      // Nor does anything else answer from then on.
      let down = false;
      return {
        ...lossy,
        read: (key) => (down ? Promise.reject(new StoreUnavailable("down")) : lossy.read(key)),
        commit: async (change) => {
          if (change.record.state !== "CLAIMED") down = true;
          return lossy.commit(change);
        },
      };
    };
    const first = startInstance(world, transaction, { store: silent }).deliver(incoming({ id: "7" }));
    expect((await within(world, 65_000, first)).outcome.kind).toBe("retry");
    const second = await startInstance(world, transaction, { store: counting }).deliver(incoming({ id: "7" }));
    expect(second.outcome).toEqual({ kind: "replayed" });
    expect(effects.committed()).toBe(1);
    expect(world.published).toHaveLength(1);
  });
});

describe("a store that is down", () => {
  const down = (): Store => ({
    kind: "memory",
    read: () => Promise.reject(new StoreUnavailable("down")),
    commit: () => Promise.reject(new StoreUnavailable("down")),
    rows: () => Promise.reject(new StoreUnavailable("down")),
  });

  it("at the claim runs nothing (C9)", async () => {
    const { world, lease, effects } = handlers(createWorld());
    const delivery = startInstance(world, lease, { store: down }).deliver(incoming({ id: "7" }));
    expect((await within(world, 3_000, delivery)).outcome).toMatchObject({
      kind: "retry",
      cause: { class: "StoreUnavailable" },
    });
    expect(effects.external).toEqual([]);
  });

  it("at the completion is asked until the deadline, then the effect may be repeated (C9')", async () => {
    const { world, lease, effects } = handlers(createWorld());
    let outage = true;
    const instance = startInstance(world, lease, {
      store: (store) => ({
        ...store,
        commit: (change) =>
          outage && change.record.state === "DONE"
            ? Promise.reject(new StoreUnavailable("down"))
            : store.commit(change),
      }),
    });
    const delivery = instance.deliver(incoming({ id: "7" }));
    const started = world.clock.now();
    expect((await within(world, 65_000, delivery)).outcome.kind).toBe("retry");
    expect(world.clock.now() - started).toBeGreaterThan(60_000);
    outage = false;
    expect((await within(world, 60_000, instance.deliver(incoming({ id: "7" })))).outcome.kind).toBe("done");
    expect(effects.external).toEqual(["7", "7"]);
  });

  it("for a moment is waited for", async () => {
    const { world, lease, effects } = handlers(createWorld());
    let failures = 3;
    const store = (inner: Store): Store => ({
      ...inner,
      commit: (change) => (failures-- > 0 ? Promise.reject(new StoreUnavailable("down")) : inner.commit(change)),
    });
    const delivery = startInstance(world, lease, { store }).deliver(incoming({ id: "7" }));
    expect((await within(world, 3_000, delivery)).outcome).toEqual({ kind: "done" });
    expect(effects.external).toEqual(["7"]);
  });
});

describe("a pause longer than the lease (C8)", () => {
  /** No renewal gets out of a frozen process; everything else does, once it is thawed. */
  const withoutRenewals = (inner: Store): Store => ({
    ...inner,
    commit: (change) =>
      change.expect !== undefined && change.record.state === "CLAIMED"
        ? Promise.reject(new StoreUnavailable("frozen"))
        : inner.commit(change),
  });

  it.each([
    ["commits", save],
    ["returns", async () => {}],
    [
      "throws",
      async () => {
        throw new Error("zombie");
      },
    ],
  ])("lets nothing through of a zombie that %s", async (_name, end) => {
    const world = createWorld();
    let thaw = () => {};
    const frozen = new Promise<void>((resolve) => (thaw = resolve));
    let runs = 0;
    const handler = defineHandler(transactional, async (order, ctx) => {
      const zombie = ++runs === 1;
      if (!zombie) return save({ ...order, n: 2 }, ctx);
      await frozen;
      return end({ ...order, n: 1 }, ctx);
    });
    const first = startInstance(world, handler, { store: withoutRenewals }).deliver(incoming({ id: "7" }));
    await world.clock.advance(15_500);
    const second = await within(world, 60_000, startInstance(world, handler).deliver(incoming({ id: "7" })));
    expect(second).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    const before = [...world.store.records];
    thaw();
    expect((await within(world, 5_000, first)).outcome).toEqual({ kind: "leaseLost" });
    expect([...world.store.documents]).toEqual([["orders/7", { n: 2 }]]);
    expect([...world.store.records]).toEqual(before);
  });

  it("tells the handler by its signal", async () => {
    const world = createWorld();
    const reasons: unknown[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      ctx.signal.addEventListener("abort", () => reasons.push((ctx.signal.reason as Error).name));
      await sleepFor(world, 30_000);
    });
    const delivery = startInstance(world, handler, { store: withoutRenewals }).deliver(incoming({ id: "7" }));
    await world.clock.advance(14_000);
    expect(reasons).toEqual([]);
    await world.clock.advance(7_000);
    expect(reasons).toEqual(["LeaseLost"]);
    await within(world, 65_000, delivery);
  });
});
