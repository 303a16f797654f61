import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** One promise of the project as a number. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: "×" | "ms" | "µs" | "KB" | "MB" | "msg/s";
  /** The promise; absent for a number that is only reported. */
  readonly atMost?: number;
}

/** What a file of this folder exports as default: it prints its table and returns what it measured. */
export type Bench = () => Promise<readonly Measure[]>;

/** Middle value; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Run {
  /** User CPU of the process itself, its children left out, milliseconds. */
  readonly userMs: number;
  readonly wallMs: number;
  /** Most memory the process held, MB. */
  readonly peakMb: number;
  readonly stdout: string;
}

/** Runs node once and reads from the child what it spent. @throws Error with its output when it fails */
export function timeNode(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Run {
  const begin = process.hrtime.bigint();
  const child = spawnSync(process.execPath, ["--require", join(__dirname, "cpu-at-exit.cjs"), ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", CHECKPOINT_DISABLE: "1", ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  const wallMs = Number(process.hrtime.bigint() - begin) / 1e6;
  if (child.status !== 0) throw new Error(`node ${args.join(" ")}\n${child.stdout}${child.stderr}`);
  const { user, maxRssKb } = JSON.parse(child.output[3]!) as NodeJS.CpuUsage & { readonly maxRssKb: number };
  return { userMs: user / 1_000, wallMs, peakMb: maxRssKb / 1_024, stdout: child.stdout };
}

/** Ratios in one run: each round runs every candidate once, in turn, so that a busy machine slows all of them. */
export function rounds<Name extends string>(
  count: number,
  candidates: Readonly<Record<Name, () => Run>>,
): Readonly<Record<Name, readonly Run[]>> {
  const names = Object.keys(candidates) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (let round = 0; round < count; round++)
    // Every other round backwards: whoever runs second finds warmer caches.
    for (const name of round % 2 === 0 ? names : names.toReversed()) runs[name].push(candidates[name]());
  return runs;
}

/** Median over the rounds of `pick(a) / pick(b)`. */
export const ratio = (a: readonly Run[], b: readonly Run[], pick: (run: Run) => number): number =>
  median(a.map((run, round) => pick(run) / pick(b[round]!)));

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const text = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...text.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (/^-?[\d.]+/.test(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)));
  return text.map((row) => line(row).join("  ").trimEnd()).join("\n");
}
