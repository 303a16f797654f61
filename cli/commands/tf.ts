import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { IssuesError } from "../../contract/issue";
import { isChanging, isDestroying, isPlain } from "../../local/provider/door/arguments";
import { execute } from "../../local/provider/door/execute";
import { runTerraform, type TerraformChange } from "../../local/provider/door/run";
import { EXIT, type ExitCode, printIssues, usage } from "../exit";
import type { CommonOptions } from "../program";
import type { TerraformEnvOptions, TerraformOptions } from "../program-terraform";
import { chooseStacks } from "../stack";
import type { Terminal } from "../terminal";

/** First words that are Terraform's: the stack was left out. */
const COMMANDS = new Set(
  "apply console destroy fmt force-unlock get graph import init login logout metadata modules output plan providers refresh show state taint test untaint validate version workspace".split(
    " ",
  ),
);

/** `millrace tf`: runs Terraform on stacks of this machine, one after another, until one fails. */
export async function tf(words: readonly string[], options: TerraformOptions, terminal: Terminal): Promise<number> {
  const isStack = (word: string) => !word.startsWith("-") && !COMMANDS.has(word);
  const count = words.findIndex((word) => !isStack(word));
  const named = count === -1 ? words : words.slice(0, count);
  const args = words.slice(named.length);
  if (args.length === 0)
    throw usage("tf", "there is no command for Terraform", "name one, for example `millrace tf shop-local plan`");
  if (isPlain(args)) return execute({ args, cwd: process.cwd(), env: process.env });
  if (options.all && named.length > 0)
    throw usage("tf", `--all and ${named.join(", ")} cannot go together`, "name stacks, or say --all");
  const ordered = chooseStacks(options.out, named, options.all ?? false);
  const codes: number[] = [];
  // What uses the outputs of another is made after it, and taken away before it.
  for (const stack of isDestroying(args) ? ordered.toReversed() : ordered) {
    if (ordered.length > 1) terminal.err(terminal.paintErr.bold(stack));
    const code = await onThisMachine(stack, args, options, terminal);
    codes.push(code);
    // A plan that finds a difference has not failed.
    if (code !== 0 && !(code === 2 && args.includes("-detailed-exitcode"))) return code;
  }
  return Math.max(...codes);
}

/** `millrace tf env`: prints what makes cdktf's commands those of this machine. */
export async function tfEnv(options: TerraformEnvOptions, terminal: Terminal): Promise<ExitCode> {
  const environment = environmentOf(options.off ? undefined : writeTerraform(resolve(options.state)));
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, environment }));
  else
    for (const [name, value] of Object.entries(environment))
      terminal.out(value === null ? `unset ${name}` : `export ${name}=${quoted(value)}`);
  return EXIT.ok;
}

/** What cdktf-cli reads. @param terraform the program that it is to call instead of Terraform; undefined undoes all */
const environmentOf = (terraform: string | undefined): Readonly<Record<string, string | null>> => ({
  TERRAFORM_BINARY_NAME: terraform ?? null,
  // It would ask the registry for the hashes of providers. The number 1 is not understood.
  CDKTF_SKIP_PROVIDER_LOCK: terraform ? "true" : null,
  // It would let plugins be kept in the home folder.
  CDKTF_DISABLE_PLUGIN_CACHE_ENV: terraform ? "1" : null,
  CHECKPOINT_DISABLE: terraform ? "1" : null,
});

/** Writes the program that cdktf calls for Terraform. @returns its path */
function writeTerraform(stateDir: string): string {
  const file = join(stateDir, "LOCAL-terraform");
  const entry = join(__dirname, "..", `terraform${extname(__filename)}`);
  const command = [process.execPath, ...process.execArgv.map(findable), entry, stateDir].map(quoted).join(" ");
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(file, `#!/bin/sh\n# LOCAL: written by \`millrace tf env\`, for cdktf.\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A module that Node has been told to load first must be found from other folders too. */
const findable = (arg: string, index: number, all: readonly string[]): string =>
  /^(-r|--require)$/.test(all[index - 1] ?? "") ? require.resolve(arg, { paths: [process.cwd()] }) : arg;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Terraform as cdktf calls it: in the folder of a synthesized stack.
 * @param folder the working folder
 */
export async function asTerraform(
  stateDir: string,
  folder: string,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (isPlain(args)) return execute({ args, cwd: folder, env: process.env });
  const stacks = dirname(folder);
  if (basename(stacks) !== "stacks" || !existsSync(join(folder, "cdk.tf.json"))) {
    const problem = "is not the folder of a synthesized stack, and Terraform is run on those alone here";
    const fix = 'let cdktf call it, or undo the environment first: eval "$(millrace tf env --off)"';
    throw new IssuesError([{ code: "MR4306", severity: "error", path: folder, problem, fix }]);
  }
  return onThisMachine(basename(folder), args, { out: dirname(stacks), state: stateDir }, terminal);
}

function onThisMachine(
  stack: string,
  args: readonly string[],
  { out, state, strict }: CommonOptions & { readonly strict?: boolean },
  terminal: Terminal,
): Promise<number> {
  if (isChanging(args)) terminal.err(`${terminal.paintErr.yellow("LOCAL")} ${stack}: nothing of this reaches Google`);
  return runTerraform({
    outDir: out,
    stateDir: state,
    stack,
    args,
    strict: strict ?? false,
    onChanged: (change) => report(stack, change, terminal),
  });
}

function report(stack: string, { warnings, lasting, running }: TerraformChange, terminal: Terminal): void {
  printIssues(warnings, terminal);
  if (lasting || running === 0) return;
  terminal.err(`${terminal.paintErr.yellow("LOCAL")} ${stack}: no engine runs it now; millrace dev ${stack} starts it`);
}
