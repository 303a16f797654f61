import { assemble } from "./assemble";
import { statePaths } from "./paths";
import type { Engine, EngineOptions } from "./types";

export type { Engine, EngineOptions } from "./types";

/**
 * Runs a stack on this machine.
 * @throws IssuesError with everything wrong with the plan (MR4001–MR4099), MR4101 when an engine runs the stack
 *   already, MR4102 for a taken port, MR4103 for what the broker refuses, MR4104 and MR4105 for the journal, and the
 *   faults of targets that do not start (MR42xx); nothing is left running then
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { stack, stateDir = ".millrace" } = options;
  // How to end what has been started, to be done in the opposite order: after a failed start and by `stop` alike.
  const started: (() => unknown)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      const faults: unknown[] = [];
      // One end that fails must not leave the others undone, least of all the lock.
      for (const end of started.reverse())
        await Promise.resolve()
          .then(end)
          .catch((fault: unknown) => faults.push(fault));
      if (faults.length > 0) throw faults[0];
    })());
  try {
    return await assemble(options, statePaths(stateDir, stack), { steps: started, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}
