import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { buildSync } from "esbuild";
import { type Bench, type Measure, median, ratio, rounds, table, timeNode } from "./measure";
import { bareProgram, type SynthesizedPlan } from "./synth/bare";

/*
 * Synth beside the same resources written by hand in bare cdktf, user CPU of the process. Both are plain JavaScript
 * that loads packages as they are published, as a user's compiled app does.
 *
 * The promise is held by an app of 40 consumers without packaging. The example is reported beside it: it is small, so
 * what Millrace loads (schema, YAML, bundler) weighs more, and it packages three handlers, which the hand-written twin
 * does not.
 */
const ROUNDS = 9;
const root = resolve(__dirname, "..");

const filesIn = (outdir: string): ReadonlyMap<string, string> => {
  const stacks = readdirSync(join(outdir, "stacks"));
  return new Map(stacks.map((stack) => [stack, readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")]));
};

/** Plans without the `//` notes that say which construct made what. */
const plansIn = (outdir: string): ReadonlyMap<string, SynthesizedPlan> =>
  new Map(
    [...filesIn(outdir)].map(([stack, text]) => [
      stack,
      JSON.parse(text, (key, value: unknown) => (key === "//" ? undefined : value)) as SynthesizedPlan,
    ]),
  );

/** Compiles a program of `bench/synth` to `app.js`; what it imports from the repository itself is compiled with it. */
function writeApp(folder: string, program: string) {
  buildSync({
    entryPoints: [join(__dirname, "synth", program)],
    outfile: join(folder, "app.js"),
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning",
  });
  // What an app reads and packages: the stack looks for entries beside itself.
  cpSync(join(root, "environments"), join(folder, "environments"), { recursive: true });
  const example = join(root, "examples/webhooks");
  for (const file of readdirSync(example).filter((name) => /(contracts|\.handler)\.ts$/.test(name)))
    cpSync(join(example, file), join(folder, file));
}

function writeBare(folder: string, plans: ReadonlyMap<string, SynthesizedPlan>) {
  for (const [stack, plan] of plans) writeFileSync(join(folder, `${stack}.js`), bareProgram(stack, plan));
  const builds = [...plans.keys()].map((stack) => `require("./${stack}").build(app);\n`).join("");
  writeFileSync(join(folder, "app.js"), `const app = new (require("cdktf").App)();\n${builds}app.synth();\n`);
}

/** Compares the plans, then times the three. */
function compare(scratch: string, program: string) {
  const [ours, bare] = ["millrace", "bare"].map((side) => join(scratch, `${program}-${side}`)) as [string, string];
  for (const folder of [ours, bare]) mkdirSync(folder);
  writeApp(ours, program);
  const run = (folder: string, ...args: string[]) => timeNode(["app.js", ...args], folder);

  run(ours, "--debug");
  const debug = filesIn(join(ours, "cdktf.out"));
  run(ours);
  if (!isDeepStrictEqual(filesIn(join(ours, "cdktf.out")), debug))
    throw new Error("the switch changes what is written");
  const plans = plansIn(join(ours, "cdktf.out"));
  writeBare(bare, plans);
  run(bare);
  if (!isDeepStrictEqual(plansIn(join(bare, "cdktf.out")), plans))
    throw new Error("bare cdktf wrote other plans: the two cannot be compared");

  const runs = rounds(ROUNDS, {
    millrace: () => run(ours),
    "millrace --debug": () => run(ours, "--debug"),
    "bare cdktf": () => run(bare),
  });
  const resources = [...plans.values()]
    .flatMap(({ resource }) => Object.values(resource))
    .reduce((sum, named) => sum + Object.keys(named).length, 0);
  const rows = Object.entries(runs).map(([name, all]) => [
    name,
    median(all.map(({ userMs }) => userMs)).toFixed(0),
    median(all.map(({ wallMs }) => wallMs)).toFixed(0),
  ]);
  console.log(table([`${program}, ${resources} resources`, "user CPU ms", "wall ms"], rows), "\n");
  const beside = (name: keyof typeof runs) => ratio(runs[name], runs["bare cdktf"], ({ userMs }) => userMs);
  return { withSwitch: beside("millrace"), without: beside("millrace --debug") };
}

const synth: Bench = async () => {
  // Below the repository, where `millrace` is the package as it would be published, built here and now.
  const scratch = mkdtempSync(join(root, ".cache/synth-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
    const shop = compare(scratch, "shop.ts");
    const example = compare(scratch, "webhooks.ts");
    return [
      { what: "40 consumers, beside bare cdktf", value: shop.withSwitch, unit: "×", atMost: 0.9 },
      { what: "40 consumers without the switch", value: shop.without, unit: "×", atMost: 1.25 },
      { what: "example with packaging, beside bare cdktf without", value: example.withSwitch, unit: "×" },
      { what: "example with packaging, without the switch", value: example.without, unit: "×" },
    ] satisfies Measure[];
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

export default synth;
