import { AsyncLocalStorage } from "node:async_hooks";
import { watchStorages } from "../support/storages";

describe("what a test file leaves in its process", () => {
  it("is no storage that later promises have to hand on", async () => {
    const end = watchStorages();
    const [entered, run] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
    entered.enterWith("entered");
    const within = await run.run("run", async () => run.getStore());
    expect([entered.getStore(), within]).toEqual(["entered", "run"]);
    end();
    await Promise.resolve();
    expect(entered.getStore()).toBeUndefined();
    run.enterWith("again");
    expect(run.getStore()).toBe("again");
    run.disable();
  });

  it("is ended by the environment of all tests", () => {
    // The environment watches from outside the sandbox: what it has put in the place of `run` is not Node's.
    expect(AsyncLocalStorage.prototype.run.toString()).toContain("used.add");
  });
});
