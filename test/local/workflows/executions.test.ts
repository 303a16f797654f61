import type { Json } from "../../../contract/json";
import { virtualClock } from "../../../local/engine/clock";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import { seededRandom } from "../../../local/engine/random";
import { createWorkflows, type Workflows, workflowsRest } from "../../../local/engine/workflows";
import type { HttpRequest, HttpResponse } from "../../../local/engine/workflows/http";
import type { Ways } from "../../../local/engine/workflows/run";
import { StatusError } from "../../../local/wire/rest";

const NAME = "projects/p/locations/europe-west1/workflows/orders";
const START = Date.UTC(2026, 0, 31);

interface Desk {
  readonly workflows: Workflows;
  readonly requests: HttpRequest[];
  readonly events: EngineEvent[];
  readonly journal: Json[];
  readonly clock: ReturnType<typeof virtualClock>;
  /** Lets everything happen that needs no time. */
  readonly settle: () => Promise<void>;
  readonly rest: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
}

/** @param journal what an earlier run has kept */
function desk(
  journal: Json[] = [],
  answer: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse = () => json({}),
  now = START,
): Desk {
  const clock = virtualClock(now);
  const bus = createEvents(() => clock.now());
  const events: EngineEvent[] = [];
  bus.on((event) => void events.push(event));
  const requests: HttpRequest[] = [];
  const ways: Ways = {
    transport: () => async (request) => {
      requests.push(request);
      return answer(request);
    },
    connector: () => undefined,
    origin: () => "http://127.0.0.1:1",
  };
  const kept = [...journal];
  const workflows = createWorkflows({
    clock,
    random: seededRandom(1),
    events: bus,
    journal: { append: (_, entry) => void kept.push(structuredClone(entry)), flush: async () => {} },
    ways,
  });
  for (const entry of journal) workflows.replay(entry);
  const surface = workflowsRest(workflows);
  return {
    workflows,
    requests,
    events,
    journal: kept,
    clock,
    settle: () => clock.advance(0).then(() => new Promise((resolve) => setTimeout(resolve, 5))),
    async rest(method, path, body) {
      const [bare = "", query = ""] = path.split("?");
      const response = await surface({
        method,
        path: bare,
        query: new URLSearchParams(query),
        headers: { "content-type": "application/json" },
        body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
        signal: new AbortController().signal,
      });
      return { status: response.status, body: JSON.parse(response.body as string) as unknown };
    },
  };
}

const json = (body: unknown, status = 200): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify(body)),
});

const config = (steps: object[], more: object = {}) => ({
  name: NAME,
  source: JSON.stringify({ main: { params: ["order"], steps } }),
  projectNumber: "123",
  serviceAccountEmail: "orders@p.iam.gserviceaccount.com",
  env: { STAGE: "test" },
  ...more,
});

describe("an execution", () => {
  it("runs with its argument, the user's variables and Google's", async () => {
    const { workflows, events } = desk();
    workflows.ensure(
      config([
        {
          done: {
            return: {
              id: "${order.id}",
              stage: '${sys.get_env("STAGE")}',
              workflow: '${sys.get_env("GOOGLE_CLOUD_WORKFLOW_ID")}',
              revision: '${sys.get_env("GOOGLE_CLOUD_WORKFLOW_REVISION_ID")}',
              who: '${sys.get_env("GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME")}',
            },
          },
        },
      ]),
    );
    workflows.start();
    const begun = workflows.create(NAME, { argument: '{"id": 7}' });
    expect(begun).toMatchObject({ state: "ACTIVE", startMs: START });
    const ended = await workflows.ended(begun.name);
    expect(JSON.parse(ended.result!)).toEqual({
      id: 7,
      stage: "test",
      workflow: "orders",
      revision: begun.revision,
      who: "orders@p.iam.gserviceaccount.com",
    });
    expect(events.map(({ type }) => type)).toEqual(["executionStarted", "executionEnded"]);
  });

  it("keeps its revision while a new one is deployed", async () => {
    const { workflows, clock } = desk();
    const version = (text: string) =>
      config([{ wait: { call: "sys.sleep", args: { seconds: 60 } } }, { done: { return: text } }]);
    workflows.ensure(version("old"));
    workflows.start();
    const first = workflows.create(NAME);
    workflows.ensure(version("new"));
    const second = workflows.create(NAME);
    expect(first.revision).toMatch(/^000001-/);
    expect(second.revision).toMatch(/^000002-/);
    await clock.advance(60_000);
    expect((await workflows.ended(first.name)).result).toBe('"old"');
    expect((await workflows.ended(second.name)).result).toBe('"new"');
  });

  it("fails with what was raised and where", async () => {
    const { workflows, events } = desk();
    workflows.ensure(config([{ fail: { raise: { code: 7 } } }]));
    workflows.start();
    const { name } = workflows.create(NAME);
    const { state, error } = await workflows.ended(name);
    expect(state).toBe("FAILED");
    expect(error).toMatchObject({ payload: '{"code":7}', stack: [{ step: "fail", routine: "main" }] });
    expect(events.at(-1)).toMatchObject({ type: "executionEnded", state: "FAILED" });
  });

  it("fails with the stub to write, for what nothing here answers", async () => {
    const { workflows } = desk();
    workflows.ensure(config([{ translate: { call: "googleapis.translate.v2.translations.translate" } }]));
    workflows.start();
    const { error } = await workflows.ended(workflows.create(NAME).name);
    expect(error!.context).toContain("MR6101 main/translate: googleapis.translate.v2.translations.translate");
  });

  it("stops when it is cancelled", async () => {
    const { workflows, clock, requests } = desk();
    workflows.ensure(
      config([
        { wait: { call: "sys.sleep", args: { seconds: 60 } } },
        { ask: { call: "http.get", args: { url: "https://example.com" } } },
      ]),
    );
    workflows.start();
    const { name } = workflows.create(NAME);
    await clock.advance(1_000);
    expect(workflows.steps(name)).toEqual([{ routine: "main", step: "wait" }]);
    expect(workflows.cancel(name)).toMatchObject({ state: "CANCELLED", endMs: START + 1_000 });
    await clock.advance(120_000);
    expect(requests).toEqual([]);
    expect(() => workflows.cancel(name)).toThrow(StatusError);
  });

  it("is idle while it waits for time or a callback, and busy while it asks or is about to ask again", async () => {
    const { workflows, clock, settle } = desk([], () => json({}, 503));
    workflows.ensure(
      config([
        { wait: { call: "sys.sleep", args: { seconds: 60 } } },
        {
          ask: {
            try: { call: "http.get", args: { url: "https://example.com" } },
            retry: "${http.default_retry}",
          },
        },
      ]),
    );
    workflows.start();
    workflows.create(NAME);
    await settle();
    expect(workflows.idle()).toBe(true);
    await clock.advance(60_000);
    await settle();
    expect(workflows.idle()).toBe(false);
  });
});

/** Charges, asks somebody, then ships: in branches too. */
const LONG = config([
  { init: { assign: [{ log: [] }, { id: "${uuid.generate()}" }, { at: "${sys.now()}" }] } },
  {
    both: {
      parallel: {
        shared: ["log"],
        branches: [
          {
            one: {
              steps: [
                { ask_one: { call: "http.get", args: { url: "https://example.com/one" }, result: "r" } },
                { note_one: { assign: [{ log: '${list.concat(log, "one " + r.body.n)}' }] } },
              ],
            },
          },
          {
            two: {
              steps: [
                { ask_two: { call: "http.get", args: { url: "https://example.com/two" }, result: "r" } },
                { note_two: { assign: [{ log: '${list.concat(log, "two " + r.body.n)}' }] } },
              ],
            },
          },
        ],
      },
    },
  },
  { week: { call: "sys.sleep", args: { seconds: 604800 } } },
  { endpoint: { call: "events.create_callback_endpoint", args: { http_callback_method: "POST" }, result: "callback" } },
  { answer: { call: "events.await_callback", args: { callback: "${callback}", timeout: 3600 }, result: "said" } },
  { say: { call: "sys.log", args: { text: "${callback.url}" } } },
  { done: { return: { log: "${log}", id: "${id}", at: "${at}", said: "${said.http_request.body.ok}" } } },
]);

describe("an execution whose engine is restarted", () => {
  /** The second branch is answered first. */
  const inDisorder = (() => {
    let n = 0;
    return async ({ url }: HttpRequest) => {
      if (url.endsWith("one")) await new Promise((resolve) => setTimeout(resolve, 10));
      return json({ n: ++n });
    };
  })();

  it("goes on where it was: nothing is asked twice, and what branches wrote is in the same order", async () => {
    const first = desk([], inDisorder);
    first.workflows.ensure(LONG);
    first.workflows.start();
    const { name } = first.workflows.create(NAME);
    while (first.requests.length < 2 || !first.workflows.idle()) await first.settle();
    await first.clock.advance(86_400_000);
    first.workflows.stop();

    const second = desk(
      first.journal,
      () => {
        throw new Error("asked again");
      },
      START + 86_400_000,
    );
    second.workflows.ensure(LONG);
    second.workflows.start();
    for (let i = 0; i < 20; i++) await second.settle();
    expect(second.workflows.steps(name)).toEqual([{ routine: "main", step: "week" }]);
    // Six of the seven days are left.
    await second.clock.advance(6 * 86_400_000 - 1);
    expect(second.workflows.callbacks(name)!.list()).toEqual([]);
    await second.clock.advance(1);
    await second.settle();
    const { id, waiters } = second.workflows.callbacks(name)!.list()[0]!;
    expect(waiters).toBe(1);
    second.workflows.stop();

    const third = desk(second.journal, undefined, START + 7 * 86_400_000);
    third.workflows.ensure(LONG);
    third.workflows.start();
    for (let i = 0; i < 20; i++) await third.settle();
    expect(await third.rest("POST", `/v1/${name}/callbacks/${id}`, { ok: true })).toMatchObject({ status: 200 });
    const ended = await third.workflows.ended(name);
    expect(ended.state).toBe("SUCCEEDED");
    expect(JSON.parse(ended.result!)).toEqual({
      log: ["two 1", "one 2"],
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      at: START / 1_000,
      said: true,
    });
    expect(third.requests).toEqual([]);
  });

  it("asks once more for what had not been answered", async () => {
    const source = config([
      { ask: { call: "http.post", args: { url: "https://example.com/charge" }, result: "r" } },
      { done: { return: "${r.body.n}" } },
    ]);
    const first = desk([], () => new Promise(() => {}));
    first.workflows.ensure(source);
    first.workflows.start();
    const { name } = first.workflows.create(NAME);
    await first.settle();
    first.workflows.stop();
    const second = desk(first.journal, () => json({ n: 2 }));
    second.workflows.ensure(source);
    second.workflows.start();
    expect((await second.workflows.ended(name)).result).toBe("2");
    expect(second.requests).toHaveLength(1);
  });

  it("takes a callback that came before the restart and that nobody had waited for", async () => {
    const source = config([
      { endpoint: { call: "events.create_callback_endpoint", result: "callback" } },
      { wait: { call: "sys.sleep", args: { seconds: 60 } } },
      { answer: { call: "events.await_callback", args: { callback: "${callback}" }, result: "said" } },
      { done: { return: "${said.http_request.body}" } },
    ]);
    const first = desk();
    first.workflows.ensure(source);
    first.workflows.start();
    const { name } = first.workflows.create(NAME);
    await first.settle();
    const { id } = first.workflows.callbacks(name)!.list()[0]!;
    const path = `/v1/${name}/callbacks/${id}`;
    expect((await first.rest("GET", path)).status).toBe(404);
    expect((await first.rest("POST", path, "early")).status).toBe(200);
    expect((await first.rest("POST", path, "second")).status).toBe(429);
    expect((await first.rest("GET", `/v1/${name}/callbacks`)).body).toEqual({
      callbacks: [{ name: `${name}/callbacks/${id}`, method: "POST", availablePayloads: ["payload"], waiters: "0" }],
    });
    first.workflows.stop();
    const second = desk(first.journal);
    second.workflows.ensure(source);
    second.workflows.start();
    await second.settle();
    await second.clock.advance(60_000);
    expect((await second.workflows.ended(name)).result).toBe('"early"');
    expect((await second.rest("POST", path, "late")).status).toBe(404);
  });

  it("is forgotten with its workflow, and ended ones are kept up to a number", async () => {
    const first = desk();
    first.workflows.ensure(config([{ done: { return: 1 } }]));
    first.workflows.start();
    const names = await Promise.all(
      Array.from({ length: 1_002 }, () => first.workflows.ended(first.workflows.create(NAME).name)),
    );
    expect(first.workflows.list(NAME)).toHaveLength(1_000);
    expect(() => first.workflows.get(names[0]!.name)).toThrow("does not exist");
    const entries = [...first.workflows.compact()];
    expect(entries).toHaveLength(1_001);
    const second = desk(entries);
    second.workflows.ensure(config([{ done: { return: 1 } }]));
    expect(second.workflows.list(NAME)).toHaveLength(1_000);
    expect(second.workflows.remove(NAME)).toBe(true);
    expect(() => second.workflows.get(names.at(-1)!.name)).toThrow("does not exist");
    expect(second.workflows.remove(NAME)).toBe(false);
  });
});

describe("the REST API of executions", () => {
  it("creates, gets, lists and cancels in Google's words", async () => {
    const { workflows, rest, clock } = desk();
    workflows.ensure(config([{ wait: { call: "sys.sleep", args: { seconds: "${order.seconds}" } } }]));
    workflows.start();
    const created = await rest("POST", `/v1/${NAME}/executions`, {
      argument: '{"seconds": 1}',
      labels: { source: "test" },
    });
    const { name } = created.body as { name: string };
    expect(created).toMatchObject({
      status: 200,
      body: { state: "ACTIVE", startTime: "2026-01-31T00:00:00.000Z", labels: { source: "test" } },
    });
    await clock.advance(1_000);
    await workflows.ended(name);
    expect((await rest("GET", `/v1/${name}`)).body).toMatchObject({
      state: "SUCCEEDED",
      result: "null",
      argument: '{"seconds": 1}',
      duration: "1s",
    });
    const { body: other } = await rest("POST", `/v1/${NAME}/executions`, { argument: '{"seconds": 100}' });
    await clock.advance(0);
    expect((await rest("GET", `/v1/${(other as { name: string }).name}`)).body).toMatchObject({
      status: { currentSteps: [{ routine: "main", step: "wait" }] },
    });
    expect((await rest("POST", `/v1/${(other as { name: string }).name}:cancel`)).body).toMatchObject({
      state: "CANCELLED",
    });
    const listed = (await rest("GET", `/v1/${NAME}/executions?pageSize=1`)).body as {
      executions: { argument?: string; state: string }[];
      nextPageToken: string;
    };
    expect(listed).toMatchObject({ executions: [{ state: "CANCELLED" }], nextPageToken: "1" });
    expect(listed.executions[0]).not.toHaveProperty("argument");
    expect((await rest("GET", `/v1/${NAME}/executions?filter=state%3D%22SUCCEEDED%22`)).body).toMatchObject({
      executions: [{ name }],
    });
    expect((await rest("GET", `/v1/${NAME}`)).body).toMatchObject({ name: NAME, state: "ACTIVE" });
    expect((await rest("GET", "/v1/projects/p/locations/europe-west1/workflows")).body).toMatchObject({
      workflows: [{ name: NAME }],
    });
  });

  it("refuses what Google refuses", async () => {
    const { workflows, rest } = desk();
    workflows.ensure(config([{ done: { return: 1 } }]));
    workflows.start();
    const status = async (method: string, path: string, body?: unknown) => (await rest(method, path, body)).status;
    expect(await status("POST", `/v1/${NAME}x/executions`)).toBe(404);
    expect(await status("POST", `/v1/${NAME}/executions`, { argument: "{" })).toBe(400);
    expect(await status("POST", `/v1/${NAME}/executions`, { argument: { no: "text" } })).toBe(400);
    expect(await status("POST", `/v1/${NAME}/executions`, { argument: JSON.stringify("x".repeat(600_000)) })).toBe(400);
    expect(await status("POST", `/v1/${NAME}/executions`, ["no map"])).toBe(400);
    expect(await status("GET", `/v1/${NAME}/executions/none`)).toBe(404);
    expect(await status("GET", `/v1/${NAME}/executions?filter=label`)).toBe(501);
    expect(await status("PATCH", `/v1/${NAME}`)).toBe(501);
    expect(() => workflows.ensure(config([{ done: { next: "nowhere" } }]))).toThrow('no step "nowhere"');
  });

  it("lets a client delete a workflow", async () => {
    const { workflows, rest } = desk();
    workflows.ensure(config([{ done: { return: 1 } }]));
    workflows.start();
    expect((await rest("DELETE", `/v1/${NAME}`)).status).toBe(200);
    expect((await rest("GET", `/v1/${NAME}`)).status).toBe(404);
    expect((await rest("POST", `/v1/${NAME}/executions`)).status).toBe(404);
  });
});
