import { Command, CommanderError, Option } from "commander";
import type { ExitCode } from "./exit";
import type { Terminal } from "./terminal";
import { version } from "./version";
import { common, invalid } from "./program-options";
import { addTerraformCommands, type TerraformCommands } from "./program-terraform";
import { addWorkCommands, type WorkCommands } from "./program-work";
import { addWorkflowCommands, collect, type WorkflowCommands } from "./program-workflow";
import type { Door } from "../local/engine/world";

/** Options of every command. */
export interface CommonOptions {
  /** cdktf's output folder. */
  readonly out: string;
  /** Folder of the engine's state; each stack has its own below. */
  readonly state: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly debug?: boolean;
}

/** Options of the commands that start an engine. */
export interface EngineCommandOptions extends CommonOptions {
  readonly port: number;
  readonly seed?: string;
  readonly timeScale: number;
  readonly ephemeral?: boolean;
  readonly door?: Door;
  readonly strict?: boolean;
}

export interface CheckCommandOptions extends CommonOptions {
  readonly strict?: boolean;
  /** Codes of warnings that are left out. */
  readonly accept: readonly string[];
}

/** The commands, loaded when they are called: `--help` and `ps` need no engine. */
export interface Commands extends TerraformCommands, WorkflowCommands, WorkCommands {
  dev(stack: string | undefined, options: EngineCommandOptions): Promise<ExitCode>;
  /** @returns the exit code of the command it ran */
  exec(stack: string | undefined, command: readonly string[], options: EngineCommandOptions): Promise<number>;
  reload(stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  ps(options: CommonOptions): Promise<ExitCode>;
  fidelity(stack: string | undefined, options: CommonOptions & { readonly strict?: boolean }): Promise<ExitCode>;
  check(subject: string | undefined, options: CheckCommandOptions): Promise<ExitCode>;
  reportGrants(stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
}

/** Raised by commander for `--help` and `--version`, which are no failures. */
export const isHelp = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0;

/** Raised for a command line that cannot be understood. */
export const isUsage = (error: unknown): error is CommanderError => error instanceof CommanderError;

/** What a command line means, read only: the exit code of the command it called. */
export async function run(argv: readonly string[], commands: Commands, terminal: Terminal): Promise<number> {
  // What follows `--` is another program's command line; commander would read it as arguments of ours.
  const cut = argv.indexOf("--");
  const [own, rest] = cut < 0 ? [argv, undefined] : [argv.slice(0, cut), argv.slice(cut + 1)];
  let exit = 0;
  const program = new Command("millrace")
    .description("Runs event-driven systems on Google Cloud on this machine, from the plan that deploys them.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help of a command")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: () => {} })
    .addHelpText("after", HELP_AFTER);

  const engineCommand = (name: string) => common(program.command(name).helpGroup("Run:"));
  engine(engineCommand("dev"))
    .argument("[stack]", "stack to run; may be left out when only one can be meant")
    .description("run a stack and show what happens until Ctrl-C")
    .option("--json", "one JSON document per line on stdout: first the endpoints, then every event")
    .action(async (stack: string | undefined, options: EngineCommandOptions) => {
      exit = await commands.dev(stack, options);
    });
  engine(engineCommand("exec"))
    .argument("[stack]", "stack to run; may be left out when only one can be meant")
    .usage("[stack] [options] -- <command…>")
    .description("run a stack, then a command against it, then end both")
    .action(async (stack: string | undefined, options: EngineCommandOptions) => {
      exit = await commands.exec(stack, rest ?? [], options);
    });
  addTerraformCommands(program, commands, common, (code) => (exit = code));
  engineCommand("reload")
    .argument("[stack]", "stack whose engine is to read it again")
    .description("bring a running engine to the stack as it is synthesized now")
    .option("--json", "one JSON document on stdout")
    .action(async (stack: string | undefined, options: CommonOptions) => {
      exit = await commands.reload(stack, options);
    });
  common(program.command("ps").helpGroup("Look:"))
    .description("list the engines that run")
    .option("--json", "one JSON document on stdout")
    .action(async (options: CommonOptions) => {
      exit = await commands.ps(options);
    });
  common(program.command("fidelity").helpGroup("Look:"))
    .argument("[stack]", "stack to look at")
    .description("say what of a stack runs here, what is only stored and what is not simulated")
    .option("--json", "one JSON document on stdout")
    .option("--strict", "fail when something is not simulated")
    .action(async (stack: string | undefined, options: CommonOptions & { strict?: boolean }) => {
      exit = await commands.fidelity(stack, options);
    });
  common(program.command("check").helpGroup("Look:"))
    .argument(
      "[plan]",
      "stack, .tf.json file, folder of them, or output of `terraform show -json`; every stack, if left out",
    )
    .description("walk a plan as Google Cloud would: what cannot deliver, and what is granted for nothing")
    .option("--json", "one JSON document on stdout")
    .option("--strict", "fail on warnings too")
    .option("--accept <code>", "leave out a warning, by its code; may be repeated", collect, [])
    .action(async (subject: string | undefined, options: CheckCommandOptions) => {
      exit = await commands.check(subject, options);
    });

  const report = program
    .command("report")
    .helpGroup("Look:")
    .description("what a stack comes to, for whoever reviews it");
  common(report.command("grants"))
    .argument("[stack]", "stack to look at")
    .description("say who may do what on which resource, and why")
    .option("--json", "one JSON document on stdout")
    .action(async (stack: string | undefined, options: CommonOptions) => {
      exit = await commands.reportGrants(stack, options);
    });

  addWorkCommands(program, commands, (code) => (exit = code));
  addWorkflowCommands(program, commands, (code) => (exit = code));

  if (rest && own[0] !== "exec") throw new CommanderError(2, "millrace.dashes", "only exec takes a command after --");
  await program.parseAsync(own.length > 0 ? own : ["--help"], { from: "user" });
  return exit;
}

const HELP_AFTER = `
Exit codes: 0 ok, 1 findings, 2 usage, 3 environment, 4 internal; exec and tf pass on the code of their command.
Every error has a code that docs/errors.md explains.`;

const engine = (command: Command): Command =>
  command
    .addOption(new Option("--port <number>", "port of every endpoint; 0 takes a free one").default(0).argParser(port))
    .option("--seed <text>", "seed of every random choice; the same seed makes the same choices")
    .addOption(new Option("--time-scale <factor>", "engine seconds per second").default(1).argParser(factor))
    .option("--ephemeral", "start empty and keep nothing")
    .addOption(
      new Option(
        "--door <door>",
        "who says what runs: the synthesized stack, or what Terraform has applied of it (default: terraform when it has applied something)",
      ).choices(["direct", "terraform"]),
    )
    .option("--strict", "refuse a stack that is not simulated in full");

function port(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value <= 65_535 ? value : invalid(`--port is a number from 0 to 65535, not "${text}"`);
}

function factor(text: string): number {
  const value = Number(text);
  return value > 0 && value <= 1_000
    ? value
    : invalid(`--time-scale is a number above 0 and at most 1000, not "${text}"`);
}
