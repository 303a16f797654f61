import { linkSync, mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { codes } from "../../contract/codes";
import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  /** What tells this process from a later one of the same number; absent where the system does not say. */
  readonly started?: string;
}

export interface Lock {
  /** Idempotent. */
  release(): void;
}

/**
 * Takes the lock of a stack's state for this process. A lock whose process is gone is taken over.
 * @throws IssuesError MR4101 when a living process holds it, MR4107 when the folder cannot be made or written to
 */
export function takeLock(file: string, stack: string): Lock {
  const own: Holder = holderOf(process.pid);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, JSON.stringify(own));
  } catch (error) {
    throw new IssuesError([unusable(dirname(file), error as Error)]);
  }
  try {
    // A link appears with its content or not at all, so nobody ever reads half a lock.
    while (!tryLink(temporary, file)) {
      const holder = readHolder(file);
      if (holder && isAlive(holder)) throw new IssuesError([held(stack, holder)]);
      removeStale(file, holder);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  let open = true;
  return {
    release() {
      if (open && readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
      open = false;
    },
  };
}

/** The living process that holds a lock, if any. */
export function holderOfLock(file: string): Holder | undefined {
  const holder = readHolder(file);
  return holder && isAlive(holder) ? holder : undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** How long a process may take to remove a stale lock. */
const REMOVAL_MS = 10_000;

/**
 * Removes a lock, provided that it is still the stale one. Two processes that both found it stale must not remove each
 * other's fresh lock, so removing has a lock of its own.
 */
function removeStale(file: string, stale: Holder | undefined): void {
  const guard = `${file}.removal`;
  try {
    writeFileSync(guard, String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > REMOVAL_MS) rmSync(guard, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    return;
  }
  try {
    const now = readHolder(file);
    if (now?.pid === stale?.pid && now?.started === stale?.started) unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    rmSync(guard, { force: true });
  }
}

const holderOf = (pid: number): Holder => {
  const started = startOf(pid);
  return { pid, ...(started !== undefined && { started }) };
};

/** Start of a process in ticks since boot: field 22 of /proc/pid/stat (proc(5)), which only Linux has. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command, in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is alive as well.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || now === started;
}

const held = (stack: string, { pid }: Holder) =>
  issue(
    "MR4101",
    stack,
    `an engine already runs this stack, as process ${pid}; two would deliver each message twice and overwrite each other's journal`,
    `use the running one, end it (kill ${pid}), or give this one its own --state folder`,
  );

/** A path of the engine's state that is not what it has to be, in the system's words. */
export const unusable = (path: string, { message }: Error) =>
  issue("MR4107", path, `the engine's state cannot be kept here: ${message}`, codes.MR4107.fix);
