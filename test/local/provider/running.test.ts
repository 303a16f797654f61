import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, type EngineOptions, startEngine } from "../../../local/engine/engine";
import { runTerraform, type TerraformChange } from "../../../local/provider/door/run";
import { describeWithTerraform } from "../../support/terraform";
import { outFolder, pipeline, PROJECT } from "../engine/fixture";
import { broken, lives, recorder, seenIn } from "../engine/handler";

const running = new Set<Engine>();
afterAll(async () => {
  for (const engine of running) await engine.stop();
});
const out = outFolder();

const TOPIC = `projects/${PROJECT}/topics/orders`;
const SUBSCRIPTION = `projects/${PROJECT}/subscriptions/charge`;
const KEPT = `projects/${PROJECT}/subscriptions/orders-dead-kept`;
const charge = (data: string) => [{ data: Buffer.from(data), attributes: { kind: "charge" } }];

let sites = 0;

/** A synthesized stack, its folder for state, and an engine of it where there is one. */
function site() {
  const outDir = out.write({ app: pipeline() }, recorder);
  const stateDir = join(out.root, `state-tf-${sites}`);
  const seenFile = join(out.root, `seen-tf-${sites++}`);
  const environment = () => ({ SEEN: seenFile });
  const start = async (options: Partial<EngineOptions> = {}) => {
    const engine = await startEngine({ outDir, stateDir, stack: "app", environment, ...options });
    running.add(engine);
    return engine;
  };
  const terraform = async (args: readonly string[], engine?: Engine) => {
    let text = "";
    const changes: TerraformChange[] = [];
    const code = await runTerraform({
      outDir,
      stateDir,
      stack: "app",
      args: [...args, "-no-color"],
      output: (piece) => void (text += piece),
      onChanged: (change) => void changes.push(change),
      ...(engine && { engine }),
    });
    return { code, text: text.replace(/[\s│╷╵]+/g, " "), change: changes[0] };
  };
  const folder = join(outDir, "stacks", "app");
  const rewrite = (change: Parameters<typeof pipeline>[0], archive?: readonly [name: string, bytes: Buffer]) => {
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(pipeline(change)));
    if (archive) writeFileSync(join(folder, "archives", archive[0]), archive[1]);
  };
  return { outDir, stateDir, start, terraform, rewrite, seen: () => seenIn(seenFile) };
}

type Blocks = Parameters<NonNullable<Parameters<typeof pipeline>[0]>>[0];

const greeting = (value: string) => (resource: Blocks) => {
  const { template } = resource.google_cloud_run_v2_service!.charge as { template: { containers: object[] } };
  template.containers = [{ image: "scratch", env: [{ name: "GREETING", value }] }];
};

describeWithTerraform("What Terraform applies through a running engine", () => {
  const { start, terraform, rewrite, seen, outDir } = site();
  let engine: Engine;
  const apply = () => terraform(["apply", "-auto-approve"], engine);
  const verdict = async () => (await terraform(["plan", "-detailed-exitcode"], engine)).code;
  beforeAll(async () => {
    engine = await start({ door: "terraform" });
  });
  const deliver = async (data: string) => {
    engine.pubsub.publish(TOPIC, charge(data));
    await engine.idle();
    return seen().at(-1);
  };

  it("is nothing before the first apply", () => {
    expect(engine.door).toBe("terraform");
    expect(engine.pubsub.topics()).toEqual([]);
    expect(engine.processes.status()).toEqual([]);
  });

  it("runs when the apply is over", async () => {
    const { code, text, change } = await apply();
    expect([code, text]).toEqual([0, expect.stringContaining("Apply complete!")]);
    expect(change).toMatchObject({ lasting: true, warnings: [] });
    expect(engine.processes.status()).toMatchObject([{ state: "ready" }]);
    expect(engine.endpoints.targets).toMatchObject([{ name: "charge" }]);
    expect(await deliver("hello")).toMatchObject({ url: "/events", greeting: "hello" });
    expect(await verdict()).toBe(0);
  });

  it("is the system that the plan itself would have made", async () => {
    const { system } = engine;
    const direct = await startEngine({
      outDir,
      stateDir: join(out.root, "direct"),
      stack: "app",
      ephemeral: true,
    });
    running.add(direct);
    const names = (of: typeof system) => ({
      topics: of.topics.map(({ config }) => config).sort((a, b) => (a.name < b.name ? -1 : 1)),
      subscriptions: of.subscriptions.map(({ config }) => config).sort((a, b) => (a.name < b.name ? -1 : 1)),
      targets: of.targets.map(({ spec: { archive: _archive, environment: _environment, ...spec } }) => spec),
      grants: of.grants.map((grant) => JSON.stringify(grant)).sort(),
      databases: of.databases,
      ttls: of.ttls,
      levels: of.fidelity.map(({ type, level, ignored }) => `${type} ${level} ${ignored.join()}`).sort(),
      issues: of.issues,
    });
    expect(names(system)).toEqual(names(direct.system));
  });

  it("shows as drift what a client has made of it, and is repaired", async () => {
    const { config } = engine.pubsub.subscription(SUBSCRIPTION);
    engine.pubsub.updateSubscription({ ...config, ackDeadlineMs: 77_000, retry: { minMs: 2_000, maxMs: 5_000 } });
    engine.pubsub.deleteSubscription(KEPT);
    const refresh = await terraform(["plan", "-refresh-only"], engine);
    expect(refresh.text).toContain("google_pubsub_subscription.kept has been deleted");
    expect(refresh.text).toContain("~ ack_deadline_seconds = 30 -> 77");
    expect(refresh.text).toContain('~ minimum_backoff = "1s" -> "2s"');
    // Nobody has repaired it behind the reader's back.
    expect(engine.pubsub.subscription(SUBSCRIPTION).config.ackDeadlineMs).toBe(77_000);
    expect((await apply()).text).toContain("1 added, 1 changed, 0 destroyed");
    expect(engine.pubsub.subscription(SUBSCRIPTION).config).toEqual(config);
    expect(engine.pubsub.subscriptions().map(({ name }) => name)).toContain(KEPT);
    expect(await verdict()).toBe(0);
  });

  it("changes in place: another revision of the service, the same backlog", async () => {
    const before = (await deliver("before"))!.pid;
    rewrite(greeting("again"));
    expect((await apply()).text).toContain("0 added, 1 changed, 0 destroyed");
    expect(await deliver("after")).toMatchObject({ greeting: "again" });
    expect(lives(before)).toBe(false);
  });

  it("is replaced where it must be", async () => {
    engine.processes.kill(seen().at(-1)!.pid, "SIGSTOP");
    engine.pubsub.publish(TOPIC, charge("lost with the subscription"));
    rewrite((resource) => {
      greeting("again")(resource);
      resource.google_pubsub_subscription!.charge!.filter = "attributes:kind";
    });
    const { text } = await apply();
    expect(text).toContain("# forces replacement");
    expect(text).toContain("2 added, 0 changed, 2 destroyed");
    engine.processes.kill(seen().at(-1)!.pid, "SIGCONT");
    expect(engine.pubsub.subscription(SUBSCRIPTION).config.filter).toBe("attributes:kind");
  });

  it("fails where it does not start, and what ran goes on", async () => {
    rewrite(
      (resource) => {
        greeting("again")(resource);
        resource.google_storage_bucket_object!.charge!.source = "archives/broken.zip";
        resource.google_storage_bucket_object!.charge!.name = "broken.zip";
      },
      ["broken.zip", broken],
    );
    const { code, text } = await apply();
    expect(code).toBe(1);
    expect(text).toMatch(/MR4211: .*cannot find the ledger.*with google_cloud_run_v2_service\.charge/);
    expect(await deliver("still")).toMatchObject({ greeting: "again" });
    rewrite(greeting("again"));
    expect((await apply()).code).toBe(0);
    expect(await verdict()).toBe(0);
  });

  it("is refused where Google would refuse it, with the resource's address", async () => {
    rewrite((resource) => {
      greeting("again")(resource);
      resource.google_pubsub_subscription!.bad = { name: "bad-filter", topic: "orders", filter: "kind = charge" };
    });
    const { code, text } = await apply();
    expect(code).toBe(1);
    expect(text).toMatch(/MR4103: Invalid filter.*with google_pubsub_subscription\.bad/);
    rewrite(greeting("again"));
    expect(await verdict()).toBe(0);
  });

  it("leaves nothing when it is destroyed", async () => {
    const { pid } = seen().at(-1)!;
    expect((await terraform(["destroy", "-auto-approve"], engine)).text).toContain("Destroy complete!");
    expect(engine.pubsub.topics()).toEqual([]);
    expect(engine.pubsub.subscriptions()).toEqual([]);
    expect(engine.processes.status()).toEqual([]);
    expect(lives(pid)).toBe(false);
    expect(engine.system.databases).toEqual([]);
    expect(await verdict()).toBe(2);
  });
});

describeWithTerraform("Terraform without a running engine", () => {
  const { start, terraform, stateDir, outDir, seen } = site();

  it("applies all the same, sees that it starts, and says that nothing runs it", async () => {
    const { code, change } = await terraform(["apply", "-auto-approve"]);
    expect([code, change?.lasting]).toEqual([0, false]);
    expect(existsSync(join(stateDir, "app", "endpoints.json"))).toBe(false);
    expect(existsSync(join(stateDir, "app", "processes.json"))).toBe(false);
  });

  it("is followed by an engine that starts what was applied, whatever has become of the synthesized stack", async () => {
    rmSync(join(outDir, "stacks"), { recursive: true });
    const engine = await start();
    expect(engine.door).toBe("terraform");
    engine.pubsub.publish(TOPIC, charge("x"));
    expect(await engine.idle()).toBe(true);
    expect(seen()).toHaveLength(1);
    await engine.stop();
  });

  it("is not taken over by the plan", async () => {
    await expect(start({ door: "direct" })).rejects.toThrow(/^MR4108 app: /);
  });
});

describeWithTerraform("An engine that has started from the plan", () => {
  it("hands the stack to the first Terraform command that applies something, with all that waits in it", async () => {
    const { start, terraform, stateDir } = site();
    const engine = await start();
    expect(engine.door).toBe("direct");
    const { pid } = engine.processes.status()[0]!.instances[0]!;
    engine.processes.kill(pid, "SIGSTOP");
    engine.pubsub.publish(TOPIC, charge("kept"));
    // Nothing but its endpoints leads there: the command is one of another process.
    expect((await terraform(["plan"])).text).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy/);
    expect(engine.door).toBe("direct");
    const { change } = await terraform(["apply", "-auto-approve"]);
    expect(change).toEqual({ lasting: true, running: expect.any(Number) as number, warnings: [] });
    expect(engine.door).toBe("terraform");
    expect(engine.pubsub.stats(SUBSCRIPTION).unacked).toBe(1);
    expect(engine.processes.status()).toMatchObject([{ instances: [{ pid }] }]);
    engine.processes.kill(pid, "SIGCONT");
    const destroyed = await terraform(["destroy", "-auto-approve"]);
    expect(destroyed.text).toContain("Destroy complete!");
    expect(engine.pubsub.topics()).toEqual([]);
    await engine.stop();
    expect(readdirSync(join(stateDir, "app", "terraform"))).not.toContain("uploads");
  });
});
