import type { ContractManifest } from "../../contract/contract";
import type { Clock } from "../clock";
import { MAX_LEASE_MS } from "../deliver";
import { LeaseLost } from "../errors";
import { claim } from "../record/claim";
import { keepLease, type Lease } from "../record/lease";
import { revised } from "../record/revised";
import { recordKey } from "../store/key";
import type { RecordData, Store } from "../store/store";
import type { JobTask } from "./task";

/** How far a task has come. */
export interface Progress {
  /** Items, from the first one on, that are all settled. */
  readonly settled: number;
  /** Cursor of the last of them, of a source that has cursors. */
  readonly cursor?: string;
}

/** A task that belongs to this process, and to no other attempt of it. */
export interface TaskClaim {
  /** What earlier attempts have left. */
  readonly progress: Progress;
  /** Fires when the task belongs to another attempt. */
  readonly lost: AbortSignal;
  /** Records how far it has come. @throws LeaseLost, StoreUnavailable */
  save(progress: Progress): Promise<void>;
  /** It is over: a later attempt has nothing to do. @throws LeaseLost, StoreUnavailable */
  complete(result: object): Promise<void>;
  /** Lets the next attempt begin at once. @throws StoreUnavailable */
  release(progress: Progress, why: string): Promise<void>;
}

export interface TaskClaimOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly stop: AbortSignal;
}

/** How long the store is asked to keep how far a task has come. */
const SAVE_PATIENCE_MS = 10_000;

/**
 * A task has a record like an event, below a name that no handler can have, and its checkpoint is one of that record's
 * steps: written under the lease, so that an attempt which has been given up cannot turn it back.
 * @returns nothing when the task is over already, or the process stops before it is free
 * @throws StoreUnavailable
 */
export async function claimTask(
  manifest: ContractManifest,
  task: JobTask,
  { store, clock, random, newId, stop }: TaskClaimOptions,
): Promise<TaskClaim | "over" | "stopped"> {
  const key = recordKey(`${manifest.name}@job`, manifest.epoch, `${task.execution}/${task.index}`);
  const claimed = await claim(
    store,
    {
      key,
      owner: newId(),
      handler: manifest.name,
      epoch: manifest.epoch,
      messageId: `${task.execution}/${task.index}`,
      leaseMs: MAX_LEASE_MS,
      maxAttempts: Infinity,
      rememberMs: manifest.rememberMs,
      nowMs: clock.now(),
    },
    // An earlier attempt that is still at it is waited for: two at a time would only get in each other's way.
    { clock, random, claimUntilMs: Infinity, waitUntilMs: Infinity, stop },
  );
  if (claimed.kind === "ended") return "over";
  if (claimed.kind !== "run") return "stopped";

  const lost = new AbortController();
  const lease = keepLease(claimed.held, { store, clock, random });
  lease.watcher = { interrupt: (alarm) => lost.abort(alarm) };
  const change = async (build: (record: RecordData) => RecordData) => {
    const written = await lease.change((record) => ({ record: build(record) }), clock.now() + SAVE_PATIENCE_MS);
    if (written.kind !== "applied" && written.kind !== "settled")
      throw new LeaseLost("the task belongs to another attempt of it");
  };
  const ended = (state: "DONE" | "RELEASED", more: (record: RecordData) => Partial<RecordData>) =>
    change((record) => revised(record, { state, delayMs: 0, ...more(record) })).finally(() => lease.close());

  return {
    progress: progressOf(lease),
    lost: lost.signal,
    save: (progress) => change((record) => revised(record, { steps: stepsOf(progress) })),
    complete: (result) => ended("DONE", () => ({ result: JSON.stringify(result), steps: undefined })),
    release: (progress, message) =>
      ended("RELEASED", () => ({ steps: stepsOf(progress), error: { class: "TaskIncomplete", message } })),
  };
}

const stepsOf = ({ settled, cursor }: Progress): Record<string, string> => ({
  settled: JSON.stringify(settled),
  ...(cursor !== undefined && { cursor: JSON.stringify(cursor) }),
});

function progressOf({ record: { steps = {} } }: Lease): Progress {
  const read = (step: string): unknown => (steps[step] === undefined ? undefined : JSON.parse(steps[step]));
  const cursor = read("cursor");
  return { settled: Number(read("settled") ?? 0), ...(typeof cursor === "string" && { cursor }) };
}
