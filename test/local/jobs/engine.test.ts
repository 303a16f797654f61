import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clockAdvance, wait } from "../../../cli/commands/clock";
import { jobsList, jobsRun } from "../../../cli/commands/jobs";
import { zip } from "../../../constructs/packaging/zip";
import { ENV } from "../../../contract/environment";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { outFolder, pipeline, PROJECT } from "../engine/fixture";
import { screen } from "../../cli/screen";

const PARENT = `projects/${PROJECT}/locations/europe-west1`;
const out = outFolder();
const seenFile = join(out.root, "seen");

/** Server, task and worker in one: each writes a line into the file `SEEN`. */
const SOURCE = `
const { appendFileSync } = require("node:fs");
const { env } = process;
const note = (line) => appendFileSync(${JSON.stringify(seenFile)}, JSON.stringify({ ...line, at: Date.now(), pid: process.pid }) + "\\n");
if (env.CLOUD_RUN_JOB) {
  note({ task: env.CLOUD_RUN_TASK_INDEX, of: env.CLOUD_RUN_TASK_COUNT, attempt: env.CLOUD_RUN_TASK_ATTEMPT, execution: env.CLOUD_RUN_EXECUTION, day: env.DAY, port: env.PORT });
  if (env.CLOUD_RUN_TASK_INDEX === "1" && env.CLOUD_RUN_TASK_ATTEMPT === "0") process.exit(3);
} else if (env.${ENV.subscription}) {
  note({ worker: env.${ENV.subscription}, pubsub: env.PUBSUB_EMULATOR_HOST !== undefined, port: env.PORT });
  setInterval(() => note({ beat: true }), 50);
} else {
  require("node:http").createServer((request, response) => response.end(String(Date.now()))).listen(env.PORT);
}
`;

const archive = Buffer.from(
  zip([
    { path: "index.js", bytes: Buffer.from(SOURCE) },
    { path: "package.json", bytes: Buffer.from(JSON.stringify({ scripts: { start: "node index.js" } })) },
  ]),
);

const annotations = {
  "millrace.dev/source": "gs://${google_storage_bucket.code.name}/${google_storage_bucket_object.charge.name}",
};

const withJobs: Parameters<typeof pipeline>[0] = (resource) => {
  resource.google_cloud_run_v2_job = {
    import: {
      name: "import",
      location: "europe-west1",
      annotations,
      template: {
        task_count: 3,
        parallelism: 2,
        template: {
          max_retries: 1,
          timeout: "30s",
          containers: [{ image: "scratch", env: [{ name: "DAY", value: "any" }] }],
        },
      },
    },
    image: { name: "image", location: "europe-west1", template: { template: { containers: [{ image: "scratch" }] } } },
  };
  resource.google_cloud_run_v2_job_iam_member = {
    run: {
      name: "${google_cloud_run_v2_job.import.name}",
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "${google_service_account.push.member}",
    },
  };
  const call = (body: string) => ({
    uri: `https://run.googleapis.com/v2/${PARENT}/jobs/import:run`,
    body: Buffer.from(body).toString("base64"),
    oauth_token: { service_account_email: "${google_service_account.push.email}" },
  });
  resource.google_cloud_scheduler_job = {
    nightly: { name: "nightly", schedule: "30 3 * * *", http_target: call("{}") },
    forbidden: { name: "forbidden", schedule: "30 3 1 1 *", http_target: call('{"overrides":{"taskCount":1}}') },
  };
  resource.google_pubsub_subscription!.pulled = { name: "pulled", topic: "${google_pubsub_topic.orders.id}" };
  resource.google_cloud_run_v2_worker_pool = {
    pool: {
      name: "pool",
      location: "europe-west1",
      annotations,
      scaling: { scaling_mode: "MANUAL", manual_instance_count: 2 },
      template: {
        containers: [
          { image: "scratch", env: [{ name: ENV.subscription, value: "${google_pubsub_subscription.pulled.id}" }] },
        ],
      },
    },
  };
};

type Line = Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any -- lines of several kinds
/** What the processes have written by now, in whole lines: none before the first has started. */
const lines = (): Line[] =>
  readFileSync(seenFile, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
/** Looks until processes have written so many of such lines; the test's own time limit ends it. */
async function seen(is: (line: Line) => boolean, atLeast = 1): Promise<Line[]> {
  for (;;) {
    const found = lines().filter(is);
    if (found.length >= atLeast) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const tasksSince = (from: number) =>
  lines()
    .slice(from)
    .filter(({ task }) => task !== undefined);

describe("jobs and worker pools of a plan", () => {
  const outDir = out.write({ app: pipeline(withJobs) }, archive);
  const stateDir = join(out.root, "state");
  const options = { out: outDir, state: stateDir, color: false };
  let engine: Engine;
  beforeAll(async () => {
    appendFileSync(seenFile, "");
    engine = await startEngine({ outDir, stateDir, stack: "app" });
  });
  afterAll(() => engine.stop());

  it("say what cannot run, and who may not run what", () => {
    expect(engine.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "MR4020 app/google_cloud_run_v2_job.image",
    ]);
    expect(engine.system.fidelity.filter(({ type }) => /v2_(job|worker_pool)$/.test(type))).toMatchObject([
      { level: "runs", ignored: [] },
      { level: "stored" },
      { level: "runs", ignored: [] },
    ]);
  });

  it("run as processes that are told which task they are; a failed one runs again", async () => {
    const from = lines().length;
    const { terminal, stdout } = screen();
    const env = ["DAY=monday"];
    expect(await jobsRun("import", "app", { ...options, env, json: true }, terminal)).toBe(0);
    const { execution } = JSON.parse(stdout()) as { execution: Line };
    expect(execution).toMatchObject({ taskCount: 3, succeededCount: 3, retriedCount: 1 });
    const tasks = tasksSince(from);
    expect(tasks.map(({ task, attempt }) => `${task}/${attempt}`).sort()).toEqual(["0/0", "1/0", "1/1", "2/0"]);
    expect(tasks[0]).toMatchObject({ of: "3", day: "monday" });
    expect(tasks[0]).not.toHaveProperty("port");
    expect(execution.name).toMatch(new RegExp(`/${tasks[0]!.execution as string}$`));
  });

  it("are listed with their executions", async () => {
    const { terminal, stdout } = screen();
    expect(await jobsList("app", options, terminal)).toBe(0);
    expect(stdout()).toMatch(/import +3 tasks, 2 at a time\n +import-\w{5} +\S+Z +SUCCEEDED +3 of 3 done, 1 retried/);
    const json = screen();
    await jobsList("app", { ...options, json: true }, json.terminal);
    expect(JSON.parse(json.stdout())).toMatchObject({ running: true, jobs: [{ tasks: 3, executions: [{}] }] });
  });

  it("have to exist", async () => {
    const run = jobsRun("imprt", "app", { ...options, env: [] }, screen().terminal);
    await expect(run).rejects.toMatchObject({ issues: [{ code: "MR5006", fix: "did you mean import?" }] });
  });

  it("are run by a schedule when the clock is put forward, as an account that may", async () => {
    const from = lines().length;
    const { terminal, stdout } = screen();
    expect(await clockAdvance("24h", "app", { ...options, json: true }, terminal)).toBe(0);
    const answer = JSON.parse(stdout()) as Line;
    expect(Date.parse(answer.to as string) - Date.parse(answer.from as string)).toBeGreaterThanOrEqual(86_400_000);
    expect(
      tasksSince(from)
        .map(({ task }) => task as string)
        .sort(),
    ).toEqual(["0", "1", "1", "2"]);
    expect(engine.scheduler.job(`${PARENT}/jobs/nightly`).lastRun).toMatchObject({ ok: true });
  });

  it("are refused to an account that may run them, but not otherwise than they are", async () => {
    const run = await engine.scheduler.run(`${PARENT}/jobs/forbidden`);
    expect(run).toMatchObject({ ok: false, reason: "status 403" });
  });

  it("take their processes along when the clock is put forward", async () => {
    const before = engine.clock.now();
    await engine.advance(3_600_000);
    const now = engine.clock.now();
    expect(now - before).toBeGreaterThanOrEqual(3_600_000);
    // Without the engine's clock a process would be a day and an hour behind, and this would not end.
    const [beat] = await seen((line) => line["beat"] === true && line["at"] >= now);
    expect(beat!["at"]).toBeLessThan(now + 3_600_000);
    const answer = await fetch(`http://${engine.endpoints.pubsub}/v1/${PARENT}/jobs/nightly`);
    expect(answer.status).toBe(200);
  });

  it("pull, with the engine in place of Google, and are started again when they end", async () => {
    const workers = await seen(({ worker }) => worker !== undefined, 2);
    expect(workers).toHaveLength(2);
    expect(workers[0]).toMatchObject({ worker: `projects/${PROJECT}/subscriptions/pulled`, pubsub: true });
    const again = new Promise<void>((resolve) => {
      const off = engine.events.on((event) => {
        if (event.type === "processStarted" && event.target.endsWith("/workerPools/pool")) resolve(off());
      });
    });
    expect(engine.processes.kill(workers[0]!.pid as number, "SIGKILL")).toBe(true);
    // The pause before it is the engine's.
    await engine.advance(5_000);
    await again;
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.workers.status()).toEqual([{ pool: `${PARENT}/workerPools/pool`, instances: 2, restarts: 1 }]);
  });

  it("are not idle while messages wait that they pull", async () => {
    const idle = screen();
    expect(await wait("app", { ...options, for: "idle", timeout: "5s", json: true }, idle.terminal)).toBe(0);
    expect(JSON.parse(idle.stdout())).toMatchObject({ idle: true });
    engine.pubsub.publish(`projects/${PROJECT}/topics/orders`, [{ data: Buffer.from("x"), attributes: {} }]);
    const busy = screen();
    expect(await wait("app", { ...options, for: "idle", timeout: "200ms" }, busy.terminal)).toBe(1);
    expect(busy.stderr()).toContain("was not idle within 200ms");
  });
});
