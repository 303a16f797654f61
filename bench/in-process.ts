import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { median } from "./measure";

const root = resolve(__dirname, "..");

/**
 * Modules of the repository as a deployed handler has them: one file, without what a loader adds for debugging.
 * @param contents what to bundle: exports, from the root of the repository
 */
export function bundled(contents: string): unknown {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache/bundled-"));
  try {
    const { outputFiles } = buildSync({
      stdin: { contents, resolveDir: root },
      bundle: true,
      write: false,
      platform: "node",
      target: "node20",
      format: "cjs",
      conditions: ["millrace-source"],
      logLevel: "error",
    });
    const file = join(folder, "bundled.js");
    writeFileSync(file, outputFiles[0]!.text);
    return require(file) as unknown;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Some work, and what to do it on; each piece is done once. */
export interface Candidate {
  readonly batch: () => readonly unknown[];
  readonly work: (item: never) => unknown;
}

/**
 * User and system CPU of this process for a piece of work, microseconds: the median over the rounds. Each round does
 * every candidate in turn, every other round backwards, so that a busy machine slows all of them.
 */
export async function microseconds<Name extends string>(
  count: number,
  candidates: Readonly<Record<Name, Candidate>>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(candidates) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < count; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { batch, work } = candidates[name];
      const items = batch();
      const before = process.cpuUsage();
      for (const item of items) await work(item as never);
      const { user, system } = process.cpuUsage(before);
      results[name].push((user + system) / items.length);
    }
  return Object.fromEntries(names.map((name) => [name, median(results[name])])) as Record<Name, number>;
}
