import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Bench, median, table } from "./measure";

/*
 * `millrace dev` on the webhook example, from the start of the command to its endpoints: read the plan, unpack three
 * archives, start three handlers, make a key. Nothing is warm: every round has a new folder for its state.
 */
const ROUNDS = 7;
const STACK = "webhooks-local";
const root = resolve(__dirname, "..");
const FROM_SOURCE = ["-C", "millrace-source", "--require", "tsx/cjs"];

/** Milliseconds until the first line of `dev --json`, which says that everything is ready. */
async function readyMs(command: readonly string[]): Promise<number> {
  const state = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const begin = performance.now();
  const args = [...command, "dev", STACK, "--json", "--state", state];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  try {
    const exited = once(child, "exit");
    const first = once(createInterface(child.stdout), "line") as Promise<[string]>;
    const [line] = await Promise.race([first, exited.then(() => [""] as [string])]);
    const took = performance.now() - begin;
    if (!line.includes('"type":"ready"')) throw new Error(`millrace dev did not become ready:\n${line}\n${errors}`);
    child.kill("SIGTERM");
    await exited;
    return took;
  } finally {
    child.kill("SIGKILL");
    rmSync(state, { recursive: true, force: true });
  }
}

function synthesize(): void {
  const env = { ...process.env, MILLRACE_ENV: "local" };
  const { status, stderr } = spawnSync(process.execPath, [...FROM_SOURCE, "stacks/main.ts"], { cwd: root, env });
  if (status !== 0) throw new Error(`synthesis failed:\n${stderr.toString()}`);
}

const bench: Bench = async () => {
  if (!existsSync(join(root, "cdktf.out/stacks", STACK))) synthesize();
  const ways = { source: [...FROM_SOURCE, join(root, "cli/main.ts")], built: [join(root, "dist/cli/main.js")] };
  const times = { source: [] as number[], built: [] as number[] };
  const names = (["source", "built"] as const).filter((name) => existsSync(ways[name].at(-1)!));
  for (let round = 0; round < ROUNDS; round++) for (const name of names) times[name].push(await readyMs(ways[name]));
  const rows = names.map((name) => [
    name,
    ...[Math.min(...times[name]), median(times[name]), Math.max(...times[name])].map(Math.round),
  ]);
  console.log(table(["millrace dev, cold start to ready", "best ms", "median ms", "worst ms"], rows));
  return names.map((name) => ({
    what: `millrace dev from ${name} to ready`,
    value: median(times[name]),
    unit: "ms",
    atMost: 1_500,
  }));
};

export default bench;
