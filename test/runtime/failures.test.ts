import { defineContract } from "../../contract";
import { Fatal, LeaseLost, Retry } from "../../runtime";
import { defineHandler } from "../../runtime/handler";
import { atLeastOnce, common, Declined, onlyRecord, save, saving, sleepFor, transactional } from "./support/orders";
import { createWorld, DEAD_LETTERS, incoming, startInstance, within } from "./support/simulation";

describe("a failing handler", () => {
  const failing = (error: () => unknown) =>
    defineHandler(atLeastOnce, async () => {
      throw error();
    });

  it("is tried again, and its record remembers why", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      failing(() => new TypeError("no")),
    );
    expect((await instance.deliver(incoming({ id: "7" }))).outcome).toEqual({
      kind: "retry",
      cause: { class: "TypeError", message: "no" },
    });
    expect(onlyRecord(world)).toMatchObject({ state: "RELEASED", attempts: 1, error: { class: "TypeError" } });
    expect((await instance.deliver(incoming({ id: "7" }))).attempt).toBe(2);
  });

  it("is parked with its cause after the last attempt", async () => {
    const world = createWorld();
    const attempts: boolean[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      attempts.push(ctx.isLastAttempt);
      throw new TypeError("no");
    });
    const instance = startInstance(world, handler);
    for (let i = 0; i < 2; i++) expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("retry");
    const last = incoming({ id: "7" }, { id: "m-3", attributes: { mine: "1" }, orderingKey: "k", source: "s" });
    expect((await instance.deliver(last)).outcome).toEqual({
      kind: "parked",
      cause: { class: "TypeError", message: "no" },
    });
    expect(attempts).toEqual([false, false, true]);
    expect(world.published).toEqual([
      expect.objectContaining({ topic: DEAD_LETTERS, data: Buffer.from('{"id":"7"}'), orderingKey: "k" }),
    ]);
    expect(world.published[0]!.attributes).toEqual({
      mine: "1",
      "millrace-dedupe-id": world.published[0]!.id,
      "millrace-handler": "orders",
      "millrace-cause": "TypeError",
      "millrace-cause-message": "no",
      "millrace-attempts": "3",
      "millrace-record": expect.stringMatching(/^[\w-]{43}$/),
      "millrace-message-id": "m-3",
      "millrace-source": "s",
    });
    expect(onlyRecord(world)).toMatchObject({ state: "PARKED", outbox: [] });
    expect(world.store.outbox.size).toBe(0);
  });

  it.each([
    ["a class the contract calls fatal", () => new Declined("card")],
    ["Fatal", () => new Fatal("card")],
  ])("is parked at once by %s", async (_name, error) => {
    const world = createWorld();
    const instance = startInstance(world, failing(error));
    expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("parked");
    expect(world.published).toHaveLength(1);
    expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("parked");
    expect(world.published).toHaveLength(1);
  });

  it("is parked at the transport's last delivery, which would otherwise dead-letter it without its cause", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      failing(() => new Error("no")),
      { deliver: { maxDeliveryAttempts: 5 } },
    );
    const { outcome } = await instance.deliver(incoming({ id: "7" }, { deliveryAttempt: 5 }));
    expect(outcome.kind).toBe("parked");
  });

  it("is never acknowledged when there is nowhere to park it", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      failing(() => new Fatal("no")),
      { deliver: { deadLetterTopic: undefined } },
    );
    for (let i = 0; i < 5; i++) expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("retry");
    expect(onlyRecord(world)).toMatchObject({ state: "RELEASED", attempts: 5 });
  });

  it("may ask for a pause, during which deliveries wait", async () => {
    const world = createWorld();
    let runs = 0;
    const handler = defineHandler(atLeastOnce, async () => {
      if (++runs === 1) throw new Retry("later", { after: "20s" });
    });
    const instance = startInstance(world, handler);
    await instance.deliver(incoming({ id: "7" }));
    const started = world.clock.now();
    const again = instance.deliver(incoming({ id: "7" }));
    expect((await within(world, 30_000, again)).outcome).toEqual({ kind: "done" });
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(20_000);
  });

  it.each([
    ["is cut to the longest pause of a transport that counts", 10, 600_000],
    ["is as long as asked where nobody counts", undefined, 7_200_000],
  ])("may ask for two hours, which %s", async (_what, maxDeliveryAttempts, delayMs) => {
    const world = createWorld();
    const handler = failing(() => new Retry("later", { after: "2h" }));
    const instance = startInstance(world, handler, { deliver: { maxDeliveryAttempts } });
    const { outcome } = await instance.deliver(incoming({ id: "7" }));
    expect(outcome).toMatchObject({ kind: "retry", afterMs: delayMs });
    expect(onlyRecord(world)).toMatchObject({ state: "RELEASED", delayMs });
  });

  it("that throws synchronously, or something that is no error, is a failure like any other", async () => {
    const world = createWorld();
    const sync = defineHandler(atLeastOnce, () => {
      throw "text";
    });
    const { outcome } = await startInstance(world, sync).deliver(incoming({ id: "7" }));
    expect(outcome).toEqual({ kind: "retry", cause: { class: "string", message: "text" } });
  });

  it("is released when its time limit passes, and cannot commit afterwards", async () => {
    const world = createWorld();
    const late: unknown[] = [];
    const reasons: unknown[] = [];
    const handler = defineHandler(transactional, async (_order, ctx) => {
      ctx.signal.addEventListener("abort", () => reasons.push((ctx.signal.reason as Error).message));
      expect(ctx.remaining()).toBe(60_000);
      await sleepFor(world, 70_000);
      late.push(ctx.remaining());
      await save({ id: "7" }, ctx).catch((error: unknown) => late.push(error));
    });
    const delivery = startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect((await within(world, 62_000, delivery)).outcome).toMatchObject({
      kind: "retry",
      cause: { class: "Interrupted" },
    });
    await world.clock.advance(20_000);
    expect(reasons).toEqual(["the time limit of the contract has passed"]);
    expect(late).toEqual([0, expect.any(LeaseLost)]);
    expect(world.store.documents.size).toBe(0);
  });

  it("that stops within a second of its signal decides itself how it ends", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    });
    const delivery = startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect((await within(world, 61_000, delivery)).outcome).toEqual({ kind: "done" });
  });
});

describe("an event that cannot be identified", () => {
  it("is rejected without a record when it does not parse (MR3020)", async () => {
    const world = createWorld();
    const broken = { ...incoming({}), payload: () => JSON.parse('{"secret') as unknown };
    const { outcome } = await startInstance(world, saving).deliver(broken);
    expect(outcome).toMatchObject({ kind: "rejected", code: "MR3020" });
    expect(JSON.stringify(outcome)).not.toContain("secret");
    expect(world.store.records.size).toBe(0);
  });

  it("is rejected when it does not fit the schema, with the path (MR3021)", async () => {
    const { outcome } = await startInstance(createWorld(), saving).deliver(incoming({ id: 7 }));
    expect(outcome).toEqual({ kind: "rejected", code: "MR3021", reason: "id: expected a string" });
  });

  it("is rejected when its key is empty or cannot be derived (MR3022)", async () => {
    const key = (order: { id: string }) => {
      if (order.id === "throw") throw new Error("no key");
      return order.id;
    };
    const handler = defineHandler(defineContract({ ...common, key, effects: "at-least-once" }), async () => {});
    for (const id of ["", "throw"])
      expect((await startInstance(createWorld(), handler).deliver(incoming({ id }))).outcome).toMatchObject({
        kind: "rejected",
        code: "MR3022",
      });
  });

  it("is parked when the contract calls the lack of a key fatal", async () => {
    const world = createWorld();
    const key = () => {
      throw new Declined("no key");
    };
    const handler = defineHandler(defineContract({ ...common, key, effects: "at-least-once" }), async () => {});
    const { outcome } = await startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect(outcome).toEqual({ kind: "parked", cause: { class: "Declined", message: "no key" } });
    expect(world.published[0]!.attributes).toMatchObject({ "millrace-cause": "Declined", "millrace-attempts": "0" });
  });
});

describe("an event whose key belongs to another", () => {
  const handler = defineHandler(
    defineContract({ ...common, fingerprint: ({ n }) => n, effects: "at-least-once" }),
    async () => {},
  );

  it("is parked itself, and the record of the other stays as it was", async () => {
    const world = createWorld();
    const instance = startInstance(world, handler);
    await instance.deliver(incoming({ id: "7", n: 1 }));
    const before = [...world.store.records];
    expect((await instance.deliver(incoming({ id: "7", n: 1 }))).outcome.kind).toBe("replayed");
    expect((await instance.deliver(incoming({ id: "7", n: 2 }))).outcome).toMatchObject({
      kind: "parked",
      cause: { class: "KeyReuse" },
    });
    expect(world.published.map(({ data }) => data.toString())).toEqual(['{"id":"7","n":2}']);
    expect(world.published[0]!.attributes["millrace-fingerprint"]).toMatch(/^[\w-]{43}$/);
    expect([...world.store.records]).toEqual(before);
  });

  it("is not acknowledged before it is published, nor when it cannot be parked (MR3023)", async () => {
    const world = createWorld();
    await startInstance(world, handler).deliver(incoming({ id: "7", n: 1 }));
    const mute = startInstance(world, handler, { publish: async () => Promise.reject(new Error("down")) });
    expect((await mute.deliver(incoming({ id: "7", n: 2 }))).outcome.kind).toBe("retry");
    const nowhere = startInstance(world, handler, { deliver: { deadLetterTopic: undefined } });
    expect((await nowhere.deliver(incoming({ id: "7", n: 2 }))).outcome).toMatchObject({
      kind: "rejected",
      code: "MR3023",
    });
  });
});
