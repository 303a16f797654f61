import { AsyncLocalStorage } from "node:async_hooks";

const WAYS = ["run", "enterWith"] as const;

/**
 * Notes which storages are used from now on, whoever makes them.
 * @returns a function that ends all of them: whatever they hold is gone
 */
export function watchStorages(): () => void {
  const used = new Set<AsyncLocalStorage<unknown>>();
  const prototype = AsyncLocalStorage.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  const originals = WAYS.map((way) => [way, prototype[way]!] as const);
  for (const [way, original] of originals)
    prototype[way] = function (this: AsyncLocalStorage<unknown>, ...args) {
      used.add(this);
      return original.apply(this, args);
    };
  return () => {
    for (const [way, original] of originals) prototype[way] = original;
    for (const storage of used) storage.disable();
  };
}
