import type { EngineCommandOptions } from "../program";
import { printIssues } from "../exit";
import type { Terminal } from "../terminal";
import type { Progress } from "../progress";
import { chooseStack } from "../stack";
import { IssuesError } from "../../contract/issue";
import { type Engine, type EngineOptions, startEngine } from "../../local/engine/engine";
import { loadSystem } from "../../local/engine/load";
import { fidelityIssues } from "../../local/engine/adapters";

/**
 * Starts the engine that a command line asks for and shows its warnings.
 * @throws IssuesError as `startEngine` does; with `--strict`, also for what is not simulated
 */
export async function startFor(
  stack: string | undefined,
  options: EngineCommandOptions,
  terminal: Terminal,
  progress: Progress,
  hooks: Pick<EngineOptions, "onEvent" | "onFailure"> = {},
): Promise<Engine> {
  const chosen = chooseStack(options.out, stack);
  if (options.strict) refuseUnsimulated(options.out, chosen);
  const { out, state, port, seed, timeScale, ephemeral, door } = options;
  try {
    const engine = await startEngine({
      outDir: out,
      stateDir: state,
      stack: chosen,
      port,
      timeScale,
      onStep: (title) => progress.step(title),
      ...(seed !== undefined && { seed }),
      ...(ephemeral && { ephemeral }),
      ...(door && { door }),
      ...hooks,
    });
    progress.done();
    printIssues(engine.warnings, terminal);
    return engine;
  } catch (error) {
    progress.failed();
    throw error;
  }
}

function refuseUnsimulated(outDir: string, stack: string): void {
  const issues = fidelityIssues(loadSystem(outDir, stack).system.fidelity);
  if (issues.length > 0) throw new IssuesError(issues.map((found) => ({ ...found, severity: "error" })));
}
