import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineContract } from "../../contract/contract";
import { defineHandler, Fatal, Retry } from "../../runtime";
import { testHandler } from "../../testing";
import { atLeastOnce, common, Declined, save, saving, transactional } from "../runtime/support/orders";
import { WithId } from "../runtime/support/schema";

const charging = defineHandler(transactional, async (order, ctx) =>
  ctx.commit((tx) => {
    tx.set(`orders/${order.id}`, { n: order.n, token: ctx.token });
    tx.publish("projects/p/topics/charged", { data: { id: order.id }, orderingKey: order.id });
  }),
);

describe("a handler under test", () => {
  it("is given the event and shows its effect, its message and its record", async () => {
    const kit = testHandler(charging);
    const event = kit.event({ id: "7", n: 1 }, { attributes: { shop: "a" } });
    const delivery = await kit.deliver(event);
    expect(delivery).toMatchObject({
      number: 1,
      outcome: { kind: "done" },
      status: 204,
      acked: true,
      attempt: 1,
      deliveryAttempt: 1,
      points: ["C0", "C2", "C3", "C6", "C12"],
      tookMs: 0,
    });
    expect(kit.writes).toEqual([
      { delivery: 1, atMs: kit.now(), op: "set", path: "orders/7", data: { n: 1, token: 1 } },
    ]);
    expect(kit.documents.get("orders/7")).toEqual({ n: 1, token: 1 });
    expect(kit.published).toMatchObject([{ topic: "projects/p/topics/charged", orderingKey: "7" }]);
    expect(kit.published[0]!.data.toString()).toBe('{"id":"7"}');
    expect(await kit.record(event)).toMatchObject({ state: "DONE", attempts: 1, token: 1 });
    expect(kit.outbox).toEqual([]);
    expect(kit.runs).toMatchObject([{ delivery: 1, attempt: 1, input: { id: "7", n: 1 }, ended: "returned" }]);
  });

  it("runs once for a copy and for the same message again", async () => {
    const kit = testHandler(charging);
    const event = kit.event({ id: "7" });
    await kit.deliver(event);
    expect((await kit.redeliver(event)).outcome.kind).toBe("replayed");
    const copy = await kit.duplicate(event);
    expect(copy).toMatchObject({ outcome: { kind: "replayed" }, deliveryAttempt: 1 });
    expect(copy.event.id).not.toBe(event.id);
    expect(kit.runs).toHaveLength(1);
    expect(kit.writesTo("orders")).toHaveLength(1);
  });

  it("lets concurrent duplicates wait for the first one", async () => {
    const kit = testHandler(
      defineHandler(transactional, async (order, ctx) => {
        await kit.sleep("3s");
        await save(order, ctx);
      }),
    );
    const event = kit.event({ id: "7" });
    const outcomes = await Promise.all([kit.deliver(event), kit.duplicate(event), kit.duplicate(event)]);
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["done", "replayed", "replayed"]);
    expect(outcomes[1].tookMs).toBeGreaterThanOrEqual(3_000);
    expect(kit.runs).toHaveLength(1);
  });

  it("is refused what it does not understand", async () => {
    const kit = testHandler(saving);
    expect((await kit.deliver(Buffer.from("{"))).outcome).toMatchObject({ kind: "rejected", code: "MR3020" });
    const event = kit.event(Buffer.from("{}"));
    expect((await kit.deliver(event)).outcome).toMatchObject({ kind: "rejected", code: "MR3021" });
    expect(await kit.record(event)).toBeUndefined();
  });

  it("is seen to park what it calls fatal, with the cause", async () => {
    const kit = testHandler(
      defineHandler(transactional, async () => {
        throw new Declined("no cover");
      }),
    );
    expect((await kit.deliver({ id: "7" })).outcome).toMatchObject({ kind: "parked", cause: { class: "Declined" } });
    expect(kit.parked).toMatchObject([{ by: "handler", cause: "Declined", delivery: 1 }]);
    expect(kit.parked[0]!.data.toString()).toBe('{"id":"7"}');
    expect(kit.published).toEqual([]);
    expect(kit.runs).toMatchObject([{ ended: "threw", error: { message: "no cover" } }]);
  });

  it("logs into the kit, with message and attempt", async () => {
    const kit = testHandler(
      defineHandler(atLeastOnce, async (order, ctx) => ctx.log.info("charging", { order: order.id })),
    );
    const { event, logs } = await kit.deliver({ id: "7" });
    expect(logs).toMatchObject([
      { severity: "INFO", message: "charging", order: "7", messageId: event.id, attempt: 1 },
    ]);
    expect(kit.logs).toEqual(logs);
  });
});

describe("time in a test", () => {
  const patient = defineContract({ ...common, retry: { minBackoff: "600s" }, effects: "at-least-once" });

  it("passes without being waited for: a retry of ten minutes takes none", async () => {
    let failures = 2;
    const kit = testHandler(
      defineHandler(patient, async () => {
        if (failures-- > 0) throw new Retry("later", { after: "10m" });
      }),
    );
    const deliveries = await kit.settle({ id: "7" });
    expect(deliveries.map(({ outcome }) => outcome.kind)).toEqual(["retry", "retry", "done"]);
    expect(kit.now() - kit.runs[0]!.startedMs).toBe(1_200_000);
  });

  it("shows what a pause longer than the subscription's patience comes to", async () => {
    const kit = testHandler(
      defineHandler(atLeastOnce, async () => {
        throw new Retry("tomorrow", { after: "1d" });
      }),
    );
    const deliveries = await kit.settle({ id: "7" });
    expect(deliveries.map(({ outcome }) => outcome.kind)).toEqual(["retry", "busy", "busy", "busy", "busy"]);
    expect(kit.parked).toMatchObject([{ by: "transport", cause: "busy" }]);
  });

  it("begins where the test says and moves when told to", async () => {
    const kit = testHandler(saving, { now: new Date("2026-01-01T00:00:00Z") });
    await kit.advance("36h");
    expect(new Date(kit.now()).toISOString()).toBe("2026-01-02T12:00:00.000Z");
  });

  it("waits for a handler that does real input and output", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-"));
    const file = join(folder, "orders");
    try {
      const kit = testHandler(
        defineHandler(atLeastOnce, async (order) => {
          for (let i = 0; i < 20; i++) await appendFile(file, order.id);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }),
      );
      const delivery = await kit.deliver({ id: "7" });
      expect(delivery).toMatchObject({ outcome: { kind: "done" }, tookMs: 0 });
      expect(await readFile(file, "utf8")).toBe("7".repeat(20));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("goes on without a handler that waits for its signal", async () => {
    const kit = testHandler(
      defineHandler(
        atLeastOnce,
        (_order, ctx) =>
          new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))),
      ),
      { patience: "20ms" },
    );
    const { outcome, tookMs } = await kit.deliver({ id: "7" });
    expect(outcome).toMatchObject({ kind: "retry", cause: { class: "Interrupted" } });
    expect(tookMs).toBe(60_000);
  });

  it("is not stopped by jest's fake timers", async () => {
    jest.useFakeTimers();
    try {
      expect((await testHandler(saving).settle({ id: "7" })).length).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it("stands still while a test moves it itself", async () => {
    const kit = testHandler(saving);
    const event = kit.event({ id: "7" });
    const slow = kit.deliver(event, { pauseAt: "C3", pauseFor: "20s" });
    await kit.advance("5s");
    expect(await kit.record(event)).toMatchObject({ state: "CLAIMED" });
    expect((await slow).tookMs).toBe(20_000);
  });
});

describe("a subscription, as settle plays it", () => {
  const failing = defineHandler(atLeastOnce, async () => {
    throw new Error("no");
  });

  it("delivers with growing pauses until the handler parks", async () => {
    const kit = testHandler(failing);
    const deliveries = await kit.settle({ id: "7" });
    expect(deliveries.map(({ outcome }) => outcome.kind)).toEqual(["retry", "retry", "parked"]);
    expect(deliveries.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3]);
    const [first, second, third] = deliveries.map(({ startedMs }) => startedMs);
    expect([second! - first!, third! - second!]).toEqual([10_000, 20_000]);
  });

  it("dead-letters itself what nobody acknowledges", async () => {
    const kit = testHandler(saving);
    const deliveries = await kit.settle(kit.event(Buffer.from("{")));
    expect(deliveries).toHaveLength(5);
    expect(kit.parked).toMatchObject([{ by: "transport", cause: "rejected" }]);
  });

  it("refuses to go on for ever without dead letters", async () => {
    await expect(testHandler(failing, { deadLetters: false }).settle({ id: "7" })).rejects.toThrow(
      /never acknowledged/,
    );
  });
});

describe("equal seeds", () => {
  const events = ["1", "2", "3", "4", "5", "6"];
  const story = async (seed: number) => {
    const kit = testHandler(charging, { seed });
    const shuffled = kit.shuffled(events);
    await Promise.all(
      shuffled.map((id) => kit.deliver({ id }, { faults: [{ on: "claim", fault: "unavailable", times: 2 }] })),
    );
    return { shuffled, records: kit.records, deliveries: kit.deliveries, published: kit.published };
  };

  it("tell the same story, other seeds another", async () => {
    expect(await story(3)).toEqual(await story(3));
    expect((await story(4)).records).not.toEqual((await story(3)).records);
  });

  it("shuffle into orders of their own, without losing anything", () => {
    const orders = [1, 2, 3, 4, 5].map((seed) => testHandler(charging, { seed }).shuffled(events));
    for (const order of orders) expect(order.toSorted()).toEqual(events);
    // Seeds are fixed, and so is what they draw: all five differ.
    expect(new Set(orders.map((order) => order.join())).size).toBe(5);
    expect(orders.map((order) => order.join())).not.toContain(events.join());
  });
});

describe("a contract of its own", () => {
  it("gives the kit its payload's type and its numbers", async () => {
    const contract = defineContract({
      name: "plain",
      input: WithId,
      key: (order) => order.id,
      fingerprint: (order) => order.n,
      effects: "at-least-once",
      timeLimit: "2s",
      retry: { attempts: 1 },
    });
    const kit = testHandler(
      defineHandler(contract, async () => {
        throw new Fatal("x");
      }),
    );
    // @ts-expect-error the schema wants an id
    kit.event({ n: 1 });
    await kit.deliver({ id: "7", n: 1 });
    expect((await kit.deliver({ id: "7", n: 2 })).outcome).toMatchObject({
      kind: "parked",
      cause: { class: "KeyReuse" },
    });
  });
});
