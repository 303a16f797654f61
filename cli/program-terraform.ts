import type { Command } from "commander";
import type { ExitCode } from "./exit";
import type { CommonOptions } from "./program";

export interface TerraformEnvOptions extends CommonOptions {
  readonly off?: boolean;
}

/** The commands about Terraform. */
export interface TerraformCommands {
  /** @param words the stack, which may be left out, and Terraform's own command line. @returns Terraform's exit code */
  tf(words: readonly string[], options: CommonOptions & { readonly strict?: boolean }): Promise<number>;
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
    .usage("[options] [stack] <command> [arguments of Terraform…]")
    .argument("[words...]", "the stack, which may be left out when only one can be meant, and a command of Terraform")
    .description("run a Terraform command on a stack of this machine; what is applied runs in its engine")
    .option("--strict", "refuse types that are not simulated")
    // What follows the first word is Terraform's.
    .passThroughOptions()
    .addHelpText("after", HELP)
    .action(async (words: readonly string[], options: CommonOptions & { strict?: boolean }) => {
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
  eval "$(millrace tf env)" && cdktf deploy shop-local

Nothing reaches Google. The state, the backend, the lock file and the plugins of the stack itself are not touched.
The exit code is Terraform's.`;
