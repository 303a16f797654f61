import { Fatal, LeaseLost, StoreUnavailable } from "../../runtime";
import { defineHandler } from "../../runtime/handler";
import { atLeastOnce, onlyRecord, save, sleepFor, transactional } from "./support/orders";
import { createWorld, incoming, startInstance, within } from "./support/simulation";

describe("a step", () => {
  it("runs once, though the attempts after it fail, and returns the same to each", async () => {
    const world = createWorld();
    const runs: string[] = [];
    const seen: unknown[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      seen.push(await ctx.once("charge", async (key) => ({ id: runs.push(key), at: new Date(0) })));
      if (ctx.attempt < 3) throw new Error("no");
    });
    const instance = startInstance(world, handler);
    for (const kind of ["retry", "retry", "done"])
      expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe(kind);
    expect(runs).toEqual([expect.stringMatching(/^[\w-]{43}-charge$/)]);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ({ id: 1, at: "1970-01-01T00:00:00.000Z" })));
  });

  it("is skipped after a crash that came after its record (C3)", async () => {
    const world = createWorld();
    const steps: string[] = [];
    let die = () => {};
    const crash = new Promise<void>((resolve) => (die = resolve));
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      await ctx.once("first", () => void steps.push("first"));
      if (ctx.attempt === 1) {
        die();
        await new Promise(() => {});
      }
      await ctx.once("second", () => void steps.push("second"));
    });
    const dying = startInstance(world, handler);
    void dying.deliver(incoming({ id: "7" }));
    await crash;
    dying.kill();
    const next = await within(world, 60_000, startInstance(world, handler).deliver(incoming({ id: "7" })));
    expect(next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    expect(steps).toEqual(["first", "second"]);
  });

  it("is repeated after a crash between effect and record, with the same key: its limit", async () => {
    const world = createWorld();
    const keys: string[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      await ctx.once("charge", (key) => {
        keys.push(key);
        if (ctx.attempt === 1) dying.kill();
      });
    });
    const dying = startInstance(world, handler);
    void dying.deliver(incoming({ id: "7" }));
    await world.clock.advance(0);
    await within(world, 60_000, startInstance(world, handler).deliver(incoming({ id: "7" })));
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it("is recorded on top of a renewal whose reply was lost", async () => {
    const world = createWorld();
    let runs = 0;
    let lost = 1;
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      await ctx.once("slow", async () => {
        runs++;
        await sleepFor(world, 6_000);
      });
      if (ctx.attempt === 1) throw new Error("no");
    });
    const instance = startInstance(world, handler, {
      store: (inner) => ({
        ...inner,
        commit: async (change) => {
          const reply = await inner.commit(change);
          if (change.expect !== undefined && lost-- > 0) throw new StoreUnavailable("reply lost");
          return reply;
        },
      }),
    });
    expect((await within(world, 10_000, instance.deliver(incoming({ id: "7" })))).outcome.kind).toBe("retry");
    expect((await instance.deliver(incoming({ id: "7" }))).outcome.kind).toBe("done");
    expect([runs, lost < 0]).toEqual([1, true]);
  });

  it("that fails is not recorded, and may be tried again in the same attempt", async () => {
    const world = createWorld();
    let runs = 0;
    const flaky = () => {
      if (++runs === 1) throw new Error("no");
      return runs;
    };
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      await ctx.once("flaky", flaky).catch(() => {});
      return ctx.once("flaky", flaky);
    });
    expect((await startInstance(world, handler).deliver(incoming({ id: "7" }))).outcome.kind).toBe("done");
    expect(onlyRecord(world).result).toBe("2");
  });

  it("may return nothing, and is not run again for that", async () => {
    const world = createWorld();
    let runs = 0;
    const returned: unknown[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      for (let i = 0; i < 2; i++) returned.push(await ctx.once("quiet", () => void runs++));
    });
    await startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect([runs, returned]).toEqual([1, [undefined, undefined]]);
  });

  it("comes before the commit of a transactional handler, not after it", async () => {
    const world = createWorld();
    const errors: unknown[] = [];
    const handler = defineHandler(transactional, async (order, ctx) => {
      const n = await ctx.once("number", () => 42);
      await save({ ...order, n }, ctx);
      await ctx.once("late", () => errors.push("ran")).catch((error: unknown) => errors.push(error));
    });
    await startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect(world.store.documents.get("orders/7")).toEqual({ n: 42 });
    expect(errors).toEqual([expect.any(LeaseLost)]);
  });

  it("is forgotten with the end of its event, but not when it is parked", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, async ({ id }, ctx) => {
      await ctx.once("step", () => id);
      if (id === "park") throw new Fatal("no");
    });
    const instance = startInstance(world, handler);
    await instance.deliver(incoming({ id: "done" }));
    expect(onlyRecord(world).steps).toBeUndefined();
    await instance.deliver(incoming({ id: "park" }));
    expect([...world.store.records.values()][1]!.record).toMatchObject({ state: "PARKED", steps: { step: '"park"' } });
  });

  it.each(["", "1st", "a.b", "__x__"])("cannot be called %j", async (name) => {
    const world = createWorld();
    let ran = false;
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => ctx.once(name, () => (ran = true)));
    const { outcome } = await startInstance(world, handler).deliver(incoming({ id: "7" }));
    expect(outcome).toMatchObject({ kind: "retry", cause: { class: "RangeError" } });
    expect(ran).toBe(false);
  });

  it("of a zombie is neither recorded nor begun", async () => {
    const world = createWorld();
    let thaw = () => {};
    const frozen = new Promise<void>((resolve) => (thaw = resolve));
    const ran: string[] = [];
    const errors: unknown[] = [];
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      if (ctx.attempt > 1) return ctx.once("a", () => ran.push("owner"));
      await frozen;
      await ctx.once("a", () => ran.push("zombie")).catch((error: unknown) => errors.push(error));
      await ctx.once("b", () => ran.push("zombie")).catch((error: unknown) => errors.push(error));
    });
    // No renewal gets out of it.
    const first = startInstance(world, handler, {
      store: (inner) => ({
        ...inner,
        commit: (change) =>
          change.expect !== undefined && change.record.state === "CLAIMED"
            ? Promise.reject(new StoreUnavailable("frozen"))
            : inner.commit(change),
      }),
    }).deliver(incoming({ id: "7" }));
    await world.clock.advance(20_500);
    const second = await within(world, 60_000, startInstance(world, handler).deliver(incoming({ id: "7" })));
    expect(second).toEqual({ outcome: { kind: "done" }, attempt: 2, result: "1" });
    thaw();
    expect((await within(world, 5_000, first)).outcome).toEqual({ kind: "leaseLost" });
    expect(errors).toEqual([expect.any(LeaseLost), expect.any(LeaseLost)]);
    expect(ran).toEqual(["owner"]);
  });
});
