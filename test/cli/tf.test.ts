import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { readEndpoints } from "../../local/engine/endpoints";
import { describeWithCdktf } from "../support/cdktf-cli";
import { heldAfter } from "../support/held";
import { project, write } from "../support/project";
import { describeWithTerraform } from "../support/terraform";
import { outFolder, pipeline, PROJECT } from "../local/engine/fixture";
import { lives, recorder } from "../local/engine/handler";

/* The commands as a person calls them, in processes of their own. */
const root = resolve(__dirname, "../..");
const children = new Set<ChildProcess>();
afterAll(() => children.forEach((child) => child.kill("SIGKILL")));
const out = outFolder();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param asked leaves its input open, for a question that it asks */
function start(command: string, args: readonly string[], cwd = root, env: NodeJS.ProcessEnv = {}, asked = false) {
  const { PATH, HOME, GOGC } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, GOGC, NO_COLOR: "1", CI: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  children.add(child);
  if (!asked) child.stdin.end();
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended: Promise<Ended> = once(child, "close").then(([code]) => ({ code: code as number | null, ...text }));
  return { child, text, ended };
}

const MILLRACE = ["-C", "millrace-source", "--require", "tsx/cjs", join(root, "cli/main.ts")];
const millrace = (args: readonly string[], asked = false) =>
  start(process.execPath, [...MILLRACE, ...args], root, {}, asked);

/** What a folder holds, by path: the bytes of every file, as a digest. */
function contents(folder: string, leave: readonly string[] = []): Readonly<Record<string, string>> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (path) => !leave.some((one) => path === one || path.startsWith(`${one}/`)),
  );
  return Object.fromEntries(
    files.sort().map((path) => {
      const file = join(folder, path);
      const digest = () => createHash("sha256").update(readFileSync(file)).digest("hex");
      return [path, statSync(file).isFile() ? digest() : "folder"];
    }),
  );
}

describeWithTerraform("millrace tf", () => {
  const outDir = out.write({ app: pipeline() }, recorder);
  const state = join(out.root, "tf-state");
  const folders = ["--out", outDir, "--state", state];
  const endpoints = () => readEndpoints(join(state, "app", "endpoints.json"));
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((settle) => setTimeout(settle, 20));
  };

  it("applies into the engine that runs, and the engine runs it", async () => {
    const engine = millrace(["dev", "app", ...folders, "--door", "terraform"]);
    await until(() => endpoints() !== undefined);
    const applied = await millrace(["tf", ...folders, "app", "apply", "-auto-approve", "-no-color"]).ended;
    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain("Apply complete!");
    expect(applied.stderr).toContain("LOCAL app: nothing of this reaches Google");
    expect(applied.stderr).not.toContain("no engine runs it");
    expect(endpoints()).toMatchObject({ door: "terraform", targets: [{ name: "charge" }] });
    const { control } = endpoints()!;
    const status = (await (await fetch(`${control}/status`)).json()) as { targets: { instances: { pid: number }[] }[] };
    const { pid } = status.targets[0]!.instances[0]!;
    expect(lives(pid)).toBe(true);

    // The engine dies; its processes with it, and what was applied is still there for the next command.
    process.kill(engine.child.pid!, "SIGKILL");
    await engine.ended;
    await until(() => !lives(pid));
    const plan = await millrace(["tf", ...folders, "app", "plan", "-detailed-exitcode"]).ended;
    expect([plan.code, plan.stderr]).toEqual([0, ""]);
  });

  it("passes on Terraform's exit code, output and arguments", async () => {
    // The stack is the only one, so it may be left out.
    const shown = await millrace(["tf", ...folders, "show", "-json"]).ended;
    const addresses = (JSON.parse(shown.stdout) as { values: { root_module: { resources: { address: string }[] } } })
      .values.root_module.resources;
    expect(addresses.map(({ address }) => address)).toContain("google_pubsub_topic.orders");
    const wrong = await millrace(["tf", ...folders, "app", "plan", "-no-such-flag"]).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("-no-such-flag");
    const version = await millrace(["tf", "version"]).ended;
    expect(version.stdout).toMatch(/^Terraform v1\./);
  });

  it("says that nothing runs it, where no engine does, and what starts it", async () => {
    const { stderr } = await millrace(["tf", ...folders, "app", "refresh", "-no-color"]).ended;
    expect(stderr).toContain("LOCAL app: no engine runs it now; millrace dev app starts it");
  });

  it("is repaired by the next command when terraform, the command or the engine is killed at any moment", async () => {
    const hold = join(out.root, "hold");
    const document = join(outDir, "stacks", "app", "cdk.tf.json");
    /** Topics of a round, the others being gone. */
    const more = (round: number) =>
      pipeline((resource) => {
        for (let i = 0; i < 24; i++) resource.google_pubsub_topic![`t${i}`] = { name: `topic-${round}-${i}` };
      });
    const terraforms = () =>
      readdirSync("/proc").filter((pid) => {
        try {
          const cwd = readFileSync(`/proc/${pid}/environ`, "latin1");
          return cwd.includes(state) && readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("terraform");
        } catch {
          return false;
        }
      });
    for (const [round, victim] of (["terraform", "command", "engine"] as const).entries()) {
      writeFileSync(hold, "");
      writeFileSync(document, JSON.stringify(heldAfter(3 + 5 * round, more(round), hold)));
      const engine = victim === "engine" ? millrace(["dev", "app", ...folders]) : undefined;
      if (engine) await until(() => endpoints()?.pid === engine.child.pid);
      const apply = millrace(["tf", ...folders, "app", "apply", "-auto-approve", "-no-color"]);
      await until(() => apply.text.stdout.includes("Executing: "));
      const pid = victim === "terraform" ? Number(terraforms()[0]) : (engine ?? apply).child.pid!;
      process.kill(pid, "SIGKILL");
      await until(() => !lives(pid));
      // What still lives goes on, and comes to know.
      rmSync(hold);
      expect((await apply.ended).code).not.toBe(0);
      await engine?.ended;
      // Nobody is left behind.
      await until(() => terraforms().length === 0);
      expect(existsSync(join(state, "app", "processes.json")) && victim === "terraform").toBe(false);
      writeFileSync(document, JSON.stringify(more(round)));
      const again = await millrace(["tf", ...folders, "app", "apply", "-auto-approve", "-no-color"]).ended;
      expect([victim, again.code, again.stderr]).toEqual([victim, 0, expect.stringContaining("no engine runs it now")]);
    }
    expect((await millrace(["tf", ...folders, "app", "plan", "-detailed-exitcode"]).ended).code).toBe(0);
  });

  it("refuses a second apply while one runs", async () => {
    const first = millrace(["tf", ...folders, "app", "destroy", "-no-color"], true);
    await until(() => first.text.stdout.includes("Enter a value:"));
    const second = await millrace(["tf", ...folders, "app", "apply", "-auto-approve"]).ended;
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(/MR4303 app: process \d+ runs Terraform on this stack/);
    first.child.stdin.end("yes\n");
    expect((await first.ended).code).toBe(0);
    expect(existsSync(join(state, "app", "terraform", "uploads"))).toBe(false);
  });

  it("refuses what leads out, with exit code 2", async () => {
    const { code, stderr } = await millrace(["tf", ...folders, "app", "plan", "-state=/real.tfstate"]).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("MR4305")]);
    expect((await millrace(["tf", ...folders]).ended).code).toBe(2);
  });
});

describeWithTerraform("millrace tf on several stacks", () => {
  const provider = { google: [{ project: PROJECT, region: "europe-west1" }] };
  const base = {
    provider,
    resource: { google_pubsub_topic: { orders: { name: "orders" } } },
    output: { id: { value: "${google_pubsub_topic.orders.id}" } },
  };
  const state = "cross-stack-reference-input-base-local";
  const user = {
    provider,
    data: { terraform_remote_state: { [state]: { backend: "local", config: { path: "nowhere" } } } },
    resource: {
      google_pubsub_subscription: {
        all: { name: "all", topic: `\${data.terraform_remote_state.${state}.outputs.id}` },
      },
    },
  };
  // By name the one that needs the other comes first.
  const outDir = out.write({ "base-local": base, "a-user-local": user, "base-prod": base });
  const folders = ["--out", outDir, "--state", join(out.root, "several")];
  const stacksOf = (text: string) => text.split("\n").filter((line) => /^[a-z-]+$/.test(line));

  it("applies them in the order of their references, the local ones of all", async () => {
    const { code, stderr, stdout } = await millrace(["tf", ...folders, "--all", "apply", "-auto-approve"]).ended;
    expect([code, stacksOf(stderr)]).toEqual([0, ["base-local", "a-user-local"]]);
    expect(stdout.match(/1 added/g)).toHaveLength(2);
  });

  it("destroys them in reverse, and ends with the first that fails", async () => {
    const both = ["base-local", "a-user-local"];
    const wrong = await millrace(["tf", ...folders, ...both, "destroy", "-no-such-flag"]).ended;
    expect([wrong.code, stacksOf(wrong.stderr)]).toEqual([1, ["a-user-local"]]);
    const { code, stderr, stdout } = await millrace(["tf", ...folders, ...both, "destroy", "-auto-approve"]).ended;
    expect([code, stacksOf(stderr)]).toEqual([0, ["a-user-local", "base-local"]]);
    expect(stdout.match(/1 destroyed/g)).toHaveLength(2);
  });

  it("refuses names beside all of them", async () => {
    const { code, stderr } = await millrace(["tf", ...folders, "--all", "base-local", "plan"]).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("--all and base-local cannot go together")]);
  });
});

/** Two stacks of one app: the second one subscribes to a topic of the first. */
const APP = `
const { App, TerraformStack, TerraformOutput, GcsBackend } = require("cdktf");
const { GoogleProvider } = require("@cdktf/provider-google/lib/provider");
const { PubsubTopic } = require("@cdktf/provider-google/lib/pubsub-topic");
const { PubsubSubscription } = require("@cdktf/provider-google/lib/pubsub-subscription");
const app = new App();
class Stack extends TerraformStack {
  constructor(name) {
    super(app, name);
    new GoogleProvider(this, "google", { project: "${PROJECT}", region: "europe-west1" });
    new GcsBackend(this, { bucket: "nobodys", prefix: name });
  }
}
const base = new Stack("base-local");
const topic = new PubsubTopic(base, "topic", { name: "orders" });
const user = new Stack("user-local");
const subscription = new PubsubSubscription(user, "subscription", {
  name: "orders-all",
  topic: topic.id,
  ackDeadlineSeconds: Number(process.env.ACK ?? 30),
});
new TerraformOutput(user, "subscription-id", { value: subscription.id });
app.synth();
`;

describeWithCdktf("cdktf, after millrace tf env", (cdktf) => {
  const folder = project(
    {
      "main.js": APP,
      "cdktf.json": JSON.stringify({ language: "typescript", app: "node main.js", sendCrashReports: "false" }),
      // What earlier deployments for real have left.
      "terraform.base-local.tfstate": '{"version":4,"serial":7}',
      "cdktf.out/stacks/base-local/.terraform.lock.hcl": "# the user's own\n",
      "cdktf.out/stacks/base-local/.terraform/terraform.tfstate": '{"version":3}',
    },
    "app",
  );
  const home = project({ ".terraform.d/plugin-cache/keep": "the user's own" }, "home");
  const state = join(folder, ".millrace");
  let environment: NodeJS.ProcessEnv = {};
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    start(cdktf, args, folder, {
      ...environment,
      HOME: home,
      NODE_PATH: join(root, "node_modules"),
      // Whoever has these for real keeps them to himself.
      TF_VAR_unrelated: "x",
      GOOGLE_APPLICATION_CREDENTIALS: "/nowhere.json",
      ...env,
    }).ended;
  const files = () => ({
    ...contents(folder, [".millrace", "cdktf.out"]),
    ...Object.fromEntries(
      [".terraform.lock.hcl", ".terraform/terraform.tfstate"].map((name) => {
        const file = join(folder, "cdktf.out/stacks/base-local", name);
        return [relative(folder, file), readFileSync(file, "utf8")];
      }),
    ),
    ...contents(home, [".cdktf", ".npm"]),
  });
  let before: ReturnType<typeof files>;

  beforeAll(async () => {
    const told = await millrace(["tf", "env", "--state", state]).ended;
    expect([told.code, told.stderr]).toEqual([0, ""]);
    // As a shell would.
    const lines = told.stdout.trim().split("\n");
    environment = Object.fromEntries(
      lines.map((line) => /^export (\w+)='(.*)'$/.exec(line)!.slice(1, 3) as [string, string]),
    );
    mkdirSync(home, { recursive: true });
    before = files();
  });

  it("deploys to this machine, stacks in the order of their references", async () => {
    const { code, stdout, stderr } = await run(["deploy", "base-local", "user-local", "--auto-approve"]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const made = ["google_pubsub_topic.topic: Creation complete", "google_pubsub_subscription.subscription: Creating"];
    const places = made.map((text) => stdout.indexOf(text));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0]!);
    expect(stdout).toContain(`subscription-id = projects/${PROJECT}/subscriptions/orders-all`);
    expect(stdout).toContain("LOCAL");
    expect(existsSync(join(state, "user-local/terraform/terraform.LOCAL.tfstate"))).toBe(true);
  });

  it("shows a difference, and none where there is none", async () => {
    expect((await run(["diff", "user-local"])).stdout).toContain("No changes.");
    const changed = await run(["diff", "user-local"], { ACK: "45" });
    expect(changed.stdout).toMatch(/ack_deadline_seconds +=/);
    expect(changed.stdout).toContain("1 to change");
  });

  it("gives the engine of the second stack what the first one has", async () => {
    const engine = millrace(["dev", "user-local", "--out", join(folder, "cdktf.out"), "--state", state, "--json"]);
    const [line] = (await once(createInterface(engine.child.stdout), "line")) as [string];
    const ready = JSON.parse(line) as { door: string; stacks: string[]; pubsub: string };
    expect(ready).toMatchObject({ door: "terraform", stacks: ["base-local", "user-local"] });
    const topics = await fetch(`http://${ready.pubsub}/v1/projects/${PROJECT}/topics`);
    expect(await topics.json()).toMatchObject({ topics: [{ name: `projects/${PROJECT}/topics/orders` }] });
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
  });

  it("destroys in reverse, and leaves nothing", async () => {
    const { code, stdout } = await run(["destroy", "base-local", "user-local", "--auto-approve"]);
    expect(code).toBe(0);
    const gone = [
      "google_pubsub_subscription.subscription: Destruction complete",
      "google_pubsub_topic.topic: Destroying",
    ];
    const places = gone.map((text) => stdout.indexOf(text));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0]!);
    for (const stack of ["base-local", "user-local"]) {
      const left = JSON.parse(readFileSync(join(state, stack, "terraform/terraform.LOCAL.tfstate"), "utf8")) as object;
      expect(left).toMatchObject({ resources: [] });
    }
  });

  it("has touched nothing of the user's own", () => {
    expect(files()).toEqual(before);
  });

  it("is refused outside of a synthesized stack", async () => {
    const program = environment["TERRAFORM_BINARY_NAME"]!;
    write(join(folder, "real/main.tf"), "");
    const { code, stderr } = await start(program, ["apply", "-auto-approve"], join(folder, "real")).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("MR4306")]);
    const undone = await millrace(["tf", "env", "--off"]).ended;
    expect(undone.stdout).toContain("unset TERRAFORM_BINARY_NAME\n");
  });
});
