import { defineContract } from "../../contract/contract";
import { defineHandler, type TransactionalContext } from "../../runtime";
import { explore, type Scenario, ScheduleError, testHandler } from "../../testing";
import { atLeastOnce, common, saving, transactional } from "../runtime/support/orders";
import { unfenced } from "./unfenced";

const payloads = [
  { id: "7", n: 1 },
  { id: "8", n: 2 },
];

/** Runs the exploration that must fail. */
const failureOf = (options: Parameters<typeof explore>[0]) =>
  explore(options).then(
    () => {
      throw new Error("nothing was found");
    },
    (error: unknown) => error as ScheduleError,
  );

/** No schedule uses its attempts up, so every event has its effect. */
const lasting = defineContract({ ...common, effects: "transactional", writes: ["orders"], retry: { attempts: 50 } });

describe("an exploration", () => {
  const committing = (seed: string): Scenario => {
    const kit = testHandler(
      defineHandler(lasting, async (order, ctx) =>
        ctx.commit((tx) => {
          tx.set(`orders/${order.id}`, { n: order.n });
          tx.publish("projects/p/topics/charged", { data: order.id });
        }),
      ),
      { seed },
    );
    return {
      kit,
      events: payloads.map((payload) => kit.event(payload)),
      check: () => expect(kit.writes.map(({ path }) => path).sort()).toEqual(["orders/7", "orders/8"]),
    };
  };

  it("finds no fault with a handler that commits", async () => {
    const explored = await explore({ setup: committing, runs: 150 });
    expect(explored.runs).toBe(150);
    for (const kind of ["done", "replayed", "crashed", "leaseLost"] as const)
      expect(explored.outcomes[kind]).toBeGreaterThan(0);
  });

  it("comes to the same with the same seed", async () => {
    expect(await explore({ setup: committing, runs: 20 })).toEqual(await explore({ setup: committing, runs: 20 }));
    expect(await explore({ setup: committing, runs: 20, seed: 2 })).not.toEqual(
      await explore({ setup: committing, runs: 20 }),
    );
  });

  it("plays one schedule when it is given one", async () => {
    const { deliveries, outcomes } = await explore({
      setup: committing,
      schedule: [{ do: "deliver", event: 0, crashAt: "C3" }],
    });
    expect({ deliveries, outcomes }).toEqual({ deliveries: 3, outcomes: { crashed: 1, done: 2 } });
  });

  it("wants an event", async () => {
    await expect(explore({ setup: () => ({ kit: testHandler(saving), events: [] }) })).rejects.toThrow(RangeError);
  });
});

describe("a handler whose effect is outside the store", () => {
  const charging = (seed: string): Scenario & { readonly charged: string[] } => {
    const charged: string[] = [];
    const kit = testHandler(
      defineHandler(atLeastOnce, async (order) => void charged.push(order.id)),
      { seed },
    );
    return {
      kit,
      charged,
      events: payloads.map((payload) => kit.event(payload)),
      check: () => expect(charged.filter((id) => id === "7")).toHaveLength(1),
    };
  };

  it("is shown the one step under which it charges twice", async () => {
    const error = await failureOf({ setup: charging });
    expect(error).toBeInstanceOf(ScheduleError);
    expect(error.schedule).toEqual([{ do: "deliver", event: 0, crashAt: "C4" }]);
    const lines = error.message.split("\n");
    expect(lines[0]).toMatch(/^the handler fails under this schedule \(seed 1, run \d+; 1 of \d+ steps\):$/);
    expect(lines[1]).toBe('  { do: "deliver", event: 0, crashAt: "C4" },');
    expect(lines[2]).toBe('event 0: message-1 {"id":"7","n":1}');
    expect(lines).toContain("delivery 2 of message-1: done (C0 C2 C4 C6)");
    expect(error.message).toContain("Expected length: 1");
  });

  it("fails again under the schedule it was shown", async () => {
    const first = await failureOf({ setup: charging });
    const again = await failureOf({ setup: charging, schedule: first.schedule });
    expect(again.schedule).toEqual(first.schedule);
  });

  it("passes once it sends its idempotency key to something that deduplicates", async () => {
    await explore({
      setup(seed) {
        const charged = new Set<string>();
        const kit = testHandler(
          defineHandler(atLeastOnce, async (_order, ctx) => void charged.add(ctx.idempotencyKey)),
          { seed },
        );
        return { kit, events: [kit.event(payloads[0]!)], check: () => expect(charged.size).toBe(1) };
      },
    });
  });
});

describe("a fault that needs no trouble", () => {
  it("is shown with an empty schedule", async () => {
    const error = await failureOf({
      setup(seed) {
        const kit = testHandler(saving, { seed });
        return { kit, events: [kit.event(payloads[0]!)], check: () => expect(kit.writes).toEqual([]) };
      },
    });
    expect(error.schedule).toEqual([]);
    expect(error.message).toContain("0 of");
  });
});

describe("a fault that needs several steps", () => {
  it("is shown with those and no other: two commits of a store that does not fence", async () => {
    const handler = defineHandler(transactional, (order, ctx: TransactionalContext) =>
      ctx.commit((tx) => tx.set(`orders/${order.id}`, { n: order.n })),
    );
    const error = await failureOf({
      setup(seed) {
        const kit = testHandler(handler, { seed, store: unfenced });
        return { kit, events: [kit.event(payloads[0]!)] };
      },
      runs: 300,
    });
    expect(error.schedule.length).toBeLessThanOrEqual(3);
    expect(error.message).toMatch(/was committed 2 times|became|was followed by/);
  });
});
