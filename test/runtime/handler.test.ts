import { defineHandler, type Handler } from "../../runtime/handler";
import { atLeastOnce, transactional } from "./support/orders";

describe("a handler", () => {
  it("is tied to its contract, and fits wherever any handler does", () => {
    const run = async () => {};
    const handlers: Handler[] = [defineHandler(transactional, run), defineHandler(atLeastOnce, run)];
    expect(handlers).toEqual([
      { contract: transactional, run },
      { contract: atLeastOnce, run },
    ]);
  });

  it("has ctx.commit by type only when its effects are transactional", () => {
    // The type checker is the test: a directive that expects an error is an error itself when there is none.
    defineHandler(transactional, (_order, ctx) => ctx.commit(() => {}));
    // @ts-expect-error at-least-once handlers have no commit
    defineHandler(atLeastOnce, (_order, ctx) => ctx.commit(() => {}));
    // @ts-expect-error the schema knows no such field
    defineHandler(atLeastOnce, (order) => order.amount);
    expect(true).toBe(true);
  });
});
