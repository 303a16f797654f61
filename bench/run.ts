/**
 * Runs the benchmarks, all or those named, and holds their promises: `npm run bench -- synth`. With `--json` one
 * document on stdout. Exit code 1 when a promise is broken.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Bench, type Measure, table } from "./measure";

const NOT_BENCHES = new Set(["run.ts", "measure.ts", "in-process.ts", "terraform-pubsub.ts"]);

async function main(args: readonly string[]) {
  const json = args.includes("--json");
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const all = readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && !NOT_BENCHES.has(file))
    .map((file) => basename(file, ".ts"));
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(", ")}; there are ${all.join(", ")}`);
    return 2;
  }
  if (json) console.log = console.error;
  // Benchmarks put what they build below the repository, where packages are found.
  mkdirSync(join(__dirname, "../.cache"), { recursive: true });

  const measures: (Measure & { readonly bench: string })[] = [];
  for (const name of wanted.length > 0 ? wanted : all) {
    console.log(`\n== ${name}`);
    const { default: bench } = require(join(__dirname, name)) as { default: Bench };
    for (const measure of await bench()) measures.push({ bench: name, ...measure });
  }

  const broken = measures.filter(({ value, atMost }) => atMost !== undefined && !(value <= atMost));
  const rounded = (value: number) => String(Number(value.toPrecision(3)));
  const rows = measures.map(({ bench, what, value, unit, atMost }) => {
    const verdict = atMost === undefined ? "" : value <= atMost ? "ok" : "BROKEN";
    return [bench, what, rounded(value), unit, atMost === undefined ? "" : `≤ ${atMost}`, verdict];
  });
  if (json) process.stdout.write(`${JSON.stringify({ measures, broken: broken.length })}\n`);
  else console.log(`\n${table(["bench", "what", "value", "", "promise", ""], rows)}`);
  return broken.length > 0 ? 1 : 0;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
