import { ENV } from "../../contract/environment";
import type { VirtualClock } from "../../local/engine/clock";
import type { PushRequest, PushResult } from "../../local/engine/delivery";
import type { Random } from "../../local/engine/random";
import type { Clock } from "../../runtime/clock";
import { type Core, createCore } from "../../runtime/core";
import { firestoreStore } from "../../runtime/firestore";
import type { Handler } from "../../runtime/handler";
import { environmentFor } from "../runtime/support/environment";
import { answer } from "../runtime/support/rest-fetch";
import { goodClaims, strippedToken } from "../runtime/support/tokens";

export const DATABASE = "projects/p/databases/(default)";
export const DEAD_LETTERS = "projects/p/topics/dead-letters";

/** Share of an instance's calls of the store and of Pub/Sub that go wrong in each way. */
export const FAULTS = { lost: 0.02, unavailable: 0.02, late: 0.01, slow: 0.03 } as const;

/** A process of a handler, which may die or be shut down at any moment. */
export interface SoakInstance {
  readonly alive: boolean;
  push(request: PushRequest): Promise<PushResult>;
  /** What it waits for never comes back; what it has sent may still happen. Whoever waits for it is cut off. */
  kill(): void;
  /** As on SIGTERM. */
  drain(): Promise<void>;
}

export interface InstanceOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Reaches Firestore and Pub/Sub without fault. */
  readonly fetch: typeof fetch;
  /** @param sleep of this process: it ends with it */
  readonly handler: (sleep: (ms: number) => Promise<void>) => Handler;
  readonly log: (line: string) => void;
}

export function startSoakInstance({ clock, random, fetch: send, handler, log }: InstanceOptions): SoakInstance {
  let alive = true;
  let cutOff = () => {};
  const cut = new Promise<PushResult>((resolve) => {
    cutOff = () => resolve({ kind: "unreachable", reason: "the connection was reset" });
  });
  const never = new Promise<never>(() => {});
  const own: Clock = {
    now: () => clock.now(),
    after: (ms, callback) => clock.after(ms, () => (alive ? callback() : undefined)),
  };
  const pause = (ms: number) => new Promise<void>((resolve) => void own.after(ms, resolve));
  const faulty: typeof fetch = async (url, init) => {
    if (!alive) return never;
    const drawn = random.next();
    const { lost, unavailable, late, slow } = FAULTS;
    if (drawn < unavailable) return answer(503, "{}");
    if (drawn < unavailable + late) {
      clock.after(random.below(20_000), () => void send(url, init).catch(() => {}));
      throw new Error("no answer in time");
    }
    if (drawn < unavailable + late + slow) await pause(random.below(3_000));
    const response = await send(url, init);
    if (!alive) return never;
    if (drawn > 1 - lost) throw new Error("the reply was lost");
    return response;
  };
  const made = handler(pause);
  const core: Core = createCore(made, {
    store: firestoreStore({ database: DATABASE, emulatorHost: "firestore.test", fetch: faulty }),
    clock: own,
    fetch: faulty,
    write: log,
    random: () => random.next(),
    env: {
      ...environmentFor(made),
      PUBSUB_EMULATOR_HOST: "pubsub.test",
      [ENV.deadLetterTopic]: DEAD_LETTERS,
      [ENV.maxDeliveryAttempts]: "100",
    },
  });
  return {
    get alive() {
      return alive;
    },
    push({ headers, body }) {
      const handled = core
        .handle({
          method: "POST",
          path: "/",
          headers: { ...headers, authorization: strippedToken(goodClaims(clock.now())) },
          body: async () => body,
        })
        .then(({ status }): PushResult | Promise<never> => (alive ? { kind: "status", status } : never));
      return Promise.race([handled, cut]);
    },
    kill() {
      alive = false;
      cutOff();
    },
    async drain() {
      await core.drain();
      alive = false;
      cutOff();
    },
  };
}
