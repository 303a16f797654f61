import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import { MillraceStack } from "../../constructs";
import { type Engine, startEngine } from "../../local/engine/engine";
import { runTerraform } from "../../local/provider/door/run";
import type { Environment } from "../../stacks/environment";
import { synthesize, type SynthesisOptions } from "../../stacks/synthesize";
import { project } from "../support/project";
import type { Attributes } from "../support/synth";
import { describeWithTerraform } from "../support/terraform";
import { actionsOf } from "../support/terraform-run";

/* Every stack of every example, through its whole life under the real Terraform and on the engine. */
const EXAMPLES = resolve(__dirname, "../../examples");

type StackClass = new (app: App, environment: Environment | string) => MillraceStack;

const isStack = (value: unknown): value is StackClass =>
  typeof value === "function" && value.prototype instanceof MillraceStack;

/** Writes the stacks of an example, all environments of it. */
function synthesizeExample(name: string, outdir: string): readonly string[] {
  const module = require(join(EXAMPLES, name, "stack")) as Readonly<Record<string, unknown>>;
  const [Stack, ...others] = Object.values(module).filter(isStack);
  if (!Stack || others.length > 0)
    throw new Error(`examples/${name}/stack.ts exports one stack, or this test says how`);
  const context = { "millrace:today": "2026-11-24" };
  const workloads = module["WORKLOADS"] as SynthesisOptions["workloads"];
  if (!workloads) {
    // An example without environment files says in its stack all that it needs.
    mkdirSync(outdir, { recursive: true });
    const app = new App({ outdir, context });
    const stack = new Stack(app, "local");
    app.synth();
    return [stack.node.id];
  }
  // The repository's environment files are of the first example; others use the local one, or their own.
  const own = join(EXAMPLES, name, "environments");
  const only = name === "webhooks" ? {} : { only: "local", ...(existsSync(own) && { folder: own }) };
  const build = (app: App, environment: Environment) => new Stack(app, environment);
  return synthesize({ outdir, context, workloads, build, ...only }).stacks;
}

const examples = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && existsSync(join(EXAMPLES, entry.name, "stack.ts")) ? [entry.name] : [],
);

type Resources = Record<string, Record<string, Record<string, unknown>>>;

/** A change of a type, and what it must come to; the first type that a stack has is changed. */
const CHANGES: readonly (readonly [
  type: string,
  verdict: "update" | "delete/create",
  change: (resource: Record<string, unknown>) => void,
])[] = [
  ["google_pubsub_subscription", "update", (one) => (one["ack_deadline_seconds"] = 599)],
  ["google_pubsub_topic", "update", (one) => (one["message_retention_duration"] = "7200s")],
  ["google_cloud_tasks_queue", "update", (one) => (one["rate_limits"] = { max_concurrent_dispatches: 7 })],
  ["google_pubsub_topic", "delete/create", (one) => (one["name"] = `${String(one["name"])}-2`)],
  ["google_cloud_tasks_queue", "delete/create", (one) => (one["name"] = `${String(one["name"])}-2`)],
  ["google_service_account", "delete/create", (one) => (one["account_id"] = "another-account")],
];

const engines = new Set<Engine>();
afterEach(async () => {
  for (const engine of engines) await engine.stop();
  engines.clear();
});

function stage(outDir: string, stack: string) {
  const file = join(outDir, "stacks", stack, "cdk.tf.json");
  const stateDir = join(outDir, "..", "state");
  const written = JSON.parse(readFileSync(file, "utf8")) as { resource: Resources };
  // What is protected is protected from this test as well.
  for (const one of Object.values(written.resource).flatMap((named) => Object.values(named))) {
    if (one["deletion_protection"] === true) one["deletion_protection"] = false;
    delete one["lifecycle"];
    if (one["delete_protection_state"]) one["delete_protection_state"] = "DELETE_PROTECTION_DISABLED";
  }
  const write = (json: object) => writeFileSync(file, JSON.stringify(json));
  write(written);
  let engine: Engine | undefined;
  const terraform = async (...args: string[]) => {
    let text = "";
    const code = await runTerraform({
      outDir,
      stateDir,
      stack,
      args: [...args, "-no-color"],
      output: (piece) => void (text += piece),
      ...(engine && { engine }),
    });
    // The end says how it went; an example's whole plan would bury it.
    return { code, text, end: text.trim().split("\n").slice(-12).join("\n") };
  };
  return {
    count: Object.values(written.resource).reduce((sum, named) => sum + Object.keys(named).length, 0),
    terraform,
    apply: () => terraform("apply", "-auto-approve"),
    /** What a plan would do. */
    actions: async () => {
      const { code, end } = await terraform("plan", "-out=plan");
      if (code !== 0) throw new Error(end);
      return actionsOf(JSON.parse((await terraform("show", "-json", "plan")).text) as Attributes);
    },
    /** Changes the document, and says which resource of it. @returns undefined when it has none of that type */
    change: (type: string, change: (resource: Record<string, unknown>) => void) => {
      const json = structuredClone(written);
      const [name, one] = Object.entries(json.resource[type] ?? {})[0] ?? [];
      if (!one) return undefined;
      change(one);
      write(json);
      return `${type}.${name}`;
    },
    start: async () => {
      engine = await startEngine({ outDir, stateDir, stack, door: "terraform" });
      engines.add(engine);
      return engine;
    },
  };
}

describe("the examples", () => {
  it("are all taken in", () => {
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...examples].sort());
  });
});

describeWithTerraform("Under Terraform", () => {
  describe.each(examples)("examples/%s", (example) => {
    life(example);
  });
});

function life(example: string): void {
  const outDir = join(project({}, "app"), "cdktf.out");
  const stacks = synthesizeExample(example, outDir);

  // Environments differ in sizes, alarms and protection; the one for production has the most of each.
  const others = stacks.filter((stack) => !stack.endsWith("-local"));
  for (const stack of others.filter((stack) => !stack.endsWith("-prod")))
    it(`plans ${stack}`, async () => {
      const { actions, count } = stage(outDir, stack);
      expect((await actions()).filter((action) => action.startsWith("create "))).toHaveLength(count);
    });

  for (const stack of others.filter((stack) => stack.endsWith("-prod")))
    it(`applies ${stack}, and the second plan is empty`, async () => {
      const { terraform, apply, count, actions } = stage(outDir, stack);
      expect((await apply()).end).toContain(`${count} added, 0 changed, 0 destroyed`);
      expect(await actions()).toEqual([]);
      expect((await terraform("destroy", "-auto-approve")).end).toContain(`${count} destroyed`);
    }, 120_000);

  it.each(stacks.filter((stack) => stack.endsWith("-local")))(
    "takes %s through its life",
    async (stack) => {
      const { start, terraform, apply, actions, change, count } = stage(outDir, stack);
      const engine = await start();
      expect(await terraform("validate")).toMatchObject({ code: 0 });
      expect((await apply()).end).toContain(`${count} added, 0 changed, 0 destroyed`);
      expect(await actions()).toEqual([]);
      expect(engine.processes.status().map(({ state }) => state)).toEqual(engine.system.targets.map(() => "ready"));

      for (const verdict of ["update", "delete/create"] as const) {
        const kinds = CHANGES.filter((one) => one[1] === verdict);
        const address = kinds.reduce<string | undefined>(
          (found, [type, , how]) => found ?? change(type, how),
          undefined,
        );
        expect(await actions()).toContain(`${verdict} ${address}`);
        expect(await apply()).toMatchObject({ code: 0 });
      }
      expect(await actions()).toEqual([]);

      // Somebody else changes what was applied, and deletes some of it.
      const [first, second] = engine.pubsub.subscriptions();
      if (first && second) {
        engine.pubsub.updateSubscription({ ...first, ackDeadlineMs: 11_000 });
        engine.pubsub.deleteSubscription(second.name);
        const found = await actions();
        expect(found.filter((action) => action.startsWith("update google_pubsub_subscription."))).toHaveLength(1);
        expect(found.filter((action) => action.startsWith("create google_pubsub_subscription."))).toHaveLength(1);
        expect(await apply()).toMatchObject({ code: 0 });
        expect(await actions()).toEqual([]);
        expect(engine.pubsub.subscription(first.name).config).toEqual(first);
      }

      const pids = engine.processes.status().flatMap(({ instances }) => instances.map(({ pid }) => pid));
      expect((await terraform("destroy", "-auto-approve")).end).toContain(`${count} destroyed`);
      expect([engine.pubsub.topics(), engine.pubsub.subscriptions(), engine.processes.status()]).toEqual([[], [], []]);
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    },
    180_000,
  );
}
