import type { Command } from "commander";
import type { ExitCode } from "./exit";
import type { CommonOptions } from "./program";

export interface TerraformEnvOptions extends CommonOptions {
  readonly off?: boolean;
}

export interface TerraformOptions extends CommonOptions {
  readonly strict?: boolean;
  readonly all?: boolean;
}

/** The commands about Terraform. */
export interface TerraformCommands {
  /** @param words stacks, which may be left out, and Terraform's own command line. @returns Terraform's exit code */
  tf(words: readonly string[], options: TerraformOptions): Promise<number>;
  tfEnv(options: TerraformEnvOptions): Promise<ExitCode>;
}

/**
 * Adds `millrace tf` and `millrace tf env`.
 * @param common adds the options of every command
 * @param ended takes the exit code of the one that was called
 */
export function addTerraformCommands(
  program: Command,
  commands: TerraformCommands,
  common: (command: Command) => Command,
  ended: (exit: number) => void,
): void {
  const tf = common(program.command("tf").helpGroup("Run:"))
    .usage("[options] [stack…] <command> [arguments of Terraform…]")
    .argument("[words...]", "stacks, which may be left out when only one can be meant, and a command of Terraform")
    .description("run a Terraform command on a stack of this machine; what is applied runs in its engine")
    .option("--all", "every stack of the local environment, in the order of their references")
    .option("--strict", "refuse types that are not simulated")
    // What follows the first word is Terraform's.
    .passThroughOptions()
    .addHelpText("after", HELP)
    .action(async (words: readonly string[], options: TerraformOptions) => {
      ended(await commands.tf(words, options));
    });
  common(tf.command("env"))
    .description("print what makes `cdktf deploy` deploy to this machine")
    .option("--json", "one JSON document on stdout")
    .option("--off", "print what undoes it")
    .action(async (options: TerraformEnvOptions) => {
      ended(await commands.tfEnv(options));
    });
}

const HELP = `
Examples:
  millrace tf shop-local plan
  millrace tf shop-local apply -auto-approve
  millrace tf shop-local destroy -auto-approve
  millrace tf --all apply -auto-approve
  eval "$(millrace tf env)" && cdktf deploy shop-local

Nothing reaches Google. The state, the backend, the lock file and the plugins of the stack itself are not touched.
Several stacks are run one after another: what uses the outputs of another is applied after it and destroyed before it.
The exit code is Terraform's; the first stack that fails ends it.`;
