import { type Caller, defineContract, IssuesError } from "../../../contract";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { Fatal, type MemoryStore, memoryStore, Retry, StoreUnavailable } from "../../../runtime";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { defineJob, type Job, type JobOptions, type JobTask, runJob, startTask } from "../../../runtime/job";
import type { Store } from "../../../runtime/store/store";
import { environmentFor } from "../support/environment";
import { atLeastOnce, common, save, saving, transactional } from "../support/orders";

const TASK: JobTask = { execution: "backfill-x7k2p", index: 0, count: 1, attempt: 0, job: "backfill" };

describe("a task of a Cloud Run job", () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let lines: Record<string, unknown>[];
  let sent: { messages: { data?: string; attributes: Record<string, string> }[] }[];
  beforeEach(() => {
    clock = virtualClock(1_700_000_000_000);
    store = memoryStore({ clock });
    lines = [];
    sent = [];
  });

  const optionsFor = (given: Job | Handler, more: Partial<JobOptions> = {}): JobOptions => ({
    env: { ...environmentFor("handler" in given ? given.handler : given), PUBSUB_EMULATOR_HOST: "pubsub.test" },
    store,
    clock,
    task: TASK,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    fetch: async (_url, request) => {
      sent.push(JSON.parse(request!.body as string) as (typeof sent)[number]);
      return Response.json({ messageIds: ["1"] });
    },
    ...more,
  });
  /** Moves time until the task is over. */
  const over = async <T>(ended: Promise<T>): Promise<T> => {
    const settled = new AbortController();
    const note = () => settled.abort();
    ended.then(note, note);
    for (let i = 0; i < 5_000 && !settled.signal.aborted; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!settled.signal.aborted) await clock.advance(Math.max(0, (clock.next() ?? clock.now()) - clock.now()));
    }
    return ended;
  };
  const run = async (given: Job | Handler, more: Partial<JobOptions> = {}) =>
    over((await startTask(given, optionsFor(given, more))).ended);
  const orders = (count: number) => Array.from({ length: count }, (_, i) => ({ id: String(i) }));
  const saved = () => [...store.documents.keys()].toSorted();

  it("does not start with a handler whose contract lets no job bring its events (MR3026)", async () => {
    const named = (callers: readonly Caller[]) =>
      defineHandler(defineContract({ ...common, effects: "at-least-once", callers }), async () => {});
    await expect(run(named(["pubsub"]))).rejects.toMatchObject({ issues: [{ code: "MR3026" }] });
    expect(await run(defineJob(named(["job"]), { items: () => orders(1) }))).toMatchObject({ complete: true });
  });

  it.each([0, 1, 2])("takes every third item of the job's when it is task %d of three", async (index) => {
    const job = defineJob(saving, { items: () => orders(8) });
    expect(await run(job, { task: { ...TASK, index, count: 3 } })).toMatchObject({ complete: true });
    expect(saved()).toEqual(
      orders(8)
        .filter((_, i) => i % 3 === index)
        .map(({ id }) => `orders/${id}`),
    );
  });

  it("asks for the items of its shard alone, and tells who it is", async () => {
    const asked: unknown[] = [];
    const job = defineJob(saving, {
      async *itemsOf(shard) {
        asked.push(shard);
        yield { id: `only-${shard.index}` };
      },
    });
    await run(job, { task: { ...TASK, index: 2, count: 3 } });
    expect(asked).toEqual([{ ...TASK, index: 2, count: 3 }]);
    expect(saved()).toEqual(["orders/only-2"]);
  });

  it("hands a handler without items the task itself", async () => {
    const input = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => ({ value: value as { index: number } }),
      },
    } as const;
    const given: unknown[] = [];
    const contract = defineContract({
      ...common,
      input,
      key: (_task, event) => event.id,
      effects: "at-least-once",
    });
    const whole = defineHandler(contract, (task) => void given.push(task));
    expect(await run(whole, { task: { ...TASK, index: 1, count: 4 } })).toMatchObject({ done: 1, complete: true });
    expect(given).toEqual([{ execution: TASK.execution, index: 1, count: 4 }]);
  });

  it("has nothing to do again once it is over", async () => {
    const job = defineJob(saving, { items: () => orders(3) });
    await run(job);
    expect(await run(job, { task: { ...TASK, attempt: 1 } })).toMatchObject({ items: 0, complete: true });
    expect(await run(job, { task: { ...TASK, execution: "another" } })).toMatchObject({ replayed: 3, complete: true });
  });

  it("goes on at its checkpoint after a crash, and replays what came after it", async () => {
    const slow = defineHandler(transactional, async (order, ctx) => {
      await new Promise<void>((resolve) => clock.after(1_000, resolve));
      await save(order, ctx);
    });
    const ordered = { ...slow, contract: defineContract({ ...transactional.spec, order: true }) };
    const job = defineJob(ordered, { items: () => orders(20) });
    // The process dies: nothing it waits for ever comes back.
    let alive = true;
    const never = new Promise<never>(() => {});
    const dying: Store = { ...store, commit: (change) => (alive ? store.commit(change) : never) };
    await startTask(job, optionsFor(job, { store: dying }));
    await clock.advance(12_500);
    alive = false;
    expect(saved()).toHaveLength(12);
    await clock.advance(20_000);
    expect(await run(job, { task: { ...TASK, attempt: 1 } })).toEqual({
      items: 11,
      skipped: 9,
      done: 8,
      replayed: 3,
      parked: 0,
      failed: 0,
      complete: true,
    });
    expect(saved()).toHaveLength(20);
  });

  it("tells a source with cursors where to go on, and counts nothing", async () => {
    const asked: (string | undefined)[] = [];
    let broken = true;
    const job = defineJob(defineHandler(transactional, save), {
      async *itemsOf({ after }) {
        asked.push(after);
        for (const order of orders(10)) {
          if (after !== undefined && Number(order.id) <= Number(after)) continue;
          if (order.id === "6" && broken) throw new Error("the connection is gone");
          yield order;
        }
      },
      cursor: (order) => order.id,
    });
    expect(await run(job)).toMatchObject({ done: 6, complete: false });
    expect(lines).toContainEqual(expect.objectContaining({ message: "the items could not be listed" }));
    broken = false;
    expect(await run(job, { task: { ...TASK, attempt: 1 } })).toMatchObject({ done: 4, skipped: 0, complete: true });
    expect(asked).toEqual([undefined, "5"]);
  });

  it("tries an item again with the contract's pauses, while others go on", async () => {
    const begun: [string, number][] = [];
    const handler = defineHandler(atLeastOnce, async (order, ctx) => {
      begun.push([order.id, ctx.attempt]);
      if (order.id === "0" && ctx.attempt < 3) throw new Error("not yet");
    });
    const startedMs = clock.now();
    expect(await run(defineJob(handler, { items: () => orders(3) }))).toMatchObject({ done: 3, complete: true });
    expect(begun).toEqual([
      ["0", 1],
      ["1", 1],
      ["2", 1],
      ["0", 2],
      ["0", 3],
    ]);
    // 10 s and 20 s, of each at least half.
    expect(clock.now() - startedMs).toBeGreaterThanOrEqual(15_000);
  });

  it("waits at least as long as a handler asks for", async () => {
    const handler = defineHandler(atLeastOnce, async (_order, ctx) => {
      if (ctx.attempt === 1) throw new Retry("later", { after: "5m" });
    });
    const startedMs = clock.now();
    await run(defineJob(handler, { items: () => orders(1) }));
    expect(clock.now() - startedMs).toBeGreaterThanOrEqual(300_000);
  });

  it("begins nothing else while an item of an ordered job waits for its next try", async () => {
    const begun: string[] = [];
    const ordered = defineContract({ ...atLeastOnce.spec, order: true });
    const handler = defineHandler(ordered, async (order, ctx) => {
      begun.push(order.id);
      if (order.id === "0" && ctx.attempt < 3) throw new Error("not yet");
    });
    await run(defineJob(handler, { items: () => orders(2) }));
    expect(begun).toEqual(["0", "0", "0", "1"]);
  });

  it("handles no more at a time than the contract allows", async () => {
    let now = 0;
    let most = 0;
    const few = defineContract({ ...atLeastOnce.spec, concurrency: 3 });
    const handler = defineHandler(few, async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => clock.after(100, resolve));
      now--;
    });
    expect(await run(defineJob(handler, { items: () => orders(20) }))).toMatchObject({ done: 20 });
    expect(most).toBe(3);
  });

  it.each([
    ["is fatal", { id: "0" }, () => Promise.reject(new Fatal("no")), "Fatal", 1],
    ["fails to the end", { id: "0" }, () => Promise.reject(new Error("no")), "Error", 3],
    ["does not fit the schema", { id: 7 }, () => Promise.resolve(), "MR3021", 0],
  ])("parks an item that %s, and is complete all the same", async (_what, item, handle, cause, attempts) => {
    const job = defineJob(defineHandler(atLeastOnce, handle), { items: () => [item as { id: string }] });
    expect(await run(job)).toMatchObject({ parked: 1, failed: 0, complete: true });
    const [letter] = sent.flatMap(({ messages }) => messages);
    expect(JSON.parse(Buffer.from(letter!.data!, "base64").toString())).toEqual(item);
    expect(letter!.attributes).toMatchObject({
      "millrace-cause": cause,
      "millrace-attempts": String(attempts),
      "millrace-message-id": `${TASK.execution}/0/0`,
      "millrace-source": "backfill",
    });
  });

  it("leaves an item that cannot be parked to the next attempt, and does the others", async () => {
    const handler = defineHandler(atLeastOnce, async (order) => {
      if (order.id === "1") throw new Error("no");
    });
    const job = defineJob(handler, { items: () => orders(3) });
    const { MILLRACE_DEAD_LETTER_TOPIC: _none, ...env } = environmentFor(handler);
    expect(await run(job, { env })).toMatchObject({ done: 2, failed: 1, complete: false });
    expect(await run(job, { env, task: { ...TASK, attempt: 1 } })).toMatchObject({
      skipped: 1,
      replayed: 1,
      failed: 1,
    });
  });

  it("lets two attempts of one task not work at a time", async () => {
    const handler = defineHandler(transactional, async (order, ctx) => {
      await new Promise<void>((resolve) => clock.after(30_000, resolve));
      await save(order, ctx);
    });
    const job = defineJob(handler, { items: () => orders(2) });
    const first = await startTask(job, optionsFor(job));
    const second = await startTask(job, optionsFor(job, { task: { ...TASK, attempt: 1 } }));
    const summaries = await over(Promise.all([first.ended, second.ended]));
    expect(summaries).toMatchObject([{ done: 2 }, { items: 0, complete: true }]);
  });

  it("gives way when another attempt has taken the task over", async () => {
    let silent = false;
    const failing: Store = {
      ...store,
      commit: (change) => (silent ? Promise.reject(new StoreUnavailable("silent")) : store.commit(change)),
    };
    const handler = defineHandler(atLeastOnce, () => new Promise<void>((resolve) => void clock.after(40_000, resolve)));
    const job = defineJob(handler, { items: () => orders(50) });
    const { ended } = await startTask(job, optionsFor(job, { store: failing }));
    await clock.advance(1_000);
    silent = true;
    expect(await over(ended)).toMatchObject({ items: 20, complete: false });
  });

  it("stops when it is told to, keeps how far it came, and lets the next attempt begin at once", async () => {
    const handler = defineHandler(transactional, async (order, ctx) => {
      await new Promise<void>((resolve) => clock.after(2_000, resolve));
      await save(order, ctx);
    });
    const job = defineJob(handler, { items: () => orders(100) });
    const running = await startTask(job, optionsFor(job));
    await clock.advance(3_000);
    const closed = running.close();
    expect(await over(running.ended)).toMatchObject({ done: 40, complete: false });
    await closed;
    const startedMs = clock.now();
    const again = await startTask(job, optionsFor(job, { task: { ...TASK, attempt: 1 } }));
    await clock.advance(0);
    await clock.advance(0);
    expect(clock.now()).toBe(startedMs);
    expect(await over(again.ended)).toMatchObject({ skipped: 40, done: 60, complete: true });
  });

  it("does not wait for a source that has fallen silent", async () => {
    const job = defineJob(saving, {
      async *items() {
        yield { id: "0" };
        await new Promise(() => {});
      },
    });
    const running = await startTask(job, optionsFor(job));
    await clock.advance(100);
    void running.close();
    expect(await over(running.ended)).toMatchObject({ done: 1, complete: false });
  });

  it.each([
    ["without an execution", { CLOUD_RUN_EXECUTION: "" }, /CLOUD_RUN_EXECUTION is not set/],
    ["of no number", { CLOUD_RUN_TASK_INDEX: "one" }, /CLOUD_RUN_TASK_INDEX="one" is not a whole number from 0/],
    ["beyond the count", { CLOUD_RUN_TASK_INDEX: "4" }, /CLOUD_RUN_TASK_INDEX 4 is not below CLOUD_RUN_TASK_COUNT 4/],
  ])("does not start as a task %s (MR3024)", async (_what, more, problem) => {
    const { task: _task, ...options } = optionsFor(saving);
    const env = {
      ...options.env,
      CLOUD_RUN_JOB: "backfill",
      CLOUD_RUN_EXECUTION: "backfill-x7k2p",
      CLOUD_RUN_TASK_INDEX: "1",
      CLOUD_RUN_TASK_COUNT: "4",
      CLOUD_RUN_TASK_ATTEMPT: "0",
      ...more,
    };
    const refused = await startTask(saving, { ...options, env }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(IssuesError);
    expect((refused as IssuesError).issues[0]!.problem).toMatch(problem);
    expect((refused as IssuesError).issues[0]!.code).toBe("MR3024");
  });

  it.each([
    ["complete", {}, 0],
    ["not complete", { MILLRACE_DEAD_LETTER_TOPIC: undefined }, 1],
    ["another contract's", { MILLRACE_CONTRACT_HASH: "x" }, 1],
  ])("ends its process when it is %s", async (_what, more, code) => {
    const handler = defineHandler(atLeastOnce, async (order) => {
      if (order.id === "1") throw new Fatal("no");
    });
    const job = defineJob(handler, { items: () => orders(2) });
    const codes: number[] = [];
    const options = optionsFor(job);
    const host = { once: () => undefined, exit: (given: number) => void codes.push(given) };
    await over(runJob(job, { ...options, env: { ...options.env, ...more } }, host));
    expect(codes).toEqual([code]);
  });

  it.each([
    ["no source", {}],
    ["two sources", { items: () => [], itemsOf: () => [] }],
    ["a cursor and nobody to tell it", { items: () => [], cursor: () => "" }],
  ])("is not defined with %s", (_what, source) => {
    expect(() => defineJob(saving, source)).toThrow(TypeError);
  });
});
