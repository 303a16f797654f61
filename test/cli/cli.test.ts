import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { readEndpoints } from "../../local/engine/endpoints";
import { outFolder, pipeline, PROJECT } from "../local/engine/fixture";
import { broken, lives, recorder, seenIn } from "../local/engine/handler";

/* The command as a person starts it, in a process of its own. */
const root = resolve(__dirname, "../..");
const out = outFolder();
const children = new Set<ChildProcess>();
afterEach(() => children.forEach((child) => child.kill("SIGKILL")));

let count = 0;
function site(archive = recorder, change?: Parameters<typeof pipeline>[0]) {
  const outDir = out.write({ app: pipeline(change) }, archive);
  const state = join(out.root, `cli-state-${count++}`);
  const folders = ["--out", outDir, "--state", state];
  return { outDir, state, folders, endpoints: () => readEndpoints(join(state, "app", "endpoints.json")) };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const command = ["-C", "millrace-source", "--require", "tsx/cjs", join(root, "cli/main.ts"), ...args];
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...text }));
  return { child, ended, text };
}

const run = (...args: string[]) => start(args).ended;

/** Settles when the last line of the summary has been written. */
async function ready({ child, text, ended }: ReturnType<typeof start>): Promise<void> {
  const shown = new Promise<void>((resolve) =>
    child.stderr.on("data", () => text.stderr.includes("not simulated") && resolve()),
  );
  await Promise.race([
    shown,
    ended.then(({ code, stderr }) => {
      throw new Error(`it ended with ${code} before it was ready:\n${stderr}`);
    }),
  ]);
}

/** Processes of the targets of an engine. */
async function pidsOf(control: string): Promise<readonly number[]> {
  const status = (await (await fetch(`${control}/status`)).json()) as { targets: { instances: { pid: number }[] }[] };
  return status.targets.flatMap(({ instances }) => instances.map(({ pid }) => pid));
}

describe("millrace exec", () => {
  it("runs a command beside the engine, tells it where everything is, and passes on how it ended", async () => {
    const { folders, state } = site();
    const script = join(out.root, "command.js");
    writeFileSync(
      script,
      `const { PUBSUB_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST, GOOGLE_CLOUD_PROJECT, MILLRACE_ENDPOINTS } = process.env;
      const { control } = JSON.parse(require("fs").readFileSync(MILLRACE_ENDPOINTS, "utf8"));
      fetch(control + "/status").then((r) => r.json()).then(({ targets }) => {
        const pids = targets.flatMap(({ instances }) => instances.map(({ pid }) => pid));
        console.log(JSON.stringify({ PUBSUB_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST, GOOGLE_CLOUD_PROJECT, pids, args: process.argv.slice(2) }));
        process.exitCode = 7;
      });`,
    );
    const { code, stdout, stderr } = await run("exec", ...folders, "--", process.execPath, script, "--flag", "a b");
    expect(code).toBe(7);
    const told = JSON.parse(stdout) as { pids: number[] } & Record<string, unknown>;
    expect(told).toMatchObject({
      PUBSUB_EMULATOR_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      FIRESTORE_EMULATOR_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      GOOGLE_CLOUD_PROJECT: PROJECT,
      args: ["--flag", "a b"],
    });
    expect(stderr).toMatch(/✔ start 1 target \d+ ms/);
    // Nothing is left: no process, no address, no lock.
    expect(told.pids).toHaveLength(1);
    expect(told.pids.filter(lives)).toEqual([]);
    for (const file of ["endpoints.json", "engine.lock"]) expect(existsSync(join(state, "app", file))).toBe(false);
  });

  it("passes on the number of a signal as shells do", async () => {
    const { code } = await run(
      "exec",
      ...site().folders,
      "--",
      process.execPath,
      "-e",
      "process.kill(process.pid, 'SIGTERM')",
    );
    expect(code).toBe(128 + 15);
  });

  it.each([
    ["no command", [], 2, "MR5001 exec: there is no command to run"],
    ["a command that is not there", ["--", "no-such-program"], 3, "MR5003 no-such-program: cannot be started"],
  ])("says what is wrong with %s", async (_, rest, exit, message) => {
    const { code, stderr } = await run("exec", ...site().folders, ...rest);
    expect(stderr).toContain(message);
    expect(code).toBe(exit);
  });
});

describe("millrace dev", () => {
  it("shows where everything is and what happens, and ends gracefully on Ctrl-C", async () => {
    const here = site();
    const dev = start(["dev", ...here.folders, "--seed", "7", "--time-scale", "2"]);
    await ready(dev);
    const { control, pubsub } = here.endpoints()!;
    expect(dev.text.stderr).toContain(pubsub);
    expect(dev.text.stderr).toContain("seed 7, time × 2");
    expect(dev.text.stderr).toContain("LOCAL");
    expect(dev.text.stderr).toContain("not simulated, only stored: google_monitoring_alert_policy × 1; see");
    const pids = await pidsOf(control);

    const listed = JSON.parse((await run("ps", "--state", here.state, "--json")).stdout) as {
      engines: { pid: number }[];
    };
    expect(listed.engines).toMatchObject([{ stack: "app", pid: dev.child.pid, pubsub }]);
    const second = await run("dev", ...here.folders);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`MR4101 app: an engine already runs this stack, as process ${dev.child.pid}`);

    const body = JSON.stringify({ messages: [{ data: "eA==", attributes: { kind: "charge" } }] });
    await fetch(`http://${pubsub}/v1/projects/${PROJECT}/topics/orders:publish`, { method: "POST", body });
    await fetch(`${control}/idle`);
    dev.child.kill("SIGINT");
    const { code, stdout } = await dev.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/published \d+ to orders\n.*delivered \d+ to charge, attempt 1\n.*acked \d+ by charge/);
    expect(pids.filter(lives)).toEqual([]);
    expect(here.endpoints()).toBeUndefined();
    expect((await run("ps", "--state", here.state)).stderr).toContain("no engine runs");
  });

  it("writes one document per line with --json, the endpoints first", async () => {
    const here = site();
    const dev = start(["dev", ...here.folders, "--json"]);
    const lines = createInterface(dev.child.stdout)[Symbol.asyncIterator]();
    const first = JSON.parse(((await lines.next()) as { value: string }).value) as Record<string, unknown>;
    expect(first).toMatchObject({ type: "ready", schemaVersion: 1, stack: "app", pid: dev.child.pid });
    const next = JSON.parse(((await lines.next()) as { value: string }).value) as Record<string, unknown>;
    expect(next).toMatchObject({ type: "processStarted" });
    dev.child.kill("SIGTERM");
    expect((await dev.ended).code).toBe(0);
    expect(dev.text.stderr).toBe("");
  });

  it("leaves nothing behind when it is killed, loses nothing, and the next one takes over", async () => {
    const [seen, status] = ["seen", "status"].map((name) => join(out.root, `killed-${name}`));
    writeFileSync(status!, "500");
    const here = site(recorder, (resource) => {
      const env = [
        { name: "SEEN", value: seen },
        { name: "STATUS", value: status },
      ];
      (resource.google_cloud_run_v2_service!.charge!.template as Record<string, unknown>).containers = [{ env }];
    });
    const dev = start(["dev", ...here.folders]);
    await ready(dev);
    const { control, pubsub } = here.endpoints()!;
    const pids = await pidsOf(control);
    const url = `http://${pubsub}/v1/projects/${PROJECT}/topics/orders:publish`;
    const publish = async (index: number) => {
      const message = { data: Buffer.from(String(index)).toString("base64"), attributes: { kind: "charge" } };
      await (await fetch(url, { method: "POST", body: JSON.stringify({ messages: [message] }) })).json();
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => publish(index)));
    // The engine has said that it has them, and dies in that instant.
    dev.child.kill("SIGKILL");
    await dev.ended;
    for (const pid of pids) while (lives(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(status!, "200");
    const idle = `fetch(JSON.parse(require("fs").readFileSync(process.env.MILLRACE_ENDPOINTS)).control + "/idle?timeoutMs=600000").then((r) => r.text()).then(console.log)`;
    const { code, stdout } = await run(
      "exec",
      ...here.folders,
      "--time-scale",
      "100",
      "--",
      process.execPath,
      "-e",
      idle,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"idle":true}\n' });
    const handled = seenIn(seen!).map(({ body }) => (JSON.parse(body) as { message: { data: string } }).message.data);
    expect(new Set(handled).size).toBe(50);
  });
});

describe("what a command line runs into", () => {
  it.each<[string, (here: ReturnType<typeof site>) => string[], number, RegExp]>([
    [
      "nothing synthesized",
      ({ state }) => ["dev", "--out", join(state, "none")],
      3,
      /MR4001 .*none: does not exist[^]*run `npm run synth`/,
    ],
    ["an unknown stack", ({ folders }) => ["dev", "ap", ...folders], 2, /MR4002 ap: [^]*did you mean "app"/],
    [
      "an unknown option",
      ({ folders }) => ["dev", ...folders, "--ephemral"],
      2,
      /MR5001 .*--ephemral.*Did you mean --ephemeral/,
    ],
  ])("%s", async (_, args, exit, message) => {
    const { code, stdout, stderr } = await run(...args(site()));
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(exit);
  });

  it("a handler that does not start: its last words, and exit code 1", async () => {
    const { code, stderr } = await run("dev", ...site(broken).folders);
    expect(stderr).toMatch(/✖ start 1 target/);
    expect(stderr).toMatch(/MR4211[^]*cannot find the ledger/);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it("a plan that is not simulated in full, with --strict", async () => {
    const change = (resource: Record<string, Record<string, unknown>>) =>
      void (resource.google_redis_instance = { r: {} });
    const { folders } = site(recorder, change);
    const dev = await run("dev", ...folders, "--strict");
    expect(dev.stderr).toContain("✖ MR4016 app/google_redis_instance.r: google_redis_instance is not simulated");
    expect(dev.code).toBe(1);
    const fidelity = await run("fidelity", "--out", folders[1]!, "--strict", "--json");
    expect(fidelity.code).toBe(1);
    const { resources } = JSON.parse(fidelity.stdout) as { resources: { address: string; level: string }[] };
    expect(resources).toContainEqual(
      expect.objectContaining({ address: "app/google_redis_instance.r", level: "unknown" }),
    );
  });

  it("issues as one document with --json", async () => {
    const { stdout, stderr, code } = await run("fidelity", "--json", "--out", join(out.root, "none"));
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, issues: [{ code: "MR4001", severity: "error" }] });
    expect(stderr).toBe("");
    expect(code).toBe(3);
  });
});

describe("a session that touches nothing of Terraform", () => {
  it("leaves cdktf's output as it was", async () => {
    const { outDir, folders } = site();
    const file = join(outDir, "stacks", "app", "cdk.tf.json");
    mkdirSync(join(outDir, "stacks", "app", ".terraform"));
    const before = readFileSync(file, "utf8");
    await run("exec", ...folders, "--", process.execPath, "-e", "");
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(join(outDir, "stacks", "app")).sort()).toEqual([".terraform", "archives", "cdk.tf.json"]);
  });
});
