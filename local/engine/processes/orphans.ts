import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Remembers the process groups of one engine on disk, for the next one to end what a crash has left. */
export interface ProcessList {
  add(pid: number): void;
  remove(pid: number): void;
}

/** @param file for example `.millrace/{stack}/processes.json` */
export function createProcessList(file: string): ProcessList {
  const pids = new Set<number>();
  const save = () => {
    if (pids.size > 0) writeFileSync(file, JSON.stringify([...pids]));
    else rmSync(file, { force: true });
  };
  return {
    add(pid) {
      pids.add(pid);
      save();
    },
    remove(pid) {
      pids.delete(pid);
      save();
    },
  };
}

/**
 * Ends the process groups that an engine before this one has left behind. A pid is killed only when its command line
 * names `marker`, since the system gives numbers away again.
 * @returns the pids that were ended
 */
export function endOrphans(file: string, marker: string): readonly number[] {
  let pids: unknown;
  try {
    pids = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return [];
  }
  const orphans = (Array.isArray(pids) ? pids : []).filter(
    (pid): pid is number => Number.isInteger(pid) && pid > 1 && commandLine(pid).includes(marker),
  );
  for (const pid of orphans) killGroup(pid, "SIGKILL");
  rmSync(file, { force: true });
  return orphans;
}

/** Signals a process and all it has started; says nothing when they are gone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Empty when there is no such process. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // No such process, or no /proc: macOS.
  }
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8", stdio });
  } catch {
    return "";
  }
}
