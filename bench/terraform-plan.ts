import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebhooksStack } from "../examples/webhooks/stack";
import { startProviderServer } from "../local/provider/server";
import { synthesize } from "../stacks/synthesize";
import { type Bench, type Measure, median, table } from "./measure";
import { type Json, pubsub } from "./terraform-pubsub";

/*
 * `terraform plan` of resources to be created, with the provider in this process, beside as many `terraform_data`, which
 * Terraform plans without a plugin. What this process spends is the provider's share; the rest is Terraform's own.
 */
const ROUNDS = 3;

interface Plan {
  readonly wallMs: number;
  /** User CPU of Terraform. */
  readonly coreMs: number;
  /** User CPU of this process meanwhile. */
  readonly providerMs: number;
}

/** The stack of the example, written as `synth` does. */
function webhooks(): string {
  const outdir = mkdtempSync(join(tmpdir(), "millrace-bench-synth-"));
  synthesize({
    folder: join(__dirname, "../environments"),
    only: "local",
    outdir,
    build: (app, environment) => new WebhooksStack(app, environment),
  });
  return join(outdir, "stacks/webhooks-local");
}

/** The same with what is built in. */
function builtIn(count: number): Json {
  const { resource } = pubsub(count) as { resource: Record<string, Record<string, Json>> };
  const data = Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, input]) => {
      const text = JSON.stringify(input).replace(
        /google_pubsub_topic\.(\w+)\.id/,
        "terraform_data.google_pubsub_topic_$1.output.name",
      );
      return [`${type}_${name}`, { input: JSON.parse(text) as Json }];
    }),
  );
  return { resource: { terraform_data: Object.fromEntries(data) } };
}

async function planned(source: string | Json): Promise<readonly Plan[]> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  if (typeof source === "string") cpSync(source, folder, { recursive: true });
  else writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(source));
  writeFileSync(
    join(folder, "backend_override.tf.json"),
    JSON.stringify({ terraform: { backend: { local: { path: "terraform.LOCAL.tfstate" } } } }),
  );
  const { resource = {} } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as { resource?: object };
  const types = new Set(Object.keys(resource));
  const server = await startProviderServer({ stack: "bench", directory: folder, types });
  try {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, CHECKPOINT_DISABLE: "1", ...server.environment };
    await run(["terraform", "init", "-input=false"], folder, env);
    const plans: Plan[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.cpuUsage();
      const begin = performance.now();
      // A shell knows what its children have spent: user and system time of each, in the second line.
      const text = await run(["sh", "-c", "terraform plan -input=false >/dev/null && times"], folder, env);
      const [, minutes, seconds] = /\n(\d+)m([\d.]+)s/.exec(text)!;
      plans.push({
        wallMs: performance.now() - begin,
        coreMs: (Number(minutes) * 60 + Number(seconds)) * 1_000,
        providerMs: process.cpuUsage(before).user / 1_000,
      });
    }
    return plans;
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function run(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) resolve(text);
      else reject(new Error(text));
    });
  });
}

const bench: Bench = async () => {
  if (spawnSync("terraform", ["version"]).error) {
    console.log("there is no terraform on the PATH: nothing measured");
    return [];
  }
  const stack = webhooks();
  const cases: readonly (readonly [name: string, source: string | Json])[] = [
    ["webhooks-local", stack],
    ...[20, 100, 1_000].map((count) => [`${count} of Pub/Sub`, pubsub(count)] as const),
    ...[100, 1_000].map((count) => [`${count} terraform_data`, builtIn(count)] as const),
  ];
  const middle: Record<string, Plan> = {};
  for (const [name, source] of cases) {
    const plans = await planned(source);
    const of = (pick: (plan: Plan) => number) => median(plans.map(pick));
    middle[name] = {
      wallMs: of((one) => one.wallMs),
      coreMs: of((one) => one.coreMs),
      providerMs: of((one) => one.providerMs),
    };
  }
  rmSync(join(stack, "../.."), { recursive: true });
  const rows = Object.entries(middle).map(([name, plan]) => [
    name,
    ...[plan.wallMs, plan.coreMs, plan.providerMs].map((ms) => ms.toFixed(0)),
  ]);
  console.log(table(["plan", "wall ms", "Terraform's CPU ms", "provider's CPU ms"], rows));
  const most = middle["1000 of Pub/Sub"]!;
  const measures: readonly Measure[] = [
    { what: "plan of 20 resources", value: middle["20 of Pub/Sub"]!.wallMs, unit: "ms", atMost: 600 },
    { what: "plan of the webhooks stack", value: middle["webhooks-local"]!.wallMs, unit: "ms" },
    {
      what: "provider's share of a plan of 1,000 beside Terraform's, CPU",
      value: most.providerMs / most.coreMs,
      unit: "×",
      atMost: 1,
    },
    {
      what: "plan of 1,000 beside as many terraform_data, wall",
      value: most.wallMs / middle["1000 terraform_data"]!.wallMs,
      unit: "×",
    },
  ];
  return measures;
};

export default bench;
