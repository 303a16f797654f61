import { defineHandler } from "../../runtime";
import { memoryStore } from "../../runtime/store/memory";
import { testHandler } from "../../testing";
import { atLeastOnce, saving } from "../runtime/support/orders";

describe("a delivery that nothing can end", () => {
  it("fails the test instead of hanging it", async () => {
    const kit = testHandler(saving, {
      patience: "10ms",
      store: (clock) => ({ ...memoryStore({ clock }), commit: () => new Promise(() => {}) }),
    });
    await expect(kit.deliver({ id: "7" })).rejects.toThrow(/nothing is left that could end this delivery/);
  });
});

describe("a store that does real input and output", () => {
  it("is waited for before virtual time moves", async () => {
    const kit = testHandler(saving, {
      store(clock) {
        const store = memoryStore({ clock });
        const later = () => new Promise((resolve) => setTimeout(resolve, 20));
        return { ...store, commit: (change) => later().then(() => store.commit(change)) };
      },
    });
    expect(await kit.deliver({ id: "7" })).toMatchObject({ outcome: { kind: "done" }, tookMs: 0 });
  });
});

describe("what is for the fakes of a handler", () => {
  it("is refused outside of one", async () => {
    const kit = testHandler(saving);
    await expect(async () => kit.crash()).rejects.toThrow(/no handler has called it/);
    await expect(kit.pause()).rejects.toThrow(/no handler has called it/);
  });

  it("finds the delivery that called it among several", async () => {
    const kit = testHandler(
      defineHandler(atLeastOnce, async (order, ctx) => {
        await kit.sleep("1s");
        if (order.id === "8" && ctx.attempt === 1) await kit.crash();
      }),
    );
    const outcomes = await Promise.all(["7", "8", "9"].map((id) => kit.deliver({ id })));
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["done", "crashed", "done"]);
  });
});
