import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { freePort } from "../../support/port";

const root = join(__dirname, "../../..");

/** A deployed function: one file that exports `handler`, started by the Functions Framework. */
export interface RunningFunction {
  readonly port: number;
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** Code and signal it ended with. */
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Bundles the module as packaging does. @param source TypeScript that imports `millrace/…` and exports `handler` */
export function bundleFunction(source: string): string {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache/function-"));
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    conditions: ["millrace-source"],
  });
  writeFileSync(join(folder, "index.js"), outputFiles[0]!.text);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "index.js" }));
  return folder;
}

/** Starts the framework on a bundle, with an IPC channel as the engine gives its children. */
export async function startFunction(folder: string, env: NodeJS.ProcessEnv): Promise<RunningFunction> {
  const framework = join(root, "node_modules/@google-cloud/functions-framework/build/src/main.js");
  const port = await freePort();
  const child = spawn(process.execPath, [framework], {
    cwd: folder,
    env: { PATH: process.env["PATH"], FUNCTION_TARGET: "handler", PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text: Buffer) => (output += text.toString()));
  // Not `exit`: what it wrote last may come after that.
  const exited = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("close", (code, signal) => resolve([code, signal])),
  );
  const running = { port, child, exited, output: () => output };
  while (child.exitCode === null) {
    const up = await fetch(`http://127.0.0.1:${port}/robots.txt`).then(
      () => true,
      () => false,
    );
    if (up) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return running;
}
