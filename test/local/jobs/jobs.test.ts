import type { Json } from "../../../contract/json";
import { runJobsRest } from "../../../local/engine/jobs";
import { overridesOf } from "../../../local/engine/jobs/rest";
import { JOB, jobConfig, START, startDesk } from "./desk";

type Answer = Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any -- Google's JSON

const codeOf = (play: () => unknown): unknown => {
  try {
    return play();
  } catch (error) {
    return (error as { status?: string }).status;
  }
};

describe("what a task is told", () => {
  it("is its job, its execution, its index, how many there are and which attempt it is", async () => {
    const { clock, jobs, processes } = startDesk(() => ({}));
    jobs.ensure(jobConfig({ tasks: 2 }));
    const { name } = jobs.run(JOB, { environment: { DAY: "monday" }, args: ["--full"] });
    await clock.advance(10_000);
    expect(processes[1]).toEqual({
      CLOUD_RUN_JOB: "import",
      CLOUD_RUN_EXECUTION: name.split("/").at(-1),
      CLOUD_RUN_TASK_INDEX: "1",
      CLOUD_RUN_TASK_COUNT: "2",
      CLOUD_RUN_TASK_ATTEMPT: "0",
      DAY: "monday",
      args: "--full",
    });
    expect(name).toMatch(/^projects\/p\/locations\/europe-west1\/jobs\/import\/executions\/import-[a-z0-9]{5}$/);
  });
});

describe("executions", () => {
  it("of one job may run side by side, each by itself", async () => {
    const { clock, jobs } = startDesk(() => ({ seconds: 5 }));
    jobs.ensure(jobConfig());
    const first = jobs.run(JOB).name;
    await clock.advance(2_000);
    const second = jobs.run(JOB).name;
    expect(jobs.idle()).toBe(false);
    await clock.advance(10_000);
    expect(jobs.idle()).toBe(true);
    expect(jobs.executions(JOB).map(({ name, state, endedMs }) => [name, state, endedMs! - START])).toEqual([
      [second, "succeeded", 7_000],
      [first, "succeeded", 5_000],
    ]);
  });

  it("go on as they began when their job is changed, and are gone with it", async () => {
    const { clock, jobs, processes } = startDesk(() => ({ seconds: 5 }));
    jobs.ensure(jobConfig({ tasks: 3, parallelism: 1 }));
    const { name } = jobs.run(JOB);
    jobs.ensure(jobConfig({ tasks: 1 }));
    await clock.advance(60_000);
    expect(processes).toHaveLength(3);
    jobs.run(JOB);
    expect(jobs.remove(JOB)).toBe(true);
    await clock.advance(60_000);
    expect(processes).toHaveLength(4);
    expect(codeOf(() => jobs.execution(name))).toBe("NOT_FOUND");
    expect(codeOf(() => jobs.run(JOB))).toBe("NOT_FOUND");
    expect(jobs.remove(JOB)).toBe(false);
  });

  it("go on after a restart: what had ended is not done again, and what ran has its next attempt", async () => {
    const entries: Json[] = [];
    const journal = { append: (_service: string, entry: Json) => void entries.push(entry), flush: async () => {} };
    const before = startDesk(({ CLOUD_RUN_TASK_INDEX: index }) => ({ seconds: index === "0" ? 1 : 100 }), { journal });
    before.jobs.ensure(jobConfig({ tasks: 3, parallelism: 2 }));
    const { name } = before.jobs.run(JOB);
    await before.clock.advance(10_000);
    before.jobs.stop();
    await before.clock.advance(10_000);

    for (const compacted of [false, true]) {
      const after = startDesk(() => ({}), { startMs: START + 60_000 });
      const kept = compacted ? [...before.jobs.compact()] : entries;
      for (const entry of kept) after.jobs.replay(JSON.parse(JSON.stringify(entry)) as Json);
      after.jobs.ensure(jobConfig({ tasks: 3, parallelism: 2 }));
      await after.clock.advance(10_000);
      expect(after.processes.map((env) => [env["CLOUD_RUN_TASK_INDEX"], env["CLOUD_RUN_TASK_ATTEMPT"]])).toEqual([
        ["1", "1"],
        ["2", "1"],
      ]);
      expect(after.jobs.execution(name)).toMatchObject({ state: "succeeded", endedMs: START + 61_000 });
      expect(await after.jobs.ended(name)).toMatchObject({ state: "succeeded" });
    }
  });
});

describe("the Cloud Run Admin API", () => {
  const desk = async () => {
    const { clock, jobs } = startDesk(({ CLOUD_RUN_TASK_INDEX: index }) => ({ code: index === "1" ? 1 : 0 }));
    jobs.ensure(jobConfig({ tasks: 2, retries: 1 }));
    const rest = runJobsRest(jobs);
    const call = async (method: string, path: string, body = "") => {
      const request = { method, path: `/v2/${path}`, query: new URLSearchParams(), headers: {} };
      const answer = await rest({ ...request, body: Buffer.from(body), signal: new AbortController().signal });
      return { status: answer.status, body: JSON.parse(answer.body as string) as Answer };
    };
    return { clock, jobs, call };
  };

  it("runs a job, and says in an operation when the execution is over and how it ended", async () => {
    const { clock, call } = await desk();
    const { body: operation } = await call("POST", `${JOB}:run`, "{}");
    expect(operation).toMatchObject({ done: false, metadata: { job: JOB, taskCount: 2, runningCount: 2 } });
    const waited = call("POST", `${operation["name"]}:wait`);
    await clock.advance(10_000);
    expect(await waited).toMatchObject({
      body: { done: true, error: { message: "1 of 2 tasks failed" }, metadata: { succeededCount: 1, failedCount: 1 } },
    });
    const { name } = operation["metadata"] as { name: string };
    expect((await call("GET", name)).body).toMatchObject({
      retriedCount: 1,
      conditions: [{ type: "Completed", state: "CONDITION_FAILED" }],
    });
    expect((await call("GET", `${name}/tasks`)).body["tasks"]).toMatchObject([
      { index: 0, retried: 0, conditions: [{ state: "CONDITION_SUCCEEDED" }] },
      { index: 1, retried: 1, conditions: [{ state: "CONDITION_FAILED", message: "exit code 1" }] },
    ]);
    expect((await call("GET", JOB)).body).toMatchObject({ latestCreatedExecution: { name } });
    expect((await call("GET", JOB.replace(/\/import$/, ""))).body["jobs"]).toHaveLength(1);
    expect((await call("GET", `${JOB}/executions`)).body["executions"]).toHaveLength(1);
  });

  it("cancels, and refuses what the plan alone makes", async () => {
    const { clock, call } = await desk();
    const { body } = await call("POST", `${JOB}:run`);
    expect((await call("POST", `${body["metadata"].name}:cancel`)).body).toMatchObject({ error: { code: 1 } });
    await clock.advance(10_000);
    expect((await call("POST", JOB.replace(/\/import$/, ""))).status).toBe(501);
    expect((await call("POST", `${JOB}s:run`)).status).toBe(404);
    expect((await call("GET", `${JOB}/executions/none`)).status).toBe(404);
  });

  it("reads overrides as Google writes them, and refuses what Google refuses", () => {
    const request = (overrides: object) => overridesOf(Buffer.from(JSON.stringify({ overrides })));
    expect(overridesOf(Buffer.alloc(0))).toEqual({});
    expect(
      request({
        taskCount: 3,
        timeout: "90s",
        containerOverrides: [{ args: ["a"], env: [{ name: "A", value: "1" }, { name: "B" }] }],
      }),
    ).toEqual({ tasks: 3, timeoutMs: 90_000, args: ["a"], environment: { A: "1", B: "" } });
    expect(request({ containerOverrides: [{ args: ["a"], clearArgs: true }] })).toEqual({});
    expect(codeOf(() => request({ taskCount: 0 }))).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => overridesOf(Buffer.from("{")))).toBe("INVALID_ARGUMENT");
  });
});
