import { spawn, spawnSync } from "node:child_process";
import { IssuesError } from "../../../contract/issue";
import { issue } from "../../plan/issues";

/** Variables that lead Terraform to other settings, plugins, workspaces, arguments or credentials. */
const FOREIGN =
  /^TF_(CLI_CONFIG_FILE|CLI_ARGS.*|DATA_DIR|PLUGIN_CACHE_DIR|REATTACH_PROVIDERS|WORKSPACE|TOKEN_.*|CLOUD_.*)$|^GOOGLE_|^CLOUDSDK_/;

/** Commands that take the lock of the state: one that was killed a moment ago may still be letting go of it. */
const LOCKING = ["plan", "apply", "destroy", "refresh", "import", "taint", "untaint"];

/**
 * The environment of a Terraform command here.
 * @param settings an empty file, in place of the user's own settings
 */
export const cleaned = (env: Readonly<NodeJS.ProcessEnv>, settings: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name))),
  // Terraform would ask for news of itself.
  CHECKPOINT_DISABLE: "1",
  // It lives for a second: collecting less often saves a fifth of its CPU, and costs some memory.
  GOGC: env["GOGC"] ?? "400",
  TF_CLI_CONFIG_FILE: settings,
  ...Object.fromEntries(LOCKING.map((command) => [`TF_CLI_ARGS_${command}`, "-lock-timeout=10s"])),
});

/** Whether there is a Terraform on the PATH. */
export const hasTerraform = (env: Readonly<NodeJS.ProcessEnv> = process.env): boolean =>
  spawnSync("terraform", ["version"], { env: { ...env, CHECKPOINT_DISABLE: "1" }, stdio: "ignore" }).status === 0;

export interface Execution {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes what Terraform writes on both streams. @default it goes where this process's own output goes */
  readonly output?: ((text: string) => void) | undefined;
}

/**
 * Runs the Terraform on the PATH.
 * @returns its exit code; 137 when a signal has ended it
 * @throws IssuesError MR4302 when there is none
 */
export function execute({ args, cwd, env, output }: Execution): Promise<number> {
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
