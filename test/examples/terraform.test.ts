import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, startEngine } from "../../local/engine/engine";
import { runTerraform } from "../../local/provider/door/run";
import { EXAMPLES, synthesizeExample } from "../support/examples";
import type { Attributes } from "../support/synth";
import { describeWithTerraform } from "../support/terraform";

/*
 * Every stack of every example, of every environment, through its whole life under the real Terraform and on the engine.
 * Terraform's own start and its reading of the schema are most of what this costs, so each command shows several things.
 */
type Resource = Record<string, unknown>;
type Resources = Record<string, Record<string, Resource>>;

/** Changes of a type, the ones to be preferred first. */
type Changes = readonly (readonly [type: string, change: (resource: Resource) => void])[];

const UPDATES: Changes = [
  ["google_pubsub_subscription", (one) => (one["ack_deadline_seconds"] = 599)],
  ["google_cloud_tasks_queue", (one) => (one["rate_limits"] = { max_concurrent_dispatches: 7 })],
  ["google_workflows_workflow", (one) => (one["description"] = "another")],
];

const REPLACEMENTS: Changes = [
  ["google_pubsub_topic", (one) => (one["name"] = `${String(one["name"])}-2`)],
  ["google_cloud_tasks_queue", (one) => (one["name"] = `${String(one["name"])}-2`)],
];

/** What somebody else does to what a resource has made, by its id. */
const DRIFTS: readonly (readonly [
  type: string,
  verdict: "update" | "delete",
  how: (engine: Engine, id: string) => unknown,
])[] = [
  [
    "google_pubsub_subscription",
    "update",
    ({ pubsub }, id) => pubsub.updateSubscription({ ...pubsub.subscription(id).config, ackDeadlineMs: 11_000 }),
  ],
  ["google_pubsub_subscription", "delete", ({ pubsub }, id) => pubsub.deleteSubscription(id)],
  ["google_cloud_scheduler_job", "update", ({ scheduler }, id) => scheduler.pause(id)],
  ["google_cloud_tasks_queue", "delete", ({ tasks }, id) => tasks.remove(id)],
  ["google_workflows_workflow", "delete", ({ workflows }, id) => workflows.remove(id)],
  ["google_cloud_run_v2_job", "delete", ({ runJobs }, id) => runJobs.remove(id)],
  ["google_storage_bucket", "delete", ({ storage }, id) => storage.deleteBucket(id)],
];

/** A document with the resources that it has by address, and what each needs, directly or not. */
function readDocument(file: string) {
  const json = JSON.parse(readFileSync(file, "utf8")) as { readonly resource: Resources };
  // What is protected is protected from this test as well.
  for (const one of Object.values(json.resource).flatMap((named) => Object.values(named))) {
    if (one["deletion_protection"] === true) one["deletion_protection"] = false;
    delete one["lifecycle"];
    if (one["delete_protection_state"]) one["delete_protection_state"] = "DELETE_PROTECTION_DISABLED";
  }
  const all: ReadonlyMap<string, Resource> = new Map(
    Object.entries(json.resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, one]) => [`${type}.${name}`, one] as const),
    ),
  );
  const needs = (address: string, seen = new Set<string>()): ReadonlySet<string> => {
    for (const [, next] of JSON.stringify(all.get(address)).matchAll(/\b((?:google|time)_\w+\.[\w-]+)/g))
      if (all.has(next!) && !seen.has(next!)) needs(next!, seen.add(next!));
    return seen;
  };
  return { json, all, needs };
}

/**
 * Chooses what is replaced, what is changed in place and what somebody else changes: resources of which none needs
 * another, so that each has the verdict that is its own.
 */
function choose({ all, needs }: ReturnType<typeof readDocument>) {
  const addresses = [...all.keys()];
  const ofType = (type: string) => addresses.filter((address) => address.startsWith(`${type}.`));
  const chosen: string[] = [];
  const isFree = (address: string) =>
    !chosen.some((one) => one === address || needs(address).has(one) || needs(one).has(address));
  const take = <Rest extends readonly unknown[]>(table: readonly (readonly [type: string, ...Rest])[]) => {
    for (const [type, ...rest] of table) {
      const address = ofType(type).find(isFree);
      if (address === undefined) continue;
      chosen.push(address);
      return { address, rest };
    }
    return undefined;
  };
  const replaced = take(REPLACEMENTS)!;
  const updated = take(UPDATES)!;
  const drifts = DRIFTS.flatMap((one) => take([one]) ?? []);
  return { replaced, updated, drifts };
}

interface Said {
  readonly code: number;
  /** `create google_pubsub_topic.orders`, as planned. */
  readonly actions: readonly string[];
  /** The same of what others have done. */
  readonly drift: readonly string[];
  /** Ids of what was made, by address. */
  readonly ids: ReadonlyMap<string, string>;
  /** `3 added, 0 changed, 0 destroyed` */
  readonly summary: string;
  readonly errors: readonly string[];
}

/** Reads what Terraform says with `-json`. https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
function readLines(code: number, text: string): Said {
  const lines = text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Attributes] : []));
  const of = (kind: string) => lines.filter(({ type }) => type === kind);
  const actions = (kind: string) =>
    of(kind).map(({ change }) => `${change.action as string} ${change.resource.addr as string}`);
  const { add = 0, change = 0, remove = 0 } = (of("change_summary").at(-1)?.["changes"] ?? {}) as Attributes;
  return {
    code,
    actions: actions("planned_change"),
    drift: actions("resource_drift"),
    ids: new Map(of("apply_complete").map(({ hook }) => [hook.resource.addr as string, hook.id_value as string])),
    summary: `${add as number} added, ${change as number} changed, ${remove as number} destroyed`,
    errors: of("diagnostic").flatMap(({ diagnostic: { severity, summary, detail } }) =>
      severity === "error" ? [`${summary as string}: ${detail as string}`] : [],
    ),
  };
}

const engines = new Set<Engine>();
afterEach(async () => {
  for (const engine of engines) await engine.stop();
  engines.clear();
});

async function stage(outDir: string, stack: string) {
  const file = join(outDir, "stacks", stack, "cdk.tf.json");
  const stateDir = join(outDir, "..", "state");
  const document = readDocument(file);
  const write = () => writeFileSync(file, JSON.stringify(document.json));
  write();
  const engine = await startEngine({ outDir, stateDir, stack, door: "terraform" });
  engines.add(engine);
  const terraform = async (...args: string[]) => {
    let text = "";
    const output = (piece: string) => void (text += piece);
    const code = await runTerraform({ outDir, stateDir, stack, args, output, engine });
    return readLines(code, text);
  };
  return {
    engine,
    document,
    write,
    terraform,
    /** Makes a plan and applies it, in two commands or in one. @returns what both say */
    apply: async (apart: boolean): Promise<Said> => {
      if (!apart) return terraform("apply", "-json", "-auto-approve");
      const { actions, drift } = await terraform("plan", "-json", "-out=plan");
      return { ...(await terraform("apply", "-json", "plan")), actions, drift };
    },
  };
}

describeWithTerraform("Under Terraform", () => {
  describe.each(EXAMPLES)("examples/%s", (example) => {
    const { stacks, outdir } = synthesizeExample(example, { everywhere: true });
    // What is said in one command and in two is the same: once for each example is enough.
    const lives = stacks.map((stack, index) => [stack, index === stacks.length - 1] as const);
    it.each(lives)("takes %s through its life", (stack, apart) => life(outdir, stack, apart));
  });
});

/** @param apart whether each step is a command of its own, as one stack of each example shows */
async function life(outDir: string, stack: string, apart: boolean): Promise<void> {
  const { engine, document, write, terraform, apply } = await stage(outDir, stack);
  const count = document.all.size;
  const well = (summary: string) => ({ code: 0, errors: [], summary });
  if (apart) expect(await terraform("validate")).toMatchObject({ code: 0 });
  const made = await apply(apart);
  expect(made).toMatchObject(well(`${count} added, 0 changed, 0 destroyed`));
  const creations = made.actions.filter((action) => !action.startsWith("read data."));
  expect([...creations].sort()).toEqual([...document.all.keys()].map((address) => `create ${address}`).sort());
  expect(engine.processes.status().map(({ state }) => state)).toEqual(engine.system.targets.map(() => "ready"));
  expect(await terraform("plan", "-json")).toMatchObject({ code: 0, actions: [], drift: [] });

  // The document changes, and somebody else changes what was applied, and deletes some of it.
  const { replaced, updated, drifts } = choose(document);
  for (const { address, rest } of [replaced, updated]) rest[0](document.all.get(address)!);
  write();
  for (const { address, rest } of drifts) rest[1](engine, made.ids.get(address)!);
  const changed = await apply(apart);
  expect(changed).toMatchObject({ code: 0, errors: [] });
  const repairs = drifts.map(({ address, rest }) => `${rest[0] === "delete" ? "create" : "update"} ${address}`);
  expect(changed.drift).toEqual(expect.arrayContaining(drifts.map(({ address, rest }) => `${rest[0]} ${address}`)));
  expect(changed.actions).toEqual(
    expect.arrayContaining([`replace ${replaced.address}`, `update ${updated.address}`, ...repairs]),
  );
  if (apart) expect(await terraform("plan", "-json")).toMatchObject({ code: 0, actions: [], drift: [] });

  const pids = engine.processes.status().flatMap(({ instances }) => instances.map(({ pid }) => pid));
  const destroyed = await terraform("destroy", "-json", "-auto-approve", ...(apart ? [] : ["-refresh=false"]));
  // It looks at everything before it begins: nothing is left of what others had done.
  expect(destroyed).toMatchObject({ ...well(`0 added, 0 changed, ${count} destroyed`), drift: [] });
  const { pubsub, processes, scheduler, tasks, workflows, runJobs, storage } = engine;
  const left = [pubsub.topics(), pubsub.subscriptions(), scheduler.jobs(), tasks.queues(), workflows.workflows()];
  expect([...left, runJobs.jobs(), storage.buckets(), processes.status()].flat()).toEqual([]);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
}
