import { join } from "node:path";
import { tasksList, tasksPurge, tasksRun } from "../../../cli/commands/tasks";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { screen } from "../../cli/screen";
import { outFolder, NUMBER, pipeline, PROJECT } from "../engine/fixture";
import { recorder, seenIn } from "../engine/handler";

/* Google's own client, unmodified, and a plan's queue whose tasks reach a handler through the front door. */

const out = outFolder();
const QUEUE = `projects/${PROJECT}/locations/europe-west1/queues/mails`;
const URL = `https://charge-${NUMBER}.europe-west1.run.app/mail`;
const oidcToken = {
  serviceAccountEmail: `push-charge@${PROJECT}.iam.gserviceaccount.com`,
  audience: "charge-audience",
};

const withQueue: Parameters<typeof pipeline>[0] = (resource) => {
  resource.google_cloud_tasks_queue = {
    mails: {
      name: "mails",
      location: "europe-west1",
      rate_limits: { max_dispatches_per_second: 10, max_concurrent_dispatches: 3 },
      retry_config: { max_attempts: 5, min_backoff: "0.05s", max_backoff: "1s", max_doublings: 2 },
      stackdriver_logging_config: { sampling_ratio: 1 },
    },
  };
  resource.google_cloud_tasks_queue_iam_member = {
    shop: {
      name: "${google_cloud_tasks_queue.mails.name}",
      location: "europe-west1",
      role: "roles/cloudtasks.enqueuer",
      member: "${google_service_account.run.member}",
    },
  };
};

let engine: Engine;
let client: Awaited<ReturnType<typeof connect>>;
const outDir = out.write({ app: pipeline(withQueue) }, recorder);
const [stateDir, seenFile] = [join(out.root, "state"), join(out.root, "seen")];
const options = { out: outDir, state: stateDir, color: false };

async function connect(address: string) {
  const { CloudTasksClient } = await import("@google-cloud/tasks");
  const { credentials } = await import("@grpc/grpc-js");
  const [apiEndpoint, port] = address.split(":");
  const sslCreds = credentials.createInsecure();
  return new CloudTasksClient({ projectId: PROJECT, apiEndpoint, port: Number(port), sslCreds });
}

beforeAll(async () => {
  engine = await startEngine({ outDir, stateDir, stack: "app", environment: () => ({ SEEN: seenFile }) });
  client = await connect(engine.endpoints.tasks);
});
afterAll(async () => {
  await client.close();
  await engine.stop();
});

const later = { seconds: Math.floor(Date.now() / 1_000) + 3_600 };
const httpRequest = { url: URL, httpMethod: "POST" as const, body: Buffer.from('{"to":"a"}'), oidcToken };

describe("Google's client for Cloud Tasks", () => {
  it("creates a task that reaches the handler with the caller's token and the queue's headers", async () => {
    expect(engine.warnings).toEqual([]);
    const [created] = await client.createTask({ parent: QUEUE, task: { name: `${QUEUE}/tasks/mail-1`, httpRequest } });
    expect(created).toMatchObject({
      name: `${QUEUE}/tasks/mail-1`,
      view: "BASIC",
      dispatchDeadline: { seconds: "600" },
    });
    expect(await engine.idle()).toBe(true);
    const [request] = seenIn(seenFile);
    expect(request).toMatchObject({ url: "/mail", body: '{"to":"a"}' });
    expect(request!.headers).toMatchObject({
      "x-cloudtasks-queuename": "mails",
      "x-cloudtasks-taskname": "mail-1",
      "x-cloudtasks-taskretrycount": "0",
      authorization: expect.stringMatching(/\.SIGNATURE_REMOVED_BY_GOOGLE$/) as string,
    });
  });

  it("is told that a name is taken", () =>
    expect(
      client.createTask({ parent: QUEUE, task: { name: `${QUEUE}/tasks/mail-1`, httpRequest } }),
    ).rejects.toMatchObject({ code: 6 }));

  it("is refused what Cloud Tasks refuses", async () => {
    const bad = client.createTask({ parent: QUEUE, task: { httpRequest: { url: "mail" } } });
    await expect(bad).rejects.toMatchObject({ code: 3 });
    const appEngine = client.createTask({ parent: QUEUE, task: { appEngineHttpRequest: { relativeUri: "/x" } } });
    await expect(appEngine).rejects.toMatchObject({ code: 12 });
    await expect(client.getQueue({ name: `${QUEUE}-2` })).rejects.toMatchObject({ code: 5 });
  });

  it("lists, reads, runs and deletes tasks", async () => {
    const task = { httpRequest, scheduleTime: later };
    for (const id of ["a", "b", "c"])
      await client.createTask({ parent: QUEUE, task: { ...task, name: `${QUEUE}/tasks/${id}` } });
    const [listed] = await client.listTasks({ parent: QUEUE });
    expect(listed.map(({ name }) => name!.slice(-1)).sort()).toEqual(["a", "b", "c"]);
    const [full] = await client.getTask({ name: `${QUEUE}/tasks/a`, responseView: "FULL" });
    expect(Buffer.from(full.httpRequest!.body as Uint8Array).toString()).toBe('{"to":"a"}');
    await client.runTask({ name: `${QUEUE}/tasks/a` });
    await client.deleteTask({ name: `${QUEUE}/tasks/b` });
    expect(await engine.idle()).toBe(true);
    const [left] = await client.listTasks({ parent: QUEUE });
    expect(left.map(({ name }) => name)).toEqual([`${QUEUE}/tasks/c`]);
  });

  it("reads, pauses, resumes and purges queues", async () => {
    const [queue] = await client.getQueue({ name: QUEUE });
    expect(queue).toMatchObject({
      state: "RUNNING",
      rateLimits: { maxDispatchesPerSecond: 10, maxBurstSize: 10, maxConcurrentDispatches: 3 },
      retryConfig: { maxAttempts: 5, maxDoublings: 2 },
    });
    expect((await client.pauseQueue({ name: QUEUE }))[0].state).toBe("PAUSED");
    expect((await client.resumeQueue({ name: QUEUE }))[0].state).toBe("RUNNING");
    expect((await client.purgeQueue({ name: QUEUE }))[0].purgeTime).toBeTruthy();
    expect((await client.listTasks({ parent: QUEUE }))[0]).toEqual([]);
    const [queues] = await client.listQueues({ parent: QUEUE.replace(/\/queues.*/, "") });
    expect(queues.map(({ name }) => name)).toEqual([QUEUE]);
  });
});

describe("the REST surface of Cloud Tasks", () => {
  const rest = async (method: string, path: string, body?: string) => {
    const init = { method, ...(body !== undefined && { body }) };
    const response = await fetch(`http://${engine.endpoints.tasks}/v2/${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("creates a task and shows it", async () => {
    const task = { name: `${QUEUE}/tasks/rest`, httpRequest: { url: URL }, scheduleTime: "2026-12-01T00:00:00Z" };
    const scheduleTime = new Date(later.seconds * 1_000).toISOString();
    const created = await rest("POST", `${QUEUE}/tasks`, JSON.stringify({ task: { ...task, scheduleTime } }));
    expect(created).toMatchObject({ status: 200, body: { httpRequest: { httpMethod: "POST" }, view: "BASIC" } });
    expect((await rest("GET", `${QUEUE}/tasks/rest?responseView=FULL`)).body).toMatchObject({ view: "FULL" });
  });

  it("refuses what it does not know", async () => {
    expect((await rest("POST", `${QUEUE}/tasks`, "{")).status).toBe(400);
    expect((await rest("POST", `${QUEUE}/tasks`, '{"tsk":{}}')).status).toBe(400);
    expect((await rest("PATCH", QUEUE, "{}")).status).toBe(404);
    expect((await rest("DELETE", `${QUEUE}/tasks/none`)).status).toBe(404);
  });
});

describe("millrace tasks", () => {
  it("lists, runs and purges", async () => {
    const shown = screen();
    expect(await tasksList("app", options, shown.terminal)).toBe(0);
    expect(shown.stdout()).toMatch(/^mails +RUNNING +1 task\n +rest +\S+Z +attempt 0\n$/);
    const asJson = async (command: (terminal: ReturnType<typeof screen>["terminal"]) => Promise<number>) => {
      const { terminal, stdout } = screen();
      expect(await command(terminal)).toBe(0);
      return JSON.parse(stdout()) as unknown;
    };
    expect(await asJson((terminal) => tasksList("app", { ...options, json: true }, terminal))).toMatchObject({
      schemaVersion: 1,
      stack: "app",
      queues: [{ name: QUEUE, state: "RUNNING", tasks: [{ name: `${QUEUE}/tasks/rest` }] }],
    });
    expect(await asJson((terminal) => tasksRun("rest", "app", { ...options, json: true }, terminal))).toMatchObject({
      schemaVersion: 1,
      task: { name: `${QUEUE}/tasks/rest`, dispatchCount: 1 },
    });
    expect(await engine.idle()).toBe(true);
    await client.createTask({ parent: QUEUE, task: { httpRequest, scheduleTime: later } });
    const { terminal, stdout } = screen();
    expect(await tasksPurge("mails", "app", { ...options, json: true }, terminal)).toBe(0);
    expect(JSON.parse(stdout())).toMatchObject({ queue: QUEUE, purged: expect.any(Number) as number });
    expect(engine.tasks.list(QUEUE)).toEqual([]);
  });

  it("says what there is when the name is wrong", async () => {
    const { terminal } = screen();
    const none = { issues: [{ code: "MR5006" }] };
    await expect(tasksRun("nobody", "app", options, terminal)).rejects.toMatchObject(none);
    await expect(tasksPurge("mial", "app", options, terminal)).rejects.toMatchObject({
      issues: [{ code: "MR5006", problem: 'there is no queue "mial" in the stack' }],
    });
  });
});
