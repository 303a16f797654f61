import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { CloudRunService, MillraceStack, Topic } from "millrace";
import { type Engine, startEngine } from "millrace/local";
import { loadEnvironments, synthesize } from "millrace/stacks";
import { httpError, runWorkflow, type TestedWorkflow, workflowCoverage, workflowError } from "millrace/testing";
import { again } from "./again";
import { machine } from "./machine";
import { saga } from "./saga";
import { OrdersStack, WORKLOADS } from "./stack";

const read = (file: string) => readFileSync(join(__dirname, file), "utf8");
const fails = (error: unknown) => () => {
  throw error;
};

describe.each<[string, TestedWorkflow]>([
  ["in TypeScript", machine],
  ["in YAML", read("machine.yaml")],
])("the virtual machine, %s", (_, definition) => {
  const vm = { networkInterfaces: [{ accessConfigs: [{ natIP: "203.0.113.7" }] }] };
  const stubs = {
    "googleapis.compute.v1.instances.insert": () => ({ kind: "compute#operation" }),
    "googleapis.compute.v1.instances.get": () => vm,
    "googleapis.compute.v1.instances.delete": () => null,
  };

  it("is made, waited for, called and deleted", async () => {
    const run = await runWorkflow(definition, { stubs: { ...stubs, "http.post": () => ({ body: "done" }) } });
    expect(run).toMatchObject({ result: "done", seconds: 30, retries: [] });
    expect(run.calls.map((call) => call.function.split(".").slice(-2).join("."))).toEqual([
      "instances.insert",
      "sys.sleep",
      "instances.get",
      "http.post",
      "instances.delete",
    ]);
    expect(run.calls[3]!.args).toEqual({
      url: "http://203.0.113.7:8080/process",
      body: { data: "processing request" },
    });
  });

  it("is deleted when its work fails for good, after five retries", async () => {
    const run = await runWorkflow(definition, { stubs: { ...stubs, "http.post": fails(httpError(503)) } });
    expect(run).toMatchObject({
      state: "FAILED",
      error: { code: 503 },
      retries: [1, 1.25, 1.5625, 1.953125, 2.44140625],
    });
    expect(run.calls.at(-1)).toMatchObject({
      function: "googleapis.compute.v1.instances.delete",
      step: "main/give_back",
    });
  });
});

describe.each<[string, TestedWorkflow]>([
  ["in TypeScript", again("https://api.example.com/process")],
  ["in YAML", read("again.yaml")],
])("calling once more, %s", (_, definition) => {
  it("does so a minute after a failure, and says what it was", async () => {
    const run = await runWorkflow(definition, {
      stubs: {
        "main/ask": fails(workflowError({ message: "broken", tags: ["ConnectionError"] })),
        "main/ask_again": () => ({ body: 7 }),
      },
    });
    expect(run).toMatchObject({ result: 7, seconds: 60, logs: [{ severity: "ERROR", entry: "Error: broken" }] });
  });

  it("does not where the first call succeeds", async () => {
    const run = await runWorkflow(definition, { stubs: { "main/ask": () => ({ body: 1 }) } });
    expect(run).toMatchObject({ result: 1, seconds: 0, logs: [] });
  });
});

describe("the saga", () => {
  const stack = new MillraceStack(new App(), {
    app: "orders",
    environment: "dev",
    project: { id: "orders-dev", number: "123456789012" },
    region: "europe-west1",
  });
  const service = (id: string) => new CloudRunService(stack, id, { image: `example.com/a@sha256:${"0".repeat(64)}` });
  const definition = saga({
    stock: service("Stock"),
    payments: service("Payments"),
    approvals: new Topic(stack, "Ask"),
  });
  const coverage = workflowCoverage(definition);
  const order = { id: "o-1", sku: "tea", amount: 20 };
  const large = { ...order, amount: 700 };
  const approved = (value: boolean) => ({ http_request: { body: { approved: value } } });
  const publish = { "googleapis.pubsub.v1.projects.topics.publish": () => ({ messageIds: ["1"] }) };
  const run = (argument: object, stubs: Parameters<typeof runWorkflow>[1]) =>
    runWorkflow(definition, { argument, coverage, ...stubs });
  const actions = ({ calls }: Awaited<ReturnType<typeof run>>) =>
    calls
      .filter(({ function: name }) => name === "http.post")
      .map(({ args }) => (args.body as { action: string }).action);

  it("has no faults", () => expect(definition.check()).toEqual([]));

  it("ships, each step as an event of its own", async () => {
    const done = await run(order, { stubs: { "http.post": () => ({ code: 204 }) } });
    expect(done.result).toEqual({ order: "o-1", state: "shipped" });
    expect(actions(done)).toEqual(["reserve", "charge", "ship"]);
    expect(done.calls[0]!.args.headers).toMatchObject({
      "ce-id": "00000000-0000-4000-8000-000000000000/reserve",
      "ce-source": "//workflows.googleapis.com/test",
    });
  });

  it("asks a person where much is at stake", async () => {
    const stubs = { ...publish, "http.post": () => null, "events.await_callback": () => approved(true) };
    expect((await run(large, { stubs })).result).toMatchObject({ state: "shipped" });
  });

  it.each([
    ["a person refuses", { ...publish, "events.await_callback": () => approved(false) }, "nobody approved it"],
    ["nobody answers for three days", publish, "TimeoutError: no request has come to the callback endpoint in time"],
  ])("gives back what it has reserved when %s", async (_, stubs, reason) => {
    const done = await run(large, { stubs: { ...stubs, "http.post": () => null } });
    expect(done.result).toEqual({ order: "o-1", state: "cancelled", reason });
    expect(actions(done)).toEqual(["reserve", "release"]);
  });

  it("undoes everything, the last first, when it cannot ship", async () => {
    const done = await run(order, { stubs: { "http.post": () => null, "main/ship": fails(httpError(500)) } });
    expect(done.result).toMatchObject({ state: "cancelled", reason: "HTTP server responded with error code 500" });
    expect(actions(done)).toEqual(["reserve", "charge", "ship", "refund", "release"]);
  });

  it("has nothing to undo when nothing was done", async () => {
    const done = await run(order, { stubs: { "main/reserve": fails(httpError(400)) } });
    expect(actions(done)).toEqual(["reserve"]);
  });

  it("was taken in every step and branch by these tests", () => {
    expect(coverage.steps().missed).toEqual([]);
    expect(coverage.branches().missed).toEqual([]);
  });
});

describe("the orders on the engine", () => {
  const scratch = mkdtempSync(join(tmpdir(), "millrace-"));
  const options = { outDir: join(scratch, "cdktf.out"), stateDir: join(scratch, "state"), stack: "orders-local" };
  let engine: Engine;
  const start = async () => void (engine = await startEngine({ ...options, timeScale: 2 }));

  beforeAll(async () => {
    const folder = join(__dirname, "environments");
    expect(loadEnvironments({ folder, only: "local" }).environments).toHaveLength(1);
    synthesize({
      folder,
      outdir: options.outDir,
      only: "local",
      workloads: WORKLOADS,
      build: (app, environment) => new OrdersStack(app, environment),
    });
    await start();
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(scratch, { recursive: true });
  });

  const NAME = "projects/millrace-local/locations/europe-west1/workflows/orders-local-orders";
  const begin = (order: object) => engine.workflows.create(NAME, { argument: JSON.stringify(order) }).name;
  const end = async (execution: string) => {
    const { state, result, error } = await engine.workflows.ended(execution);
    return error ? { state, error: error.context } : { state, result: JSON.parse(result!) as unknown };
  };
  const document = async (path: string) => {
    const base = `http://${engine.endpoints.firestore}/v1/projects/millrace-local/databases/(default)/documents`;
    const response = await fetch(`${base}/${path}`);
    if (response.status === 404) return undefined;
    const { fields } = (await response.json()) as { fields: { state?: { stringValue: string } } };
    return fields.state?.stringValue ?? "there";
  };
  const until = async <T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  it("raise no warning but for the machines of the other team", () => {
    const codes = engine.warnings.filter(({ path }) => path.includes("google_workflows_workflow"));
    expect(codes.map(({ code, path }) => `${code} ${path.split(" ").at(-1)}`)).toEqual([
      "MR6106 main/create",
      "MR4022 main/ask",
      "MR4022 main/ask_again",
    ]);
  });

  it("ship", async () => {
    expect(await end(begin({ id: "small", sku: "tea", amount: 20 }))).toEqual({
      state: "SUCCEEDED",
      result: { order: "small", state: "shipped" },
    });
    expect(await document("stock/small")).toBe("shipped");
    expect(await document("payments/small")).toBe("charged");
  });

  it("ship once when a process dies on the way", async () => {
    const pids = () => engine.processes.status().flatMap(({ instances }) => instances.map(({ pid }) => pid));
    const execution = begin({ id: "crash", sku: "tea", amount: 20 });
    for (const pid of pids()) engine.processes.kill(pid, "SIGKILL");
    expect(await end(execution)).toMatchObject({ result: { state: "shipped" } });
    expect(await document("stock/crash/moves/reserve")).toBe("there");
    expect(await document("stock/crash")).toBe("shipped");
  });

  /** What a person is asked about an order. */
  const question = (order: string) =>
    until(async () => {
      const subscription = "projects/millrace-local/subscriptions/orders-local-to-approve";
      const response = await fetch(`http://${engine.endpoints.pubsub}/v1/${subscription}:pull`, {
        method: "POST",
        body: JSON.stringify({ maxMessages: 10, returnImmediately: true }),
      });
      const { receivedMessages = [] } = (await response.json()) as {
        receivedMessages?: { ackId: string; message: { data: string } }[];
      };
      const asked = receivedMessages.map(
        ({ message }) =>
          JSON.parse(Buffer.from(message.data, "base64").toString()) as { order: string; answer: string },
      );
      return asked.find((one) => one.order === order)?.answer;
    });
  /** The callback's path; the engine may have another port after a restart. */
  const answer = async (url: string, approved: boolean) => {
    const response = await fetch(`http://${engine.endpoints.pubsub}${new URL(url).pathname}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ approved }),
    });
    return response.status;
  };

  it("wait for a person, over a restart of the engine", async () => {
    const execution = begin({ id: "large", sku: "silver", amount: 700 });
    const url = await question("large");
    expect(await document("stock/large")).toBe("reserved");
    await engine.stop();
    await start();
    await until(() =>
      engine.workflows
        .callbacks(execution)
        ?.list()
        .find(({ waiters }) => waiters === 1),
    );
    expect(await answer(url, true)).toBe(200);
    expect(await end(execution)).toMatchObject({ result: { state: "shipped" } });
    expect(await document("payments/large")).toBe("charged");
    expect(await answer(url, true)).toBe(404);
  });

  it("are undone when the bank refuses, and when a person does", async () => {
    const declined = begin({ id: "declined", sku: "gold", amount: 2_000 });
    const refused = begin({ id: "refused", sku: "gold", amount: 600 });
    await answer(await question("declined"), true);
    await answer(await question("refused"), false);
    expect(await end(declined)).toMatchObject({ result: { state: "cancelled" } });
    expect(await end(refused)).toMatchObject({ result: { state: "cancelled", reason: "nobody approved it" } });
    expect(await document("stock/declined")).toBe("released");
    expect(await document("stock/refused")).toBe("released");
    expect(await document("payments/declined")).toBeUndefined();
  });
});
