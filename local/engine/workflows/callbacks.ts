import { runtimeError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";
import type { Clock, Timer } from "../clock";

/** Endpoints of one execution that others answer. */
export interface Callbacks {
  /** @param key the same when the execution is gone through again @returns a map with the endpoint's `url` */
  create(key: string, method: string): Value;
  /** The next request to an endpoint. @throws WorkflowError TimeoutError at `dueMs`, ValueError for another's endpoint */
  receive(url: string, dueMs: number): Promise<Value>;
  /** Nobody waits any more. */
  close?(): void;
}

/** What an endpoint says to a request. */
export type Answered = "taken" | "busy" | "unknown" | "wrong method";

interface Slot {
  readonly method: string;
  /** One request is kept until somebody waits for it. */
  pending?: Value;
  waiter?: (request: Value) => void;
  timer?: Timer;
}

export interface CallbackSlots extends Callbacks {
  offer(id: string, method: string, request: Value): Answered;
  list(): readonly {
    readonly id: string;
    readonly method: string;
    readonly pending: number;
    readonly waiters: number;
  }[];
}

/**
 * @param urlOf where an endpoint is, by its id
 * @param buffered requests that came before an interruption and that nobody has waited for, by endpoint
 * @param keep told what is kept for an endpoint, and that it has been taken
 */
export function callbackSlots(
  clock: Clock,
  urlOf: (id: string) => string,
  buffered: ReadonlyMap<string, Value> = new Map(),
  keep: (id: string, request: Value | undefined) => void = () => {},
): CallbackSlots {
  const slots = new Map<string, Slot>();
  const ids = new Map<string, string>();
  return {
    create(key, method) {
      const id = `callback-${key.replace(/[^0-9]+/g, "-").replace(/^-/, "")}`;
      const url = urlOf(id);
      const pending = buffered.get(id);
      slots.set(id, { method, ...(pending !== undefined && { pending }) });
      ids.set(url, id);
      return new Map([["url", url]]);
    },
    receive(url, dueMs) {
      const id = ids.get(url);
      const slot = id === undefined ? undefined : slots.get(id);
      if (!slot || id === undefined)
        return Promise.reject(runtimeError("ValueError", `${url} is no callback endpoint of this execution`));
      if (slot.pending !== undefined) {
        const request = slot.pending;
        delete slot.pending;
        keep(id, undefined);
        return Promise.resolve(request);
      }
      return new Promise((resolve, reject) => {
        const timer = (slot.timer = clock.after(Math.max(0, dueMs - clock.now()), () => {
          delete slot.waiter;
          reject(runtimeError("TimeoutError", "no request has come to the callback endpoint in time"));
        }));
        slot.waiter = (request) => {
          timer.cancel();
          delete slot.waiter;
          resolve(request);
        };
      });
    },
    offer(id, method, request) {
      const slot = slots.get(id);
      if (!slot) return "unknown";
      if (slot.method !== method) return "wrong method";
      if (slot.waiter) {
        slot.waiter(request);
        return "taken";
      }
      if (slot.pending !== undefined) return "busy";
      slot.pending = request;
      keep(id, request);
      return "taken";
    },
    close() {
      for (const { timer } of slots.values()) timer?.cancel();
    },
    list: () =>
      [...slots].map(([id, { method, pending, waiter }]) => ({
        id,
        method,
        pending: pending === undefined ? 0 : 1,
        waiters: waiter ? 1 : 0,
      })),
  };
}
