import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import { type AppliedStore, createAppliedStore, readApplied } from "./applied";
import { type Journal, type Journaled, noJournal } from "./journal";
import { openJournal } from "./journal-file";
import type { StatePaths } from "./paths";
import type { EngineOptions } from "./types";
import type { Door } from "./world";

/** A journal, or what stands for one in an engine that keeps nothing. */
export interface Kept {
  readonly journal: Journal;
  readonly lastMs: number | undefined;
  readonly droppedBytes: number;
  readonly written: () => Promise<void>;
  start(services: readonly Journaled[], now: () => number): Promise<void>;
  close(): Promise<void>;
}

export function keep(path: string, { ephemeral, onFailure = raise }: EngineOptions): Kept {
  if (ephemeral)
    return { journal: noJournal, lastMs: undefined, droppedBytes: 0, written: nothing, start: nothing, close: nothing };
  const file = openJournal(path, ({ message }) => {
    const problem = `cannot be written any more: ${message}; what happens from now on would be forgotten`;
    const fix = "make room on the disk, or start with --ephemeral";
    onFailure(new IssuesError([issue("MR4106", path, problem, fix)]));
  });
  return {
    journal: file,
    lastMs: file.lastMs,
    droppedBytes: file.droppedBytes,
    written: () => file.written(),
    start: (services, now) => file.start(services, now),
    // A failure has been told already.
    close: () => file.close().catch(() => {}),
  };
}

const nothing = async (): Promise<void> => {};

/** An engine that cannot keep its promises must not go on, and nobody has said what to do instead. */
const raise = (error: IssuesError): void =>
  queueMicrotask(() => {
    throw error;
  });

/** What Terraform has applied, as it is kept. */
export interface KeptApplied {
  readonly store: AppliedStore;
  /** Reads what is there, and keeps what will be; before that nothing is. Idempotent. */
  open(): Promise<void>;
  written(): Promise<void>;
  close(): Promise<void>;
}

/** The journal of what Terraform has applied, for engines that have to do with it. */
export function keepApplied(paths: StatePaths, options: EngineOptions): KeptApplied {
  let kept: Kept | undefined;
  let opening: Promise<void> | undefined;
  const store = createAppliedStore({
    append: (service, entry) => kept?.journal.append(service, entry),
    flush: async () => kept?.journal.flush(),
  });
  const open = async () => {
    kept = keep(paths.applied, options);
    await kept.start([store], Date.now);
  };
  return {
    store,
    open: () => (opening ??= open()),
    written: async () => kept?.written(),
    close: async () => kept?.close(),
  };
}

/** @throws IssuesError MR4108 for a door that what Terraform has applied bars */
export async function chooseDoor(
  { door, stack, ephemeral }: EngineOptions,
  paths: StatePaths,
  applied: KeptApplied,
): Promise<Door> {
  const exists = !ephemeral && readApplied(paths.applied).list().length > 0;
  if (exists && door === "direct") throw new IssuesError([barred(stack)]);
  if (!exists && door !== "terraform") return "direct";
  await applied.open();
  return "terraform";
}

const barred = (stack: string) =>
  issue(
    "MR4108",
    stack,
    "Terraform has applied this stack here, and the plan itself would take it over behind Terraform's back",
    `leave the door out to run what was applied, destroy it first (millrace tf ${stack} destroy), or use another --state folder`,
  );
