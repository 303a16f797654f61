import { spawn } from "node:child_process";
import { IssuesError } from "../../../contract/issue";
import { holderOfLock, takeLock } from "../../engine/lock";
import { openJournal } from "../../engine/journal-file";
import { issue } from "../../plan/issues";
import { projectNumbers } from "../../plan/project-number";
import { readStacks, section, type StackDocument } from "../../plan/read";
import { createResources } from "../resources";
import { providerSchemas, valueTypes } from "../schema/all";
import { startProviderServer } from "../server";
import { versionIssues } from "./versions";
import { prepareWorkspace, type Workspace, workspaceOf } from "./workspace";

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
  /** Takes what Terraform writes on both streams. @default it goes where this process's own output goes */
  readonly output?: (text: string) => void;
  /** Environment of Terraform; what would bring in other settings or credentials is left out. @default this process's */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

/**
 * Runs a Terraform command on a stack with the local provider, in a folder of its own: neither the user's state, backend,
 * lock file, plugin cache nor credentials are touched. The folder keeps Terraform's state and the resources that exist,
 * so that commands follow each other as they would on Google Cloud.
 * @returns Terraform's exit code
 * @throws IssuesError MR4001–MR4003 and MR4012 for the stack, MR4302 without Terraform, MR4303 while another command runs
 *   on the stack, MR4304 for other releases of the providers, MR4104 and MR4105 for what earlier commands have left
 */
export async function runTerraform(options: TerraformOptions): Promise<number> {
  const { outDir = "cdktf.out", stateDir = ".millrace", stack, args, strict = false } = options;
  const documents = readStacks(outDir, stack);
  const document = documents.at(-1)!;
  const schemas = providerSchemas();
  const faults = versionIssues(document, schemas);
  if (faults.length > 0) throw new IssuesError(faults);
  const workspace = workspaceOf(stateDir, stack);
  const lock = lockOf(workspace, stack);
  try {
    prepareWorkspace(documents, stateDir);
    const failures: Error[] = [];
    const journal = openJournal(workspace.journal, (error) => void failures.push(error));
    const resources = createResources({ journal, typeOf: valueTypes(schemas) });
    await journal.start([resources], Date.now);
    const server = await startProviderServer({
      stack,
      directory: document.directory,
      projectNumber: projectNumbers(documents),
      resources,
      written: () => journal.written(),
      // Types that only the state names have been in the document before, so they are among those that exist.
      types: new Set([...typesIn(document), ...resources.list().map(({ type }) => type)]),
      strict,
    });
    try {
      const env = { ...cleaned(options.env ?? process.env, workspace.settings), ...server.environment };
      const terraform = (command: readonly string[], output: TerraformOptions["output"]) =>
        execute(command, workspace.directory, env, output);
      const said: string[] = [];
      const prepared = await terraform(["init", "-input=false", "-no-color"], (text) => void said.push(text));
      if (prepared !== 0) {
        (options.output ?? ((text) => process.stderr.write(text)))(said.join(""));
        return prepared;
      }
      const code = await terraform(args, options.output);
      if (failures[0]) throw failures[0];
      return code;
    } finally {
      await server.close();
      await journal.close();
    }
  } finally {
    lock.release();
  }
}

const typesIn = ({ json }: StackDocument): readonly string[] =>
  ["resource", "data"].flatMap((kind) => Object.keys(section(json, kind)));

function lockOf({ lock }: Workspace, stack: string) {
  try {
    return takeLock(lock, stack);
  } catch (error) {
    if (!(error instanceof IssuesError)) throw error;
    const holder = holderOfLock(lock)?.pid ?? "that is gone now";
    const problem = `process ${holder} runs Terraform on this stack; two would overwrite what the other has applied`;
    throw new IssuesError([issue("MR4303", stack, problem, "wait for it to end")]);
  }
}

/** Variables that lead Terraform to other settings, plugins, workspaces, arguments or credentials. */
const FOREIGN =
  /^TF_(CLI_CONFIG_FILE|CLI_ARGS.*|DATA_DIR|PLUGIN_CACHE_DIR|REATTACH_PROVIDERS|WORKSPACE)$|^GOOGLE_|^CLOUDSDK_/;

const cleaned = (env: Readonly<NodeJS.ProcessEnv>, settings: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name))),
  // Terraform would ask for news of itself.
  CHECKPOINT_DISABLE: "1",
  // An empty one, instead of the user's.
  TF_CLI_CONFIG_FILE: settings,
});

function execute(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  output: TerraformOptions["output"],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("terraform", args, { cwd, env, stdio: output ? ["ignore", "pipe", "pipe"] : "inherit" });
    child.stdout?.on("data", (chunk: Buffer) => output?.(chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => output?.(chunk.toString()));
    // Ctrl-C reaches the whole group: Terraform decides what it means, and this process waits for it.
    const ignore = () => {};
    const pass = () => void child.kill("SIGTERM");
    process.on("SIGINT", ignore);
    process.on("SIGTERM", pass);
    const done = () => {
      process.off("SIGINT", ignore);
      process.off("SIGTERM", pass);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(error.code === "ENOENT" ? new IssuesError([MISSING]) : error);
    });
    child.on("close", (code) => {
      done();
      // A signal has no code of its own; shells say 128 and more.
      resolve(code ?? 137);
    });
  });
}

const MISSING = issue(
  "MR4302",
  "terraform",
  "there is no such program on the PATH, and plans are made by the real one",
  "install Terraform 1.6 or later, or run the stack with `millrace dev`, which needs none",
);
