import { type Clock, sleep } from "../../../runtime/clock";

/** What becomes of something that is sent. */
export type Fate =
  /** It is not, and the sender hears of it. */
  | { readonly kind: "unsent" }
  /** It arrives; the answer does not. */
  | { readonly kind: "lost" }
  /** The sender gives up; later it arrives. */
  | { readonly kind: "late"; readonly ms: number }
  /** It is under way for so long. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The process dies before it sends, or before it is answered. */
  | { readonly kind: "dies before" | "dies after" };

/** What is between the adapter of one process and its server. */
export interface Wire {
  /** @param broken what this adapter's own client throws when a connection breaks */
  pass<T>(send: () => Promise<T>, broken: () => Error): Promise<T>;
  /** Resolves when the process dies: whatever it held open is closed. */
  readonly died: Promise<void>;
  /** Whether the fate has come. */
  readonly met: () => boolean;
}

const never = new Promise<never>(() => {});

/** A wire on which one call of several has a fate, counted from 0. @param die what else dies with the process */
export function createWire(clock: Clock, on: number, fate: Fate | undefined, die: () => void): Wire {
  let count = 0;
  let dead = false;
  let gone = () => {};
  const died = new Promise<void>((resolve) => (gone = resolve));
  const end = () => {
    dead = true;
    die();
    gone();
    return never;
  };
  return {
    died,
    met: () => count > on,
    async pass(send, broken) {
      if (dead) return never;
      if (count++ !== on || !fate) return send();
      switch (fate.kind) {
        case "unsent":
          throw broken();
        case "lost":
          await send();
          throw broken();
        case "late":
          clock.after(fate.ms, () => void send().catch(() => {}));
          throw broken();
        case "slow":
          await sleep(clock, fate.ms);
          return dead ? never : send();
        case "dies before":
          return end();
        case "dies after":
          await send();
          return end();
      }
    },
  };
}
