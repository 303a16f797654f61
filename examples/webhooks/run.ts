import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type Door,
  type Engine,
  type EngineEvent,
  runTerraform,
  startEngine,
  type SubscriptionConfig,
} from "millrace/local";
import { createChaos } from "./chaos";
import { CONSUMERS } from "./consumers";
import { audit, pullRequests, pushes } from "./contracts";
import { corpus } from "./corpus";
import { publishAll } from "./publish";
import type { Observations } from "./report";
import { schedule } from "./schedule";

export interface MainJobOptions {
  readonly seed: number;
  readonly timeScale: number;
  /** How the plan comes to the engine: applied by the real Terraform, or read by the engine itself. */
  readonly door: Door;
  readonly onProgress: (stage: string, detail?: string) => void;
}

const STACK = "webhooks-local";
const ROOT = resolve(__dirname, "../..");
/** Wall-clock time after which the job gives up on idleness and reports what it sees. */
const PATIENCE_MS = 600_000;

/** Synthesizes, runs, publishes, kills, waits until nothing is left to deliver, and hands over what was seen. */
export async function runMainJob({ seed, timeScale, door, onProgress }: MainJobOptions): Promise<Observations> {
  const begin = Date.now();
  const scratch = mkdtempSync(join(tmpdir(), "millrace-"));
  const auditFile = join(scratch, "audit.ndjson");
  const outDir = join(scratch, "cdktf.out");
  writeFileSync(auditFile, "");
  let engine: Engine | undefined;
  try {
    const plan = schedule(corpus(seed), CONSUMERS, seed);
    onProgress("synthesize", STACK);
    await synthesize(outDir);

    const attempts = Math.min(...[audit, pullRequests, pushes].map(({ manifest }) => manifest.attempts));
    const chaos = createChaos(plan.kills, attempts);
    const counted = countDeliveries();
    onProgress("start the engine");
    engine = await startEngine({
      outDir,
      stack: STACK,
      stateDir: scratch,
      door,
      ephemeral: true,
      seed,
      timeScale,
      environment: ({ name }) => (name.endsWith(`-${audit.manifest.name}`) ? { AUDIT_FILE: auditFile } : {}),
      onEvent: (event) => counted.see(event),
      onPoint: (child, { handler, point, key }, goOn) =>
        chaos.onPoint({
          handler,
          point,
          key,
          inFlight: engine!.inFlight().filter(({ pid }) => pid === child.pid),
          goOn,
          kill: () => engine!.processes.kill(child.pid, "SIGKILL"),
        }),
    });
    if (door === "terraform") await apply(engine, outDir, scratch, onProgress);
    const consumers = consumersOf(engine);
    counted.learn(consumers);

    const writes: { consumer: string; delivery: string }[] = [];
    const collections = new Map(CONSUMERS.flatMap(({ handler, effects }) => (effects ? [[effects, handler]] : [])));
    engine.firestore.onWrite(({ name, kind }) => {
      const [collection, delivery] = name.split("/documents/")[1]!.split("/");
      const consumer = collections.get(collection!);
      if (consumer && kind !== "expire") writes.push({ consumer, delivery: delivery! });
    });

    process.env["PUBSUB_EMULATOR_HOST"] = engine.endpoints.pubsub;
    const { topic } = consumers[0]!.subscription;
    const [, project, , topicId] = topic.split("/");
    await publishAll(project!, topicId!, plan.publications, (count) =>
      onProgress("publish", `${count} of ${plan.publications.length}`),
    );
    const ticker = setInterval(() => {
      const counts = [`${total(counted.acked)} acked`, `${writes.length} effects`, `${total(chaos.crashes)} kills`];
      onProgress("deliver", counts.join(", "));
    }, 200);
    await engine.idle(PATIENCE_MS);
    clearInterval(ticker);

    const deadLetters = consumers.flatMap(({ handler, deadLetter }) =>
      engine!.pubsub
        .subscription(deadLetter.name)
        .unacked()
        .map(({ attributes }) => ({ consumer: handler, delivery: attributes["delivery"] ?? "" })),
    );
    return {
      seed,
      schedule: plan,
      deliveries: counted.delivered,
      acked: counted.acked,
      writes,
      auditLines: readFileSync(auditFile, "utf8").split("\n").filter(Boolean),
      deadLetters,
      crashes: chaos.crashes,
      auditKills: {
        afterEffect: chaos.afterEffect[audit.manifest.name] ?? 0,
        interrupted: chaos.interrupted[audit.manifest.name] ?? 0,
      },
      timeScale,
      door: engine.door,
      seconds: (Date.now() - begin) / 1000,
    };
  } finally {
    await engine?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs the app as `npm run synth` does: from the environment file to Terraform JSON, in a process of its own. */
function synthesize(outDir: string): Promise<void> {
  const flags = ["-C", "millrace-source", "--require", "tsx/cjs"];
  const child = spawn(process.execPath, [...flags, join(ROOT, "stacks/main.ts")], {
    cwd: ROOT,
    env: { ...process.env, MILLRACE_ENV: "local", CDKTF_OUTDIR: outDir },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  return new Promise((settle, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? settle() : reject(new Error(`synthesis failed:\n${errors}`))));
  });
}

/** Applies the plan with Terraform, which needs neither network nor account: its provider is the engine. */
async function apply(
  engine: Engine,
  outDir: string,
  stateDir: string,
  onProgress: MainJobOptions["onProgress"],
): Promise<void> {
  let said = "";
  const code = await runTerraform({
    engine,
    outDir,
    stateDir,
    stack: STACK,
    args: ["apply", "-auto-approve", "-input=false", "-no-color"],
    output(text) {
      said += text;
      onProgress("terraform apply", `${said.split("Creation complete").length - 1} resources`);
    },
  });
  if (code !== 0) throw new Error(`terraform apply ended with ${code}:\n${said}`);
}

interface DeployedConsumer {
  readonly handler: string;
  readonly subscription: SubscriptionConfig;
  /** The subscription that keeps what is dead-lettered. */
  readonly deadLetter: SubscriptionConfig;
}

/** The consumers as the plan has them. */
function consumersOf(engine: Engine): DeployedConsumer[] {
  const subscriptions = engine.pubsub.subscriptions();
  return CONSUMERS.map(({ handler }) => {
    const subscription = subscriptions.find(({ name, push }) => push && name.endsWith(`-${handler}`));
    const deadLetter = subscriptions.find(({ topic }) => topic === subscription?.deadLetter?.topic);
    if (!subscription || !deadLetter) throw new Error(`the plan of ${STACK} has no consumer ${handler}`);
    return { handler, subscription, deadLetter };
  });
}

/** Counts deliveries and acknowledgements by consumer. */
function countDeliveries() {
  const handlers = new Map<string, string>();
  const delivered: Record<string, number> = {};
  const acked: Record<string, number> = {};
  return {
    delivered,
    acked,
    learn: (consumers: readonly DeployedConsumer[]) =>
      consumers.forEach(({ handler, subscription }) => handlers.set(subscription.name, handler)),
    see(event: EngineEvent) {
      const counts = event.type === "delivered" ? delivered : event.type === "acked" ? acked : undefined;
      const handler = counts && handlers.get((event as { subscription: string }).subscription);
      if (handler) counts[handler] = (counts[handler] ?? 0) + 1;
    },
  };
}

const total = (counts: Readonly<Record<string, number | undefined>>) =>
  Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
