import type { StandardSchemaV1 } from "@standard-schema/spec";
import { defineContract } from "../../contract";
import { defineHandler } from "../../runtime/handler";
import { atLeastOnce, common, onlyRecord, saving, sleepFor, transactional } from "./support/orders";
import { createWorld, incoming, startInstance, within } from "./support/simulation";

describe("a delivery of a new event", () => {
  it("has its effect and is done", async () => {
    const world = createWorld();
    const { outcome, attempt } = await startInstance(world, saving).deliver(incoming({ id: "7", n: 1 }));
    expect({ outcome, attempt }).toEqual({ outcome: { kind: "done" }, attempt: 1 });
    expect([...world.store.documents]).toEqual([["orders/7", { n: 1 }]]);
    expect(onlyRecord(world)).toMatchObject({ state: "DONE", token: 1, attempts: 1, outbox: [] });
  });

  it("is handed to the handler, and told from others, as its schema makes it", async () => {
    const trimmed: StandardSchemaV1<{ readonly id: string }, { readonly order: string }> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) => ({ value: { order: (value as { readonly id: string }).id.trim() } }),
      },
    };
    const contract = defineContract({
      ...common,
      input: trimmed,
      key: ({ order }) => order,
      // All of it: what the schema has not touched would differ.
      fingerprint: (input) => input,
      effects: "at-least-once",
    });
    const world = createWorld();
    const seen: unknown[] = [];
    const instance = startInstance(
      world,
      defineHandler(contract, (input) => void seen.push(input)),
    );
    const outcomes = [];
    for (const id of [" 7 ", "7"]) outcomes.push((await instance.deliver(incoming({ id }))).outcome.kind);
    expect([outcomes, seen]).toEqual([["done", "replayed"], [{ order: "7" }]]);
  });

  it("tells the handler about itself", async () => {
    const world = createWorld();
    const seen: unknown[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      seen.push(ctx.event.attributes, ctx.token, ctx.attempt, ctx.isLastAttempt, ctx.remaining(), ctx.idempotencyKey);
      expect(ctx).not.toHaveProperty("commit");
    });
    await startInstance(world, handler).deliver(incoming({ id: "7" }, { attributes: { a: "b" } }));
    expect(seen).toEqual([{ a: "b" }, 1, 1, false, 60_000, expect.stringMatching(/^[\w-]{43}$/)]);
  });

  it("keeps the handler's result, or that of its commit", async () => {
    const world = createWorld();
    const returning = defineHandler(atLeastOnce, async () => ({ answer: 42 }));
    await startInstance(world, returning).deliver(incoming({ id: "7" }));
    expect(onlyRecord(world).result).toBe('{"answer":42}');

    const other = createWorld();
    const committing = defineHandler(transactional, async (_order, ctx) => {
      await ctx.commit(() => "committed");
      return "returned";
    });
    await startInstance(other, committing).deliver(incoming({ id: "7" }));
    expect(onlyRecord(other).result).toBe('"committed"');
  });

  it("is done although its result cannot be kept", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, async ({ n }) => (n === 1 ? 10n : "x".repeat(70_000)));
    const instance = startInstance(world, handler);
    expect((await instance.deliver(incoming({ id: "a", n: 1 }))).outcome.kind).toBe("done");
    expect((await instance.deliver(incoming({ id: "b" }))).outcome.kind).toBe("done");
    expect(instance.lines.map(({ message }) => message)).toEqual([
      "the result is not JSON and was not kept",
      "the result is too large and was not kept",
    ]);
  });

  it("is done when a transactional handler has nothing to commit", async () => {
    const world = createWorld();
    const { outcome } = await startInstance(
      world,
      defineHandler(transactional, async () => {}),
    ).deliver(incoming({ id: "7" }));
    expect(outcome.kind).toBe("done");
    expect(world.store.documents.size).toBe(0);
  });
});

describe("a duplicate", () => {
  it("is replayed without running the handler", async () => {
    const world = createWorld();
    let runs = 0;
    const instance = startInstance(
      world,
      defineHandler(atLeastOnce, async () => void runs++),
    );
    await instance.deliver(incoming({ id: "7" }));
    expect((await instance.deliver(incoming({ id: "7" }))).outcome).toEqual({ kind: "replayed" });
    expect(runs).toBe(1);
  });

  it("waits for the first one and is replayed, rather than burning an attempt", async () => {
    const world = createWorld();
    let runs = 0;
    const handler = defineHandler(atLeastOnce, async () => {
      runs++;
      await sleepFor(world, 50_000);
    });
    const first = startInstance(world, handler).deliver(incoming({ id: "7" }));
    await world.clock.advance(1_000);
    const second = startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect((await within(world, 60_000, second)).outcome).toEqual({ kind: "replayed" });
    expect((await first).outcome).toEqual({ kind: "done" });
    expect(runs).toBe(1);
  });

  it("is refused as busy when the first one is still at it as the deadline nears", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, async () => sleepFor(world, 59_000));
    void startInstance(world, handler, { deliver: { deadlineMs: 600_000 } }).deliver(incoming({ id: "7" }));
    await world.clock.advance(1_000);
    const second = startInstance(world, handler, { deliver: { deadlineMs: 40_000 } }).deliver(incoming({ id: "7" }));
    const started = world.clock.now();
    expect((await within(world, 60_000, second)).outcome).toEqual({ kind: "busy" });
    expect(world.clock.now() - started).toBe(39_000);
  });

  it("does not take over so late that the handler would have less than half its time", async () => {
    const world = createWorld();
    const dead = startInstance(world, saving, { at: (point, self) => void (point === "C2" && self.kill()) });
    void dead.deliver(incoming({ id: "7" }));
    await world.clock.advance(0);
    const late = startInstance(world, saving, { deliver: { deadlineMs: 45_000 } }).deliver(incoming({ id: "7" }));
    expect((await within(world, 60_000, late)).outcome).toEqual({ kind: "busy" });
    expect(world.store.documents.size).toBe(0);
    const next = await startInstance(world, saving).deliver(incoming({ id: "7" }));
    expect(next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
  });
});

describe("a shutdown", () => {
  it("starts nothing new", async () => {
    const world = createWorld();
    const instance = startInstance(world, saving);
    instance.shutdown.enter("stop");
    expect((await instance.deliver(incoming({ id: "7" }))).outcome).toEqual({ kind: "busy" });
    expect(world.store.records.size).toBe(0);
  });

  it("ends the wait of duplicates", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, async () => sleepFor(world, 50_000));
    void startInstance(world, handler).deliver(incoming({ id: "7" }));
    await world.clock.advance(1_000);
    const instance = startInstance(world, handler);
    const waiting = instance.deliver(incoming({ id: "7" }));
    await world.clock.advance(1_000);
    instance.shutdown.enter("stop");
    expect((await within(world, 0, waiting)).outcome).toEqual({ kind: "busy" });
  });

  it("gives back what does not finish, at once and without counting the attempt", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      defineHandler(atLeastOnce, async () => sleepFor(world, 50_000)),
    );
    const delivery = instance.deliver(incoming({ id: "7" }));
    await world.clock.advance(1_000);
    for (const phase of ["stop", "interrupt", "abandon"] as const) instance.shutdown.enter(phase);
    expect((await within(world, 0, delivery)).outcome).toMatchObject({
      kind: "retry",
      cause: { class: "Interrupted" },
    });
    expect(onlyRecord(world)).toMatchObject({ state: "RELEASED", attempts: 0 });
    expect(
      (
        await startInstance(
          world,
          defineHandler(atLeastOnce, async () => {}),
        ).deliver(incoming({ id: "7" }))
      ).attempt,
    ).toBe(1);
  });
});
