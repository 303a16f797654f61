import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { IssuesError } from "../../../contract/issue";
import { runTerraform, type TerraformOptions } from "../../../local/provider/door/run";
import { versionIssues } from "../../../local/provider/door/versions";
import { providerSchemas } from "../../../local/provider/schema/all";
import { heldAfter } from "../../support/held";
import { project, write } from "../../support/project";
import type { Attributes } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";

/** A stack of so many topics, which names a backend in the cloud. */
const topics = (names: readonly string[], more: Attributes = {}): Attributes => ({
  terraform: {
    required_providers: { google: { source: "google", version: "6.50.0" } },
    backend: { gcs: { bucket: "nobodys", prefix: "shop" } },
  },
  provider: { google: [{ project: "demo", region: "europe-west1" }] },
  resource: { google_pubsub_topic: Object.fromEntries(names.map((name) => [name, { name: `topic-${name}` }])) },
  ...more,
});

function app(stacks: Readonly<Record<string, Attributes>>) {
  const files = Object.entries(stacks).map(([stack, json]) => [
    `cdktf.out/stacks/${stack}/cdk.tf.json`,
    JSON.stringify(json),
  ]);
  const root = project(Object.fromEntries(files) as Record<string, string>);
  const options = { outDir: join(root, "cdktf.out"), stateDir: join(root, ".millrace") };
  const terraform = async (stack: string, args: readonly string[], more: Partial<TerraformOptions> = {}) => {
    let text = "";
    const output = (piece: string) => void (text += piece);
    const code = await runTerraform({ ...options, stack, args: [...args, "-no-color"], output, ...more });
    return { code, text: text.replace(/\s+/g, " ") };
  };
  const apply = (stack: string) => terraform(stack, ["apply", "-auto-approve"]);
  /** 0: nothing to do, 2: something, 1: a fault. */
  const verdict = async (stack: string) => (await terraform(stack, ["plan", "-detailed-exitcode"])).code;
  return { root, ...options, terraform, apply, verdict };
}

/** An environment with a program in the place of Terraform: it does something first, and becomes Terraform then. */
function instead(root: string, first: string): NodeJS.ProcessEnv {
  const program = join(root, "bin/terraform");
  const { PATH } = process.env;
  write(program, `#!/bin/sh\n${first}\nPATH="${PATH}"\nexec terraform "$@"\n`);
  chmodSync(program, 0o755);
  return { ...process.env, PATH: `${join(root, "bin")}:${PATH}` };
}

const faultsOf = async (running: Promise<unknown>) => {
  const error = await running.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof IssuesError)) throw error ?? new Error("no fault");
  return error.issues.map(({ code }) => code);
};

const filesUnder = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).sort();

describeWithTerraform("Terraform commands on a stack", () => {
  it("follow each other as on Google Cloud, each a process of its own", async () => {
    const { apply, verdict, root, terraform } = app({ shop: topics(["a", "b"]) });
    expect(await verdict("shop")).toBe(2);
    expect((await apply("shop")).text).toContain("2 added");
    expect(await verdict("shop")).toBe(0);
    write(join(root, "cdktf.out/stacks/shop/cdk.tf.json"), JSON.stringify(topics(["a", "c"])));
    expect((await apply("shop")).text).toContain("1 added, 0 changed, 1 destroyed");
    expect((await terraform("shop", ["destroy", "-auto-approve"])).text).toContain("2 destroyed");
    expect(await verdict("shop")).toBe(2);
  });

  it("initialize the folder once, and again for other providers or when that was lost", async () => {
    const shop = topics(["a"]);
    const { root, stateDir, terraform } = app({ shop });
    const calls = join(root, "calls");
    const env = instead(root, `echo "$1" >>"${calls}"`);
    const called = async (...args: string[]) => {
      rmSync(calls, { force: true });
      expect((await terraform("shop", args, { env })).code).toBe(0);
      return readFileSync(calls, "utf8").trim().split("\n");
    };
    expect(await called("validate")).toEqual(["init", "validate"]);
    expect(await called("plan")).toEqual(["plan"]);
    const required_providers = {
      ...shop["terraform"].required_providers,
      "google-beta": { source: "google-beta", version: "6.50.0" },
    };
    const more = { ...shop, terraform: { ...shop["terraform"], required_providers } };
    write(join(root, "cdktf.out/stacks/shop/cdk.tf.json"), JSON.stringify(more));
    expect(await called("validate")).toEqual(["init", "validate"]);
    rmSync(join(stateDir, "shop/terraform/.terraform"), { recursive: true });
    expect(await called("validate")).toEqual(["init", "validate"]);
  });

  it("leave the user's folder, settings and variables alone", async () => {
    const { root, terraform } = app({ shop: topics(["a"], { output: { text: { value: '${file("text.txt")}' } } }) });
    write(join(root, "cdktf.out/stacks/shop/text.txt"), "from a file");
    // What a command of the user's own has left there.
    write(join(root, "cdktf.out/stacks/shop/.terraform/terraform.tfstate"), "not json");
    write(join(root, "cdktf.out/stacks/shop/.terraform.lock.hcl"), "broken");
    const before = filesUnder(join(root, "cdktf.out"));
    const env = {
      ...process.env,
      TF_WORKSPACE: "production",
      TF_CLI_ARGS_apply: "-destroy",
      TF_DATA_DIR: join(root, "data"),
      TF_PLUGIN_CACHE_DIR: join(root, "cache"),
      TF_CLI_CONFIG_FILE: join(root, "nowhere.tfrc"),
      GOOGLE_APPLICATION_CREDENTIALS: join(root, "nowhere.json"),
    };
    const { code, text } = await terraform("shop", ["apply", "-auto-approve"], { env });
    expect([code, text]).toEqual([0, expect.stringContaining("1 added")]);
    expect(text).toContain('text = "from a file"');
    expect(filesUnder(join(root, "cdktf.out"))).toEqual(before);
    expect(readdirSync(root).sort()).toEqual([".millrace", "cdktf.out"]);
  });

  it("find the states of other stacks here and nowhere else", async () => {
    const producer = topics(["a"], { output: { id: { value: "${google_pubsub_topic.a.id}" } } });
    const state = { backend: "gcs", config: { bucket: "nobodys", prefix: "shop" } };
    const consumer = (name: string, more: Attributes = {}): Attributes => ({
      ...topics([]),
      data: { terraform_remote_state: { [name]: { ...state, ...more } } },
      resource: {
        google_pubsub_subscription: {
          s: { name: "subscription", topic: `\${data.terraform_remote_state.${name}.outputs.id}` },
        },
      },
    });
    const { apply, terraform, verdict } = app({ base: producer, user: consumer("cross-stack-reference-input-base") });
    expect((await apply("user")).text).toContain("Unable to find remote state");
    expect((await apply("base")).code).toBe(0);
    expect((await apply("user")).text).toContain("1 added");
    expect([await verdict("user"), await verdict("base")]).toEqual([0, 0]);
    for (const stack of ["user", "base"])
      expect((await terraform(stack, ["destroy", "-auto-approve"])).text).toContain("1 destroyed");

    const elsewhere = app({ user: consumer("other", { config: { bucket: "somebodys" } }) });
    expect(await faultsOf(elsewhere.apply("user"))).toEqual(["MR4012"]);
  });

  it("wait for no other: two at a time are one too many", async () => {
    const { apply, verdict } = app({ shop: topics(["a"]) });
    const first = apply("shop");
    expect(await faultsOf(apply("shop"))).toEqual(["MR4303"]);
    expect((await first).code).toBe(0);
    expect(await verdict("shop")).toBe(0);
  });

  it("need Terraform, and say what to do without", async () => {
    const { terraform } = app({ shop: topics(["a"]) });
    expect(await faultsOf(terraform("shop", ["plan"], { env: { PATH: "/nowhere" } }))).toEqual(["MR4302"]);
  });

  it.each<[string, ...string[]]>([
    ["login"],
    ["workspace", "new", "x"],
    ["state", "push", "real.tfstate"],
    ["providers", "lock", "-platform=linux_amd64"],
    ["plan", "-state=../real.tfstate"],
    ["apply", "-auto-approve", "-state-out", "somewhere"],
    ["init", "-backend-config=bucket=real"],
    ["init", "-migrate-state"],
    ["-chdir=/elsewhere", "plan"],
  ])("do not lead out of their folder: %s %s", async (...args) => {
    const { root, terraform } = app({ shop: topics(["a"]) });
    expect(await faultsOf(terraform("shop", args))).toEqual(["MR4305"]);
    expect(readdirSync(root)).toEqual(["cdktf.out"]);
  });

  it("say why Terraform cannot begin", async () => {
    const { verdict, terraform } = app({ shop: { ...topics(["a"]), module: { m: { source: "./gone" } } } });
    expect(await verdict("shop")).toBe(1);
    expect((await terraform("shop", ["plan"])).text).toContain("Unreadable module directory");
  });

  it("are repaired by the next one when they are killed, at any moment", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `t${i}`);
    const { root, stateDir, terraform, apply, verdict } = app({ shop: topics(names) });
    const env = instead(root, `echo $$ >"${root}/pid"`);
    const document = join(root, "cdktf.out/stacks/shop/cdk.tf.json");
    for (const moment of [0, 3, 9]) {
      write(document, JSON.stringify(heldAfter(moment, topics(names), document)));
      let killed = false;
      const output = (piece: string) => {
        if (killed || !piece.includes("Executing: ")) return;
        killed = true;
        process.kill(Number(readFileSync(join(root, "pid"), "utf8")), "SIGKILL");
      };
      expect((await terraform("shop", ["apply", "-auto-approve"], { env, output })).code).not.toBe(0);
      expect(killed).toBe(true);
    }
    write(document, JSON.stringify(topics(names)));
    expect((await apply("shop")).code).toBe(0);
    expect(await verdict("shop")).toBe(0);
    const journal = readFileSync(join(stateDir, "shop/terraform/resources.LOCAL.ndjson"), "utf8");
    expect(new Set(journal.match(/projects\/demo\/topics\/topic-t\d+/g))).toHaveProperty("size", names.length);
    expect(existsSync(join(stateDir, "shop/engine.lock"))).toBe(false);
  });

  it("end with the process that runs them, and end well on Ctrl-C", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `t${i}`);
    const { root, outDir, stateDir, apply, verdict } = app({ shop: topics(names) });
    const [document, hold] = [join(root, "cdktf.out/stacks/shop/cdk.tf.json"), join(root, "hold")];
    const door = join(__dirname, "../../../local/provider/door/run.ts");
    const script = join(root, "run.ts");
    const call = { outDir, stateDir, stack: "shop", args: ["apply", "-auto-approve", "-no-color"] };
    write(
      script,
      `require(${JSON.stringify(door)}).runTerraform(${JSON.stringify(call)}).then((code) => process.exit(code));\n`,
    );
    for (const [made, signal] of [
      [2, "SIGINT"],
      [5, "SIGKILL"],
    ] as const) {
      write(hold, "");
      write(document, JSON.stringify(heldAfter(made, topics(names), hold)));
      const repository = join(__dirname, "../../..");
      const child = spawn(process.execPath, ["-C", "millrace-source", "--require", "tsx/cjs", script], {
        cwd: repository,
        // A group of its own, as a shell gives to what it runs.
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      // The pipe closes when the last process that holds it has ended: Terraform included.
      const closed = once(child.stdout, "close");
      let text = "";
      let sent = false;
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        // What still lives goes on then, and knows that it is to end.
        if (signal === "SIGINT" && text.includes("Interrupt received")) rmSync(hold, { force: true });
        if (sent || !text.includes("Executing: ")) return;
        sent = true;
        process.kill(signal === "SIGINT" ? -child.pid! : child.pid!, signal);
      });
      if (signal === "SIGKILL") child.once("exit", () => rmSync(hold));
      await closed;
      expect([signal, sent]).toEqual([signal, true]);
      if (signal === "SIGINT") expect(text).toContain("Interrupt received");
      write(document, JSON.stringify(topics(names)));
      expect(await verdict("shop")).toBe(2);
    }
    expect((await apply("shop")).code).toBe(0);
    expect(await verdict("shop")).toBe(0);
  });

  it("take over what exists when the state is lost", async () => {
    const { stateDir, apply, verdict } = app({ shop: topics(["a"]) });
    await apply("shop");
    rmSync(join(stateDir, "shop/terraform/terraform.LOCAL.tfstate"));
    expect((await apply("shop")).text).toContain("1 added");
    expect(await verdict("shop")).toBe(0);
  });
});

describe("the releases that a stack asks for", () => {
  const asking = (required_providers: Attributes) =>
    versionIssues({ stack: "s", directory: "/", json: { terraform: { required_providers } } }, providerSchemas());

  it.each<[string, boolean]>([
    ["6.50.0", true],
    ["= 6.50.0", true],
    ["6.49.0", false],
    ["~> 6.0", true],
    ["~> 6.50.0", true],
    ["~> 6.49.0", false],
    ["~> 7.0", false],
    [">= 6.0, < 7", true],
    [">= 6.0, < 6.50", false],
    ["> 6.49", true],
    ["<= 6.50", true],
    ["!= 6.50.0", false],
    ["7.0.0-beta1", true],
  ])("%s: served %s", (version, served) => {
    for (const source of ["google", "hashicorp/google", "registry.terraform.io/hashicorp/google"])
      expect(asking({ google: { source, version } }).map(({ code }) => code)).toEqual(served ? [] : ["MR4304"]);
  });

  it("are those of the providers that are served", () => {
    expect(
      asking({ random: { source: "random", version: "9.9.9" }, google: { source: "acme/google", version: "1.0.0" } }),
    ).toEqual([]);
    expect(
      asking({ "google-beta": { version: "5.0.0" }, time: { source: "time", version: "0.1.0" }, google: {} }),
    ).toHaveLength(2);
  });

  it("stop a command before anything is made", async () => {
    const { root, terraform } = app({
      shop: {
        ...topics(["a"]),
        terraform: { required_providers: { google: { source: "google", version: "~> 7.0" } } },
      },
    });
    expect(await faultsOf(terraform("shop", ["plan"]))).toEqual(["MR4304"]);
    expect(readdirSync(root)).toEqual(["cdktf.out"]);
  });
});
