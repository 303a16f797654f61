import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";

let found: boolean | undefined;

/** Why plans cannot be made here; undefined when they can. */
export function terraformMissing(): string | undefined {
  found ??= spawnSync("terraform", ["version"], { cwd: tmpdir(), env: environment(tmpdir()) }).status === 0;
  return found ? undefined : "there is no terraform on the PATH";
}

/** Whether `MILLRACE_REQUIRE`, a comma-separated list of tools, demands that Terraform is here. */
export const terraformRequired = (): boolean =>
  (process.env["MILLRACE_REQUIRE"] ?? "").split(",").includes("terraform");

/** Says on stderr what did not happen, since nothing else would. */
export const sayThatSkipped = (what: string): void => {
  process.stderr.write(`SKIPPED ${what}: ${terraformMissing()}\n`);
};

interface Describe {
  (name: string, suite: () => void): void;
  skip(name: string, suite: () => void): void;
}

/**
 * jest's `describe` for what needs Terraform: without the program the suite is skipped and says so on stderr.
 * @throws Error without the program when `MILLRACE_REQUIRE` has `terraform`
 */
export function describeWithTerraform(name: string, suite: () => void): void {
  const { describe } = globalThis as unknown as { describe: Describe };
  const missing = terraformMissing();
  if (missing === undefined) return describe(name, suite);
  if (terraformRequired()) throw new Error(`${missing}, and MILLRACE_REQUIRE demands it`);
  sayThatSkipped(`"${name}"`);
  describe.skip(name, suite);
}

/** What a Terraform command has said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, as they came. */
  readonly text: string;
}

/** Runs Terraform with no settings, credentials or plugins of the user's. */
export function terraform(
  args: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn("terraform", args, {
      cwd,
      env: { ...environment(cwd), ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const text: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => void (stdout.push(chunk), text.push(chunk)));
    child.stderr.on("data", (chunk: Buffer) => void text.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout).toString(), text: Buffer.concat(text).toString() }),
    );
  });
}

const environment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: home,
  // Programs on Windows need to know where it is.
  ...(process.env["SystemRoot"] !== undefined && { SystemRoot: process.env["SystemRoot"] }),
  // Its garbage collector, at its usual setting, is a quarter of what it costs.
  GOGC: process.env["GOGC"] ?? "400",
  CHECKPOINT_DISABLE: "1",
  TF_IN_AUTOMATION: "1",
  TF_INPUT: "0",
  TF_CLI_ARGS: "-no-color",
});
