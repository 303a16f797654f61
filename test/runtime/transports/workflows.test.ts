import { Fatal, memoryStore } from "../../../runtime";
import { createCore, type RuntimeOptions } from "../../../runtime/core";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { workflowCallbacks, workflowSteps } from "../../../runtime/transports";
import { environmentFor } from "../support/environment";
import { atLeastOnce } from "../support/orders";
import { goodClaims, strippedToken } from "../support/tokens";

const EXECUTION = "projects/1/locations/europe-west1/workflows/shop/executions/4f3b";
const CALLBACK = `https://workflowexecutions.googleapis.com/v1/${EXECUTION}/callbacks/9a1c`;

const coreOf = (handler: Handler, more: RuntimeOptions = {}) =>
  createCore(handler, {
    env: environmentFor(handler),
    transports: [workflowSteps()],
    store: memoryStore(),
    write: () => {},
    fetch: async () => Response.json({ messageIds: ["1"] }),
    ...more,
  });
const post = (core: ReturnType<typeof coreOf>, headers: Record<string, string>, body: unknown) =>
  core.handle({
    method: "POST",
    path: "/",
    headers: { authorization: strippedToken(goodClaims(Date.now())), "content-type": "application/json", ...headers },
    body: async () => Buffer.from(JSON.stringify(body)),
  });

describe("a step of a workflow that calls a handler", () => {
  const call = (core: ReturnType<typeof coreOf>, step = "charge", body: unknown = { id: "7" }) =>
    post(core, { "x-millrace-workflow-execution": EXECUTION, "x-millrace-workflow-step": step }, body);

  it("is given the result, and the same result when it is retried", async () => {
    let runs = 0;
    const core = coreOf(defineHandler(atLeastOnce, (order) => ({ charged: order.id, run: ++runs })));
    const reply = { status: 200, text: '{"charged":"7","run":1}', type: "application/json" };
    expect(await call(core)).toMatchObject(reply);
    expect(await call(core)).toMatchObject(reply);
  });

  it("is given null by a handler that returns nothing", async () => {
    expect(await call(coreOf(defineHandler(atLeastOnce, () => undefined)))).toMatchObject({
      status: 200,
      text: "null",
    });
  });

  it.each([
    ["may be mended", () => new Error("later"), 503, { class: "Error", message: "later" }],
    ["cannot be mended", () => new Fatal("never"), 422, { class: "Fatal", message: "never" }],
  ])("is told of a failure that %s, and nothing is parked", async (_what, error, status, cause) => {
    const sent: unknown[] = [];
    const core = coreOf(
      defineHandler(atLeastOnce, async () => {
        throw error();
      }),
      { fetch: async (url) => (sent.push(url), Response.json({})) },
    );
    const reply = await call(core);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toEqual({ error: cause });
    expect(sent).toEqual([]);
  });

  it("is told what is wrong with what it sends", async () => {
    const reply = await call(coreOf(defineHandler(atLeastOnce, () => undefined)), "charge", { id: 7 });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text)).toEqual({ error: { class: "MR3021", message: "id: expected a string" } });
    expect((await call(coreOf(defineHandler(atLeastOnce, () => undefined)), "")).status).toBe(400);
  });
});

describe("a workflow that waits for a callback", () => {
  const push = (core: ReturnType<typeof coreOf>, url: string, id = "7") =>
    post(
      core,
      {},
      {
        message: {
          messageId: `m-${id}`,
          data: Buffer.from(JSON.stringify({ id })).toString("base64"),
          attributes: { "millrace-callback": url },
        },
      },
    );
  const world = (handler: Handler, answers: readonly number[] = [], loopback = false) => {
    const told: { url: string; authorization: string | null; body: unknown }[] = [];
    const waiting = [...answers];
    const report = workflowCallbacks({
      loopback,
      accessToken: async () => "token",
      fetch: async (url, init) => {
        const authorization = new Headers(init!.headers).get("authorization");
        told.push({ url: url as string, authorization, body: JSON.parse(init!.body as string) });
        return new Response("", { status: waiting.shift() ?? 200 });
      },
    });
    return { told, core: coreOf(handler, { report }) };
  };
  const returning = defineHandler(atLeastOnce, (order) => ({ charged: order.id }));

  it("is told the result before the message is acknowledged", async () => {
    const { told, core } = world(returning);
    expect((await push(core, CALLBACK)).status).toBe(204);
    const body = { outcome: "done", result: { charged: "7" } };
    expect(told).toEqual([{ url: CALLBACK, authorization: "Bearer token", body }]);
  });

  it("is told again with the next delivery when it could not be", async () => {
    const { told, core } = world(returning, [500]);
    expect((await push(core, CALLBACK)).status).toBe(500);
    expect((await push(core, CALLBACK)).status).toBe(204);
    const body = { outcome: "done", result: { charged: "7" } };
    expect(told.map((each) => each.body)).toEqual([body, body]);
  });

  it.each([404, 429])("needs telling no more when it answers %d", async (status) => {
    const { core } = world(returning, [status]);
    expect((await push(core, CALLBACK)).status).toBe(204);
  });

  it("is told that the event was parked, and nothing of one that is tried again", async () => {
    let error: Error = new Error("later");
    const { told, core } = world(
      defineHandler(atLeastOnce, async () => {
        throw error;
      }),
    );
    expect((await push(core, CALLBACK)).status).toBe(500);
    expect(told).toEqual([]);
    error = new Fatal("never");
    expect((await push(core, CALLBACK)).status).toBe(204);
    expect(told.map(({ body }) => body)).toEqual([{ outcome: "parked", error: { class: "Fatal", message: "never" } }]);
  });

  it.each([
    "https://evil.example/v1/projects/1/callbacks/1",
    "https://workflowexecutions.googleapis.com.evil.example/v1/projects/1/locations/l/workflows/w/executions/e/callbacks/c",
    "http://workflowexecutions.googleapis.com/v1/projects/1/locations/l/workflows/w/executions/e/callbacks/c",
    "http://127.0.0.1:1/v1/projects/1/locations/l/workflows/w/executions/e/callbacks/c",
    `${CALLBACK}/../../x`,
    `${CALLBACK}?x=1`,
  ])("is never given a token at %s", async (url) => {
    const { told, core } = world(returning);
    expect((await push(core, url)).status).toBe(204);
    expect(told).toEqual([]);
  });

  it("may be on loopback where that is allowed", async () => {
    const { told, core } = world(returning, [], true);
    const url = `http://127.0.0.1:8080/v1/${EXECUTION}/callbacks/9a1c`;
    await push(core, url);
    expect(told.map((each) => each.url)).toEqual([url]);
    expect(JSON.stringify(told)).not.toContain("Bearer token");
  });
});
