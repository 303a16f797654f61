import { resolve } from "node:path";
import { type Issue, IssuesError } from "../../../contract/issue";
import { readApplied } from "../../engine/applied";
import type { Engine } from "../../engine/engine";
import { statePaths } from "../../engine/paths";
import { readStacks } from "../../plan/read";
import { providerSchemas } from "../schema/all";
import { argumentIssues, isChanging } from "./arguments";
import { attach, tellDependents } from "./attach";
import { cleaned, execute } from "./execute";
import { versionIssues } from "./versions";
import { initialized, prepareWorkspace, workspaceOf } from "./workspace";

export interface TerraformOptions {
  /** cdktf's output folder. @default "cdktf.out" */
  readonly outDir?: string;
  readonly stack: string;
  /** Folder of the engine's state; the stack has its own below. @default ".millrace" */
  readonly stateDir?: string;
  /** The command and its arguments, as `terraform` takes them: `["apply", "-auto-approve"]`. */
  readonly args: readonly string[];
  /** Refuses types that the engine does not simulate. @default false */
  readonly strict?: boolean;
  /**
   * The engine in which what is applied runs, with the stack's state in `stateDir`.
   * @default the one of another process that runs the stack; without one, an engine that ends with the command
   */
  readonly engine?: Pick<Engine, "terraform" | "warnings">;
  /** Takes what Terraform writes on both streams. @default it goes where this process's own output goes */
  readonly output?: (text: string) => void;
  /** Told after a command that changes something what is to be said about what runs now. */
  readonly onChanged?: (change: TerraformChange) => void;
  /** Environment of Terraform; what would bring in other settings or credentials is left out. @default this process's */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

export interface TerraformChange {
  /** What would not work, or is not simulated. */
  readonly warnings: readonly Issue[];
  /** Whether an engine goes on running it. */
  readonly lasting: boolean;
  /** How many resources exist now. */
  readonly running: number;
}

/**
 * Runs a Terraform command on a stack with the local provider, in a folder of its own: neither the user's state, backend,
 * lock file, plugin cache nor credentials are touched. The provider lives in the engine, where what is applied runs. The
 * folder keeps Terraform's state, and the engine the resources that exist, so that commands follow each other as they
 * would on Google Cloud.
 * @returns Terraform's exit code
 * @throws IssuesError MR4001–MR4003 and MR4012 for the stack, MR4302 without Terraform, MR4303 while another command runs
 *   on the stack, MR4304 for other releases of the providers, MR4305 for arguments that lead elsewhere, and as
 *   `startEngine` for the engine
 */
export async function runTerraform(options: TerraformOptions): Promise<number> {
  const { stack, stateDir = ".millrace", args, strict = false, output, engine } = options;
  const outDir = resolve(options.outDir ?? "cdktf.out");
  const wrong = argumentIssues(stack, args);
  if (wrong.length > 0) throw new IssuesError(wrong);
  const documents = readStacks(outDir, stack);
  const faults = versionIssues(documents.at(-1)!, providerSchemas());
  if (faults.length > 0) throw new IssuesError(faults);
  const attached = await attach({ stack, outDir, stateDir, strict, ...(engine && { engine }) });
  let warnings: readonly Issue[] = [];
  let code: number;
  try {
    prepareWorkspace(documents, stateDir);
    const workspace = workspaceOf(stateDir, stack);
    const env = { ...cleaned(options.env ?? process.env, workspace.settings), ...attached.environment };
    const terraform = (command: readonly string[], said: TerraformOptions["output"]) =>
      execute({ args: command, cwd: workspace.directory, env, output: said });
    const said: string[] = [];
    const init = () => terraform(["init", "-input=false", "-no-color"], (text) => void said.push(text));
    const ready = args[0] === "init" ? 0 : await initialized(documents.at(-1)!, workspace, init);
    if (ready !== 0) {
      (output ?? ((text) => process.stderr.write(text)))(said.join(""));
      return ready;
    }
    code = await terraform(args, output);
  } finally {
    warnings = await attached.end();
  }
  if (!isChanging(args)) return code;
  await tellDependents(stateDir, stack);
  const running = readApplied(statePaths(stateDir, stack).applied).list().length;
  options.onChanged?.({ warnings, lasting: attached.lasting, running });
  return code;
}
