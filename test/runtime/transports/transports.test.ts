import { ENV } from "../../../contract/environment";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { Fatal, type MemoryStore, memoryStore } from "../../../runtime";
import { type Core, createCore } from "../../../runtime/core";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { pushStatus } from "../../../runtime/outcome";
import { cloudScheduler, cloudTasks } from "../../../runtime/transports";
import { environmentFor } from "../support/environment";
import { atLeastOnce, saving } from "../support/orders";
import { goodClaims, strippedToken } from "../support/tokens";
import { ANSWERS, STRANGERS } from "./vectors";

it.each(STRANGERS)("neither transport takes %j for its own", (headers) => {
  expect([cloudTasks(), cloudScheduler()].map(({ recognises }) => recognises(headers))).toEqual([false, false]);
});

it.each(ANSWERS)("$outcome is told as $push to a push and as $task to a task", ({ outcome, push, task }) => {
  expect([pushStatus, cloudTasks().status, cloudScheduler().status].map((status) => status(outcome))).toEqual([
    push,
    task,
    task,
  ]);
});

describe("a handler that takes tasks and runs", () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let published: string[];
  beforeEach(() => {
    clock = virtualClock(1_700_000_000_000);
    store = memoryStore({ clock });
    published = [];
  });

  const coreOf = (handler: Handler, env: NodeJS.ProcessEnv = {}, attempts = 1) =>
    createCore(handler, {
      env: { ...environmentFor(handler), PUBSUB_EMULATOR_HOST: "pubsub.test", ...env },
      transports: [cloudTasks(), cloudScheduler({ attempts })],
      store,
      clock,
      write: () => {},
      fetch: async (url) => {
        published.push(url as string);
        return Response.json({ messageIds: ["1"] });
      },
    });
  const post = async (core: Core, headers: Record<string, string>, body: string) => {
    const { status } = await core.handle({
      method: "POST",
      path: "/",
      headers: { authorization: strippedToken(goodClaims(clock.now())), ...headers },
      body: async () => Buffer.from(body),
    });
    return status;
  };
  const task = (core: Core, retries: number, body = '{"id":"7"}') =>
    post(
      core,
      {
        "x-cloudtasks-queuename": "orders",
        "x-cloudtasks-taskname": "0042",
        "x-cloudtasks-taskretrycount": String(retries),
      },
      body,
    );
  const run = (core: Core, body = '{"id":"7"}') =>
    post(core, { "x-cloudscheduler": "true", "x-cloudscheduler-scheduletime": "2023-11-14T22:13:20Z" }, body);
  const failing = defineHandler(atLeastOnce, async () => {
    throw new Error("no");
  });
  const PARKED = ["http://pubsub.test/v1/projects/p/topics/dead:publish"];

  it("handles a task once, and asks for its token", async () => {
    const core = coreOf(saving);
    expect([await task(core, 0), await task(core, 1)]).toEqual([204, 204]);
    expect([...store.documents.keys()]).toEqual(["orders/7"]);
    expect(await post(core, { "x-cloudtasks-taskname": "1", authorization: "" }, "{}")).toBe(401);
  });

  it("still takes pushes", async () => {
    const message = { messageId: "m-1", data: Buffer.from('{"id":"7"}').toString("base64") };
    expect(await post(coreOf(saving), {}, JSON.stringify({ message }))).toBe(204);
  });

  it("takes neither when it was not told to", async () => {
    const core = createCore(saving, { env: environmentFor(saving), store, clock, write: () => {} });
    expect([await task(core, 0), await run(core)]).toEqual([400, 400]);
  });

  it("parks on the queue's last attempt: a task that is given up is deleted", async () => {
    const core = coreOf(failing, { [ENV.maxDeliveryAttempts]: "7" });
    expect(await task(core, 5)).toBe(500);
    expect(published).toEqual([]);
    expect(await task(core, 6)).toBe(204);
    expect(published).toEqual(PARKED);
  });

  it("parks on the last attempt of a run, which the record counts", async () => {
    const core = coreOf(failing, {}, 2);
    expect([await run(core), await run(core)]).toEqual([500, 204]);
    expect(published).toEqual(PARKED);
  });

  it("parks a run at once when Scheduler does not retry, its default", async () => {
    expect(await run(coreOf(failing))).toBe(204);
    expect(published).toEqual(PARKED);
  });

  it("parks what does not fit the schema: nothing else would catch it", async () => {
    expect([await task(coreOf(saving), 0, '{"id":7}'), await run(coreOf(saving), "{")]).toEqual([204, 204]);
    expect(published).toHaveLength(2);
  });

  it("refuses it, so that it is tried again, where nothing can be parked", async () => {
    expect(await task(coreOf(saving, { [ENV.deadLetterTopic]: "" }), 0, '{"id":7}')).toBe(400);
    expect(published).toEqual([]);
  });

  it("parks what is fatal", async () => {
    const fatal = defineHandler(atLeastOnce, async () => {
      throw new Fatal("no");
    });
    expect(await task(coreOf(fatal), 0)).toBe(204);
    expect(published).toEqual(PARKED);
  });

  it("does not slow the queue down while it drains", async () => {
    const core = coreOf(saving);
    await core.drain();
    expect([await task(core, 0), await post(core, {}, "{}")]).toEqual([500, 503]);
  });
});
