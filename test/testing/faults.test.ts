import type { CrashPoint } from "../../contract/probe";
import { defineHandler } from "../../runtime";
import { assertOnce, assertPromises, type CallFault, testHandler } from "../../testing";
import { atLeastOnce, save, transactional } from "../runtime/support/orders";
import { unfenced } from "./unfenced";

const charging = defineHandler(transactional, async (order, ctx) =>
  ctx.commit((tx) => {
    tx.set(`orders/${order.id}`, { n: order.n });
    tx.publish("projects/p/topics/charged", { data: order.id });
  }),
);

describe("a delivery whose process dies", () => {
  it.each<CrashPoint>(["C0", "C2", "C3", "C6", "C12"])("at %s is followed by one effect", async (crashAt) => {
    const kit = testHandler(charging);
    const [first, second, ...more] = await kit.settle({ id: "7" }, { crashAt });
    expect(first).toMatchObject({ outcome: { kind: "crashed", at: crashAt }, status: undefined, acked: false });
    expect(second!.acked).toBe(true);
    expect(more).toEqual([]);
    assertOnce(kit, "orders/7");
    await assertPromises(kit);
    expect(kit.published).toHaveLength(crashAt === "C12" ? 2 : 1);
    expect(new Set(kit.published.map(({ dedupeId }) => dedupeId)).size).toBe(1);
  });

  it("at C4 repeats what an at-least-once handler does elsewhere", async () => {
    const charged: string[] = [];
    const kit = testHandler(defineHandler(atLeastOnce, async (_order, ctx) => void charged.push(ctx.idempotencyKey)));
    await kit.settle({ id: "7" }, { crashAt: "C4" });
    expect(charged).toHaveLength(2);
    expect(new Set(charged).size).toBe(1);
    await assertPromises(kit);
  });

  it("inside the handler dies between two of its effects", async () => {
    const calls: string[] = [];
    let power = false;
    const kit = testHandler(
      defineHandler(atLeastOnce, async () => {
        calls.push("charge");
        if (!power) {
          power = true;
          await kit.crash();
        }
        calls.push("mail");
      }),
    );
    const [first] = await kit.settle({ id: "7" });
    expect(first!.outcome).toEqual({ kind: "crashed", at: "C3" });
    expect(calls).toEqual(["charge", "charge", "mail"]);
  });

  it("is not taken for one that passed the point", async () => {
    const kit = testHandler(charging);
    const event = kit.event({ id: "7" });
    await kit.deliver(event);
    await expect(kit.redeliver(event, { crashAt: "C3" })).rejects.toThrow(
      "delivery 2 ended (replayed) without passing C3; it passed C0",
    );
    await expect(kit.deliver({ id: "8" }, { crashAt: "C4" })).rejects.toThrow(/has no C4/);
    const other = testHandler(defineHandler(atLeastOnce, async () => {}));
    await expect(other.deliver({ id: "8" }, { pauseAt: "C3" })).rejects.toThrow(/kit\.crash\(\) or kit\.pause\(\)/);
  });
});

describe("a delivery whose process is frozen", () => {
  it.each<CrashPoint>(["C2", "C3"])("at %s past its lease writes nothing when it comes back", async (pauseAt) => {
    const kit = testHandler(
      defineHandler(transactional, (order, ctx) => ctx.commit((tx) => tx.set(`orders/${order.id}`, { by: ctx.token }))),
    );
    const event = kit.event({ id: "7" });
    const zombie = kit.deliver(event, { pauseAt });
    const second = await kit.redeliver(event);
    expect(second).toMatchObject({ outcome: { kind: "done" }, attempt: 2 });
    expect((await zombie).outcome.kind).toBe("leaseLost");
    assertOnce(kit, "orders/7");
    expect(kit.documents.get("orders/7")).toEqual({ by: 2 });
    await assertPromises(kit);
  });

  it("inside the handler does elsewhere what nobody can stop, with a token that tells", async () => {
    const seen: number[] = [];
    const kit = testHandler(
      defineHandler(atLeastOnce, async (_order, ctx) => {
        if (ctx.attempt === 1) await kit.pause();
        seen.push(ctx.token);
      }),
    );
    const event = kit.event({ id: "7" });
    const [zombie] = await Promise.all([kit.deliver(event), kit.redeliver(event)]);
    expect(zombie.outcome.kind).toBe("leaseLost");
    expect(seen).toEqual([2, 1]);
  });

  it("for less than its lease goes on as if nothing had been", async () => {
    const kit = testHandler(charging);
    const { outcome, tookMs } = await kit.deliver({ id: "7" }, { pauseAt: "C3", pauseFor: "4s" });
    expect({ kind: outcome.kind, tookMs }).toEqual({ kind: "done", tookMs: 4_000 });
  });
});

describe("a call that goes wrong", () => {
  const slow = defineHandler(transactional, async (order, ctx) => {
    await pause();
    await save(order, ctx);
  });
  let pause = async () => {};

  it.each<[CallFault["on"], CallFault["fault"]]>([
    ["claim", "reply-lost"],
    ["claim", "unavailable"],
    ["claim", "late"],
    ["claim", "slow"],
    ["finish", "reply-lost"],
    ["finish", "unavailable"],
    ["finish", "late"],
    ["finish", "slow"],
    ["relay", "reply-lost"],
    ["relay", "unavailable"],
    ["publish", "reply-lost"],
    ["publish", "unavailable"],
    ["publish", "slow"],
  ])("%s, %s, is lived through", async (on, fault) => {
    const kit = testHandler(charging);
    const deliveries = await kit.settle({ id: "7" }, { faults: [{ on, fault, by: "3s" }] });
    expect(deliveries.at(-1)!.acked).toBe(true);
    await kit.advance("1m");
    assertOnce(kit, "orders/7");
    await assertPromises(kit);
  });

  it("renewal, is told apart from the claim", async () => {
    const kit = testHandler(slow);
    pause = () => kit.sleep("12s");
    const { outcome } = await kit.deliver({ id: "7" }, { faults: [{ on: "renew", fault: "reply-lost" }] });
    expect(outcome.kind).toBe("done");
    expect(kit.records.map(({ record }) => record.state)).toEqual(["CLAIMED", "CLAIMED", "DONE"]);
  });

  it("the record of a step, is told apart, and a crash after it does not run the step again", async () => {
    const run: string[] = [];
    const kit = testHandler(
      defineHandler(atLeastOnce, async (_order, ctx) => {
        await ctx.once("charge", async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          run.push("charge");
        });
        if (ctx.attempt === 1) await kit.crash();
        await ctx.once("mail", () => void run.push("mail"));
      }),
    );
    const deliveries = await kit.settle({ id: "7" }, { faults: [{ on: "step", fault: "unavailable", times: 3 }] });
    expect(deliveries.map(({ outcome }) => outcome.kind)).toEqual(["crashed", "done"]);
    expect(run).toEqual(["charge", "mail"]);
    expect(deliveries[0]!.tookMs).toBeGreaterThan(0);
  });

  it("read, does not hide the owner's result from a duplicate", async () => {
    const kit = testHandler(charging);
    const event = kit.event({ id: "7" });
    await kit.deliver(event);
    const again = await kit.duplicate(event, { faults: [{ on: "read", fault: "unavailable", times: 2 }] });
    expect(again.outcome.kind).toBe("replayed");
    expect(again.tookMs).toBeGreaterThan(0);
  });

  it("for longer than the deadline, gives the delivery back", async () => {
    const kit = testHandler(charging);
    const faults: CallFault[] = [{ on: "finish", fault: "unavailable", times: Infinity }];
    const { outcome, tookMs } = await kit.deliver({ id: "7" }, { faults });
    expect(outcome.kind).toBe("retry");
    expect(tookMs).toBeGreaterThan(55_000);
    expect(kit.writes).toEqual([]);
  });

  it("and was never made, fails the test that relies on it", async () => {
    const kit = testHandler(charging);
    await expect(kit.deliver({ id: "7" }, { faults: [{ on: "park", fault: "slow" }] })).rejects.toThrow(
      "delivery 1 ended (done) without a call to park",
    );
  });
});

describe("assertOnce", () => {
  it("lists every write and every delivery", async () => {
    const kit = testHandler(charging);
    await kit.deliver({ id: "7", n: 1 });
    await kit.deliver({ id: "8" });
    expect(() => assertOnce(kit, "orders")).toThrow(
      [
        "orders was written 2 times, not once",
        '  delivery 1: set {"n":1}',
        "  delivery 2: set {}",
        "  delivery 1 of message-1: done (C0 C2 C3 C6 C12)",
        "  delivery 2 of message-2: done (C0 C2 C3 C6 C12)",
      ].join("\n"),
    );
    expect(() => assertOnce(kit, "orders/9")).toThrow("orders/9 was written never, not once");
  });
});

describe("what the runtime promises", () => {
  it("is seen to be broken by a store that does not fence", async () => {
    const kit = testHandler(charging, { store: unfenced });
    const event = kit.event({ id: "7" });
    const zombie = kit.deliver(event, { pauseAt: "C3" });
    await kit.redeliver(event);
    await zombie;
    await expect(assertPromises(kit)).rejects.toThrow(/was committed 2 times/);
    expect(() => assertOnce(kit, "orders/7")).toThrow(/2 times/);
  });
});
