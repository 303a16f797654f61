import { type Duration, milliseconds } from "../contract/duration";
import type { Clock } from "../runtime/clock";
import { sleep } from "../runtime/clock";
import { StoreUnavailable, Unavailable } from "../runtime/errors";
import type { Change, OutboxRow, RecordData, Store } from "../runtime/store/store";
import { runWithin } from "./instance";

/** A call that a delivery makes of the world outside its process. */
export type Call =
  /** takes the event, or takes it over */
  | "claim"
  /** keeps the lease while the handler runs */
  | "renew"
  /** records a step of `ctx.once` */
  | "step"
  /** `ctx.commit` or `ctx.commitIn`, or the completion of an at-least-once handler */
  | "finish"
  /** gives the event back for another attempt */
  | "release"
  | "park"
  /** removes published rows from the outbox */
  | "relay"
  /** looks at the record */
  | "read"
  /** reads rows that an earlier delivery left in the outbox */
  | "rows"
  /** sends messages to Pub/Sub */
  | "publish";

/** Something goes wrong with a call. */
export interface CallFault {
  readonly on: Call;
  /**
   * `reply-lost`: it happens, and the caller is told that nobody answered. `unavailable`: it does not happen. `late`:
   * the caller is told that nobody answered, and it happens `by` later. `slow`: it happens, and answers, `by` later.
   */
  readonly fault: "reply-lost" | "unavailable" | "late" | "slow";
  /** How many of those calls, the first ones. @default 1 */
  readonly times?: number;
  /** @default "1s" */
  readonly by?: Duration;
}

/** A fault and what is left of it. */
export interface ArmedFault {
  readonly fault: CallFault;
  left: number;
  /** Calls it has met. */
  met: number;
}

export const arm = (faults: readonly CallFault[]): ArmedFault[] =>
  faults.map((fault) => ({ fault, left: fault.times ?? 1, met: 0 }));

/** Lets the call happen as the first armed fault for it says. */
async function suffer<T>(
  faults: readonly ArmedFault[],
  on: Call,
  clock: Clock,
  call: () => Promise<T>,
  late: (byMs: number) => Promise<T> = (byMs) => sleep(clock, byMs).then(call),
): Promise<T> {
  const armed = faults.find((each) => each.fault.on === on && each.left > 0);
  if (!armed) return call();
  armed.left--;
  armed.met++;
  const { fault, by = "1s" } = armed.fault;
  const silence = (what: string) =>
    on === "publish" ? new Unavailable(`injected: ${what}`) : new StoreUnavailable(`injected: ${what}`);
  switch (fault) {
    case "unavailable":
      throw silence(`${on} is unavailable`);
    case "reply-lost":
      await call();
      throw silence(`the reply to ${on} was lost`);
    case "late":
      void late(milliseconds(by)).catch(() => {});
      throw silence(`${on} has not answered yet`);
    case "slow":
      await sleep(clock, milliseconds(by));
      return call();
  }
}

/** What a delivery's process has to do with the world, through its faults. */
export interface Faulty {
  readonly store: Store;
  readonly publish: (rows: readonly OutboxRow[]) => Promise<void>;
}

/** @param clock the world's: a late write happens even when its sender is dead */
export function withFaults(
  store: Store,
  publish: (rows: readonly OutboxRow[]) => Promise<void>,
  faults: readonly ArmedFault[],
  clock: Clock,
): Faulty {
  /** Revision and steps of the claim that succeeded, by owner and token: what comes after it is a renewal or a step. */
  const claims = new Map<string, { readonly revision: number; steps: number }>();
  const stepsOf = ({ steps = {} }: RecordData) => Object.keys(steps).length;
  const callOf = ({ record, removeRows }: Change): Call => {
    if (removeRows?.length) return "relay";
    if (record.state === "DONE") return "finish";
    if (record.state === "RELEASED") return "release";
    if (record.state === "PARKED") return "park";
    const claimed = claims.get(`${record.owner}/${record.token}`);
    if (claimed === undefined || record.revision <= claimed.revision) return "claim";
    return stepsOf(record) > claimed.steps ? "step" : "renew";
  };
  return {
    store: {
      kind: store.kind,
      read: (key) => suffer(faults, "read", clock, () => store.read(key)),
      rows: (ids) => suffer(faults, "rows", clock, () => store.rows(ids)),
      commit: (change) =>
        suffer(faults, callOf(change), clock, async () => {
          const reply = await store.commit(change);
          const { state, owner, token, revision } = change.record;
          const claim = `${owner}/${token}`;
          const earlier = claims.get(claim);
          if (reply.applied && state === "CLAIMED" && !earlier)
            claims.set(claim, { revision, steps: stepsOf(change.record) });
          else if (reply.applied && earlier) earlier.steps = stepsOf(change.record);
          return reply;
        }),
      within: (transactions, fence, work) =>
        suffer(
          faults,
          "finish",
          clock,
          () => runWithin(store, transactions, fence, work),
          // The client has done the handler's part when its commit goes missing.
          (byMs) =>
            runWithin(store, transactions, fence, async (native) => {
              const change = await work(native);
              await sleep(clock, byMs);
              return change;
            }),
        ),
    },
    publish: (rows) => suffer(faults, "publish", clock, () => publish(rows)),
  };
}
