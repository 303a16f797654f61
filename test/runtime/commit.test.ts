import { CommitConflict, Fatal, type TransactionalContext, Unavailable } from "../../runtime";
import { defineHandler } from "../../runtime/handler";
import type { Store } from "../../runtime/store/store";
import { atLeastOnce, onlyRecord, save, sleepFor, transactional } from "./support/orders";
import { createWorld, incoming, startInstance, within } from "./support/simulation";

describe("ctx.commit", () => {
  const run = async (body: (ctx: TransactionalContext) => Promise<unknown>, world = createWorld()) => {
    const errors: unknown[] = [];
    const handler = defineHandler(transactional, async (_order, ctx) => {
      await body(ctx).catch((error: unknown) => {
        errors.push(error);
        throw error;
      });
    });
    const { outcome } = await startInstance(world, handler).deliver(incoming({ id: "7" }));
    return { world, outcome, error: errors[0] as Error | undefined };
  };

  it("publishes after the commit, with an id that stays the same", async () => {
    const { world } = await run((ctx) =>
      ctx.commit((tx) => {
        tx.set("orders/7", { n: 1 });
        tx.publish("projects/p/topics/charged", { data: { id: "7" }, attributes: { a: "b" }, orderingKey: "k" });
        tx.publish("projects/p/topics/charged", { data: "text" });
      }),
    );
    expect(world.published.map(({ data, orderingKey }) => [data.toString(), orderingKey])).toEqual([
      ['{"id":"7"}', "k"],
      ["text", undefined],
    ]);
    const [first, second] = world.published;
    expect(first!.attributes).toEqual({ a: "b", "millrace-dedupe-id": first!.id });
    expect(second!.id).not.toBe(first!.id);
    expect(world.store.outbox.size).toBe(0);
    expect(onlyRecord(world).outbox).toEqual([]);
  });

  it("is refused when a document it creates exists, and writes nothing else", async () => {
    const world = createWorld();
    await run((ctx) => ctx.commit((tx) => tx.set("orders/taken", { n: 1 })), world);
    const again = createWorld();
    Object.assign(again, { store: world.store, clock: world.clock });
    const handler = defineHandler(transactional, async (_order, ctx) =>
      ctx.commit((tx) => {
        tx.set("orders/other", {});
        tx.create("orders/taken", {});
      }),
    );
    const { outcome } = await startInstance(again, handler).deliver(incoming({ id: "8" }));
    expect(outcome).toMatchObject({ kind: "retry", cause: { class: CommitConflict.name } });
    expect([...world.store.documents.keys()]).toEqual(["orders/taken"]);
  });

  it("may be tried again after a refusal", async () => {
    const world = createWorld();
    await run((ctx) => ctx.commit((tx) => tx.set("orders/taken", {})), world);
    const handler = defineHandler(transactional, async (_order, ctx) => {
      await ctx.commit((tx) => tx.create("orders/taken", {})).catch(() => {});
      await ctx.commit((tx) => tx.create("orders/free", {}));
    });
    expect((await startInstance(world, handler).deliver(incoming({ id: "8" }))).outcome.kind).toBe("done");
    expect([...world.store.documents.keys()]).toEqual(["orders/taken", "orders/free"]);
  });

  it.each<[string, (ctx: TransactionalContext) => Promise<unknown>, RegExp]>([
    ["a second call", async (ctx) => (await ctx.commit(() => {}), ctx.commit(() => {})), /called already/],
    [
      "an asynchronous function",
      (ctx) => ctx.commit(async () => Promise.reject(new Error("x"))),
      /not be asynchronous/,
    ],
    [
      "an undeclared collection",
      (ctx) => ctx.commit((tx) => tx.set("others/1", {})),
      /does not declare that it writes "others"/,
    ],
    ["a path that is no document", (ctx) => ctx.commit((tx) => tx.set("orders", {})), /"orders" is not the path/],
    ["a path out of the collection", (ctx) => ctx.commit((tx) => tx.delete("orders/..")), /is not the path/],
    [
      "two writes to one document",
      (ctx) => ctx.commit((tx) => (tx.set("orders/1", {}), tx.delete("orders/1"))),
      /twice/,
    ],
    [
      "a topic that is no full name",
      (ctx) => ctx.commit((tx) => tx.publish("charged", { data: 1 })),
      /"charged" is not projects/,
    ],
    [
      "a message without content",
      (ctx) => ctx.commit((tx) => tx.publish("projects/p/topics/t", {})),
      /neither data nor attributes/,
    ],
    [
      "a message too large for a row",
      (ctx) => ctx.commit((tx) => tx.publish("projects/p/topics/t", { data: "x".repeat(900_001) })),
      /larger than the 900000 bytes/,
    ],
  ])("does not take %s", async (_name, body, message) => {
    const { error } = await run(body);
    expect(error!.message).toMatch(message);
  });

  it("stands, whatever the handler does afterwards", async () => {
    const { world, outcome } = await run(async (ctx) => {
      await save({ id: "7" }, ctx);
      throw new Fatal("too late");
    });
    expect(outcome).toEqual({ kind: "done" });
    expect(onlyRecord(world).state).toBe("DONE");
    expect(world.published).toEqual([]);
  });

  it("that is under way when the time limit passes is awaited, and counts", async () => {
    const world = createWorld();
    const slow = (store: Store): Store => ({
      ...store,
      commit: async (change) => {
        if (change.record.state === "DONE") await sleepFor(world, 2_000);
        return store.commit(change);
      },
    });
    const handler = defineHandler(transactional, async (order, ctx) => {
      await sleepFor(world, 59_900);
      await save(order, ctx);
    });
    const delivery = startInstance(world, handler, { store: slow }).deliver(incoming({ id: "7" }));
    expect((await within(world, 65_000, delivery)).outcome).toEqual({ kind: "done" });
    expect(world.store.documents.size).toBe(1);
  });
});

describe("what was committed and is to be published", () => {
  const publishing = defineHandler(transactional, async (_order, ctx) =>
    ctx.commit((tx) => tx.publish("projects/p/topics/charged", { data: "x" })),
  );

  it("is not acknowledged before it is published; the next delivery publishes it", async () => {
    const world = createWorld();
    let up = false;
    const instance = startInstance(world, publishing, {
      publish: async (rows) => (up ? world.published.push(...rows) : Promise.reject(new Error("down"))),
    });
    expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("retry");
    expect(onlyRecord(world)).toMatchObject({ state: "DONE", outbox: [expect.any(String)] });
    up = true;
    expect((await instance.deliver(incoming({ id: "7" }))).outcome).toEqual({ kind: "replayed" });
    expect(world.published.map(({ data }) => data.toString())).toEqual(["x"]);
    expect(world.store.outbox.size).toBe(0);
    await instance.deliver(incoming({ id: "7" }));
    expect(world.published).toHaveLength(1);
  });

  it("is published in the same delivery when Pub/Sub is away for a moment", async () => {
    const world = createWorld();
    let failures = 3;
    const instance = startInstance(world, publishing, {
      publish: async (rows) =>
        failures-- > 0 ? Promise.reject(new Unavailable("503")) : world.published.push(...rows),
    });
    expect((await within(world, 2_000, instance.deliver(incoming({ id: "7" })))).outcome).toEqual({ kind: "done" });
    expect(world.published).toHaveLength(1);
  });

  it("is given back when Pub/Sub stays away", async () => {
    const world = createWorld();
    const instance = startInstance(world, publishing, { publish: async () => Promise.reject(new Unavailable("503")) });
    const delivery = await within(world, 6_000, instance.deliver(incoming({ id: "7" })));
    expect(delivery.outcome).toEqual({ kind: "retry", cause: { class: "Unavailable", message: "503" } });
    expect(onlyRecord(world)).toMatchObject({ state: "DONE", outbox: [expect.any(String)] });
  });

  it("is sent straight to the dead-letter topic when it is too large for a row", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      defineHandler(atLeastOnce, async () => {
        throw new Fatal("no");
      }),
    );
    const { outcome } = await instance.deliver(incoming({ id: "7", text: "x".repeat(1_000_000) }));
    expect(outcome.kind).toBe("parked");
    expect(world.published).toHaveLength(1);
    expect(onlyRecord(world)).toMatchObject({ state: "PARKED", outbox: [] });
  });
});
