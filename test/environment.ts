import { TestEnvironment } from "jest-environment-node";
import { watchStorages } from "./support/storages";

/**
 * Node's, and nothing of a test file stays in the process but what it leaks itself: jest runs each file in an
 * `AsyncLocalStorage` of its own, which every later promise would hand on (docs/traps.md).
 */
export default class Environment extends TestEnvironment {
  readonly #endStorages = watchStorages();

  override async teardown(): Promise<void> {
    this.#endStorages();
    await super.teardown();
  }
}
