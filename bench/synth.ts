import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { buildSync } from "esbuild";
import { type Bench, type Measure, median, ratio, rounds, table, timeNode } from "./measure";
import { bareProgram, type SynthesizedPlan } from "./synth/bare";

/*
 * Synth beside the same resources written by hand in bare cdktf, user CPU of the process, loading included. Both are
 * plain JavaScript that loads packages as they are published, as a user's compiled app does.
 *
 * The promises are held by an app of image services, so that nothing is packaged. The example is reported beside it: it
 * packages three handlers, which the hand-written twin does not.
 */
const ROUNDS = 15;
/** A cold synth of thousands of resources takes seconds in bare cdktf. */
const LONG_ROUNDS = 5;
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
function compare(scratch: string, program: string, count: number, variables: Readonly<Record<string, string>> = {}) {
  const what = [program, ...Object.values(variables)].join("-");
  const [ours, bare] = ["millrace", "bare"].map((side) => join(scratch, `${what}-${side}`)) as [string, string];
  for (const folder of [ours, bare]) mkdirSync(folder);
  writeApp(ours, program);
  const run = (folder: string, ...args: string[]) => timeNode(["app.js", ...args], folder, variables);

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

  const runs = rounds(count, {
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
    median(all.map(({ peakMb }) => peakMb)).toFixed(0),
  ]);
  console.log(table([`${program}, ${resources} resources`, "user CPU ms", "wall ms", "peak MB"], rows), "\n");
  const beside = (name: keyof typeof runs) => ratio(runs[name], runs["bare cdktf"], ({ userMs }) => userMs);
  const peakMb = median(runs.millrace.map((one) => one.peakMb));
  return { resources, peakMb, withSwitch: beside("millrace"), without: beside("millrace --debug") };
}

/** What a pipeline costs where there are few and where there are many, what an app without any costs taken off. */
function growth(scratch: string) {
  const folder = join(scratch, "growth");
  mkdirSync(folder);
  writeApp(folder, "shop.ts");
  const run = (pipelines: number) => () => timeNode(["app.js"], folder, { SHOP_PIPELINES: String(pipelines) });
  const runs = rounds(LONG_ROUNDS, { none: run(0), ten: run(10), thousand: run(1_000) });
  const cost = (many: "ten" | "thousand", pipelines: number) =>
    median(runs[many].map(({ userMs }, round) => (userMs - runs.none[round]!.userMs) / pipelines));
  const [few, many] = [cost("ten", 10), cost("thousand", 1_000)];
  const peakMb = median(runs.thousand.map((one) => one.peakMb));
  const rows = [
    ["10", few.toFixed(1), median(runs.ten.map((one) => one.peakMb)).toFixed(0)],
    ["1000", many.toFixed(1), peakMb.toFixed(0)],
  ];
  console.log(table(["pipelines", "user CPU ms each", "peak MB"], rows), "\n");
  return { ratio: many / few, peakMb };
}

const synth: Bench = async () => {
  // Below the repository, where `millrace` is the package as it would be published, built here and now.
  const scratch = mkdtempSync(join(root, ".cache/synth-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
    const small = compare(scratch, "shop.ts", ROUNDS, { SHOP_CONSUMERS: "4" });
    const large = compare(scratch, "shop.ts", LONG_ROUNDS, { SHOP_CONSUMERS: "145" });
    const grown = growth(scratch);
    const example = compare(scratch, "webhooks.ts", ROUNDS);
    return [
      { what: `${small.resources} resources, beside bare cdktf`, value: small.withSwitch, unit: "×", atMost: 0.9 },
      { what: `${large.resources} resources, beside bare cdktf`, value: large.withSwitch, unit: "×", atMost: 0.6 },
      { what: `${large.resources} resources without the switch`, value: large.without, unit: "×", atMost: 1.25 },
      { what: "a pipeline among 1,000, beside one among 10", value: grown.ratio, unit: "×", atMost: 1.3 },
      { what: `peak memory, ${large.resources} resources`, value: large.peakMb, unit: "MB" },
      { what: "peak memory, 1,000 pipelines", value: grown.peakMb, unit: "MB" },
      { what: "example with packaging, beside bare cdktf without", value: example.withSwitch, unit: "×" },
      { what: "example with packaging, without the switch", value: example.without, unit: "×" },
    ] satisfies Measure[];
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

export default synth;
