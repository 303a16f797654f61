import { readdirSync } from "node:fs";
import { type Endpoints, readEndpoints } from "./endpoints";
import { holderOfLock } from "./lock";
import { statePaths } from "./paths";

/** The engines that run with their state in a folder, by the stack's name. */
export function runningEngines(stateDir: string): readonly Endpoints[] {
  return stacksIn(stateDir).flatMap((stack) => {
    const { lock, endpoints } = statePaths(stateDir, stack);
    const holder = holderOfLock(lock);
    const found = holder && readEndpoints(endpoints);
    return found && found.pid === holder.pid ? [found] : [];
  });
}

function stacksIn(stateDir: string): readonly string[] {
  try {
    return readdirSync(stateDir).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
