import { join } from "node:path";
import { scheduleList, scheduleRun } from "../../../cli/commands/schedule";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { outFolder, pipeline, PROJECT } from "../engine/fixture";
import { recorder, seenIn } from "../engine/handler";
import { screen } from "../../cli/screen";

const out = outFolder();
const PARENT = `projects/${PROJECT}/locations/europe-west1`;

const withJobs: Parameters<typeof pipeline>[0] = (resource) => {
  const identity = { service_account_email: "${google_service_account.push.email}", audience: "charge-audience" };
  resource.google_cloud_scheduler_job = {
    report: {
      name: "report",
      schedule: "every monday 09:00",
      time_zone: "Europe/Berlin",
      retry_config: { retry_count: 1, min_backoff_duration: "1s" },
      http_target: {
        uri: "${google_cloud_run_v2_service.charge.uri}/report?full=1",
        http_method: "PUT",
        body: Buffer.from("{}").toString("base64"),
        oidc_token: identity,
      },
    },
    nightly: {
      name: "nightly",
      schedule: "30 2 * * *",
      time_zone: "Europe/Berlin",
      paused: true,
      pubsub_target: { topic_name: "${google_pubsub_topic.orders.id}", data: Buffer.from("night").toString("base64") },
    },
    health: {
      name: "health",
      schedule: "*/5 * * * *",
      paused: true,
      pubsub_target: {
        topic_name: "${google_pubsub_topic.orders.id}",
        data: Buffer.from("beat").toString("base64"),
        attributes: { kind: "charge" },
      },
    },
  };
};

describe("the jobs of a plan", () => {
  const outDir = out.write({ app: pipeline(withJobs) }, recorder);
  const [stateDir, seenFile] = [join(out.root, "state"), join(out.root, "seen")];
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ outDir, stateDir, stack: "app", environment: () => ({ SEEN: seenFile }) });
  });
  afterAll(() => engine.stop());

  const options = { out: outDir, state: stateDir, color: false };
  const rest = async (method: string, path: string) => {
    const response = await fetch(`http://${engine.endpoints.pubsub}/v1/${path}`, { method });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("raise no warning where the job's identity may call its target", () => expect(engine.warnings).toEqual([]));

  it("run on request, with a token of their identity that the front door has checked", async () => {
    const { terminal, stdout } = screen();
    expect(await scheduleRun("report", "app", { ...options, json: true }, terminal)).toBe(0);
    expect(JSON.parse(stdout())).toMatchObject({ job: `${PARENT}/jobs/report`, run: { ok: true, attempts: 1 } });
    const [request] = seenIn(seenFile);
    expect(request).toMatchObject({ url: "/report?full=1", body: "{}" });
    expect(request!.headers).toMatchObject({
      "x-cloudscheduler-jobname": "report",
      authorization: expect.stringMatching(/\.SIGNATURE_REMOVED_BY_GOOGLE$/) as string,
    });
  });

  it("publish what the plan says", async () => {
    const before = seenIn(seenFile).length;
    expect(await rest("POST", `${PARENT}/jobs/health:run`)).toMatchObject({ status: 200 });
    expect(await engine.idle()).toBe(true);
    const { message } = JSON.parse(seenIn(seenFile)[before]!.body) as { message: { data: string } };
    expect(Buffer.from(message.data, "base64").toString()).toBe("beat");
  });

  it("are listed by the API, paused and resumed", async () => {
    const { body } = await rest("GET", `${PARENT}/jobs`);
    expect(body["jobs"]).toMatchObject([
      { name: `${PARENT}/jobs/report`, schedule: "every monday 09:00", timeZone: "Europe/Berlin", state: "ENABLED" },
      { name: `${PARENT}/jobs/nightly`, timeZone: "Europe/Berlin" },
      { name: `${PARENT}/jobs/health`, state: "PAUSED" },
    ]);
    expect((await rest("POST", `${PARENT}/jobs/health:resume`)).body).toMatchObject({ state: "ENABLED" });
    expect((await rest("POST", `${PARENT}/jobs/health:pause`)).body).toMatchObject({ state: "PAUSED" });
    expect((await rest("GET", `${PARENT}/jobs/none`)).status).toBe(404);
    expect((await rest("POST", `${PARENT}/jobs`)).status).toBe(501);
  });

  it("are listed by millrace schedule ls, by the engine's word for the next run and with the last one", async () => {
    const { terminal, stdout } = screen();
    expect(await scheduleList("app", { ...options, next: 2, json: true }, terminal)).toBe(0);
    const { jobs, running } = JSON.parse(stdout()) as { jobs: Record<string, any>[]; running: boolean }; // oxlint-disable-line typescript/no-explicit-any -- CLI output
    expect(running).toBe(true);
    const [first, second] = jobs[0]!["next"] as string[];
    expect(Date.parse(first!)).toBe(engine.scheduler.job(`${PARENT}/jobs/report`).nextMs);
    // A week by the clock on the wall: an hour more or less where the clocks are changed in it.
    expect(Math.abs(Date.parse(second!) - Date.parse(first!) - 7 * 86_400_000)).toBeLessThanOrEqual(3_600_000);
    expect(jobs[0]!["nextLocal"]).toEqual([first, second].map(() => expect.stringMatching(/T09:00:00\+0[12]:00$/)));
    expect(jobs).toMatchObject([
      { lastRun: { reason: "status 200" } },
      { state: "PAUSED" },
      { state: "PAUSED", next: [] },
    ]);
  });

  it("are listed from the plan alone, in their own zone", async () => {
    const { terminal, stdout } = screen();
    const now = () => Date.parse("2026-11-24T12:00:00Z");
    expect(await scheduleList("app", { ...options, state: "/nowhere", next: 2 }, terminal, now)).toBe(0);
    expect(stdout()).toMatch(
      /report +every monday 09:00 +Europe\/Berlin +ENABLED +Mon 2026-11-30 09:00\+01:00, Mon 2026-12-07 09:00\+01:00 +-/,
    );
    expect(stdout()).toMatch(/health +\*\/5 \* \* \* \* +Etc\/UTC +PAUSED +- /);
    expect(stdout()).toContain(
      "nightly: 2027-03-28 02:30 does not exist in Europe/Berlin, so there is no run\nnightly: 2027-10-31 02:30 comes twice in Europe/Berlin, so there may be two runs",
    );
  });

  it("have to exist, and an engine to run them", async () => {
    const { terminal } = screen();
    await expect(scheduleRun("reprot", "app", options, terminal)).rejects.toMatchObject({
      issues: [{ code: "MR5006", fix: "did you mean report?" }],
    });
    await expect(scheduleRun("report", "app", { ...options, state: "/nowhere" }, terminal)).rejects.toMatchObject({
      issues: [{ code: "MR5005" }],
    });
  });
});
