import { QUEUE, queueConfig, START, startDesk, task } from "./desk";

const NAME = `${QUEUE}/tasks/mail-1`;
const named = task({ name: NAME });
const later = task({ name: NAME, scheduleMs: START + 60_000 });
const thrown = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as { readonly status: string }).status;
  }
  return undefined;
};

describe("the name of a task", () => {
  it("is taken while the task is there, and for an hour after it is done", async () => {
    const { tasks, clock } = startDesk();
    tasks.create(QUEUE, named);
    expect(thrown(() => tasks.create(QUEUE, named))).toBe("ALREADY_EXISTS");
    await clock.advance(3_599_000);
    expect(tasks.list(QUEUE)).toEqual([]);
    expect(thrown(() => tasks.create(QUEUE, named))).toBe("ALREADY_EXISTS");
    await clock.advance(1_000);
    expect(tasks.create(QUEUE, named).name).toBe(NAME);
  });

  it("is taken after a deletion as well", () => {
    const { tasks } = startDesk();
    tasks.create(QUEUE, later);
    tasks.delete(NAME);
    expect(thrown(() => tasks.create(QUEUE, named))).toBe("ALREADY_EXISTS");
    expect(thrown(() => tasks.get(NAME))).toBe("NOT_FOUND");
  });

  it("is made up where none is given, and must be of the queue", () => {
    const { tasks } = startDesk();
    const names = Array.from({ length: 50 }, () => tasks.create(QUEUE, task()).name);
    expect(new Set(names).size).toBe(50);
    expect(thrown(() => tasks.create(QUEUE, task({ name: `${QUEUE}-2/tasks/a` })))).toBe("INVALID_ARGUMENT");
    expect(thrown(() => tasks.create(QUEUE, task({ name: `${QUEUE}/tasks/a b` })))).toBe("INVALID_ARGUMENT");
    expect(thrown(() => tasks.create(`${QUEUE}-2`, task()))).toBe("NOT_FOUND");
  });
});

describe("a task that Cloud Tasks does not take", () => {
  const request = (change: object) => task({ request: { ...named.request, ...change } });
  it.each([
    ["a deadline below 15 s", task({ deadlineMs: 14_999 })],
    ["a deadline above 30 minutes", task({ deadlineMs: 1_800_001 })],
    ["a time more than 30 days ahead", task({ scheduleMs: START + 30 * 86_400_000 + 1 })],
    ["no URL", request({ url: "mail" })],
    ["another protocol", request({ url: "ftp://example.com" })],
    ["a long URL", request({ url: `https://example.com/${"a".repeat(2_083)}` })],
    ["a body with GET", request({ method: "GET", body: "e30=" })],
    ["more than 1 MB", request({ body: Buffer.alloc(1_048_576).toString("base64") })],
    ["more than 80 KB of headers", request({ headers: { a: "x".repeat(82_000) } })],
  ])("has %s", (_, one) => {
    const { tasks } = startDesk();
    expect(thrown(() => tasks.create(QUEUE, one))).toBe("INVALID_ARGUMENT");
    expect(tasks.list(QUEUE)).toEqual([]);
  });
});

describe("a queue", () => {
  it("dispatches nothing while it is paused, and everything that is due when it is resumed", async () => {
    const { tasks, clock, ids } = startDesk();
    tasks.pause(QUEUE, true);
    tasks.create(QUEUE, named);
    await clock.advance(10_000);
    expect(ids()).toEqual([]);
    expect(tasks.idle()).toBe(true);
    tasks.pause(QUEUE, false);
    await clock.advance(0);
    expect(ids()).toEqual(["mail-1"]);
  });

  it("loses everything in a purge, an attempt under way ends unheard", async () => {
    const { tasks, clock, seen } = startDesk({ answers: [{ status: 500, after: 5 }] });
    tasks.create(QUEUE, named);
    tasks.create(QUEUE, task({ scheduleMs: START + 60_000 }));
    await clock.advance(1_000);
    tasks.purge(QUEUE);
    expect(tasks.queue(QUEUE)).toMatchObject({ tasks: 0, purgedMs: START + 1_000 });
    await clock.advance(120_000);
    expect(seen.filter(({ type }) => type === "taskFailed" || type === "taskDone")).toEqual([]);
  });

  it("dispatches a task at once when it is told to, paused or not", async () => {
    const { tasks, clock, requests } = startDesk({ answers: [500] });
    tasks.pause(QUEUE, true);
    tasks.create(QUEUE, later);
    expect(tasks.run(NAME)).toMatchObject({ dispatches: 1 });
    await clock.advance(0);
    expect(requests).toMatchObject([{ at: 0, attempt: 1 }]);
    expect(tasks.get(NAME)).toMatchObject({ dispatches: 1, responses: 1, executions: 0, last: { status: 500 } });
  });

  it("keeps no order: of two tasks that are due either may be first", async () => {
    const { tasks, clock, ids } = startDesk({ queue: queueConfig({ concurrent: 1 }) });
    tasks.pause(QUEUE, true);
    const names = Array.from({ length: 20 }, (_, index) => `n${String(index).padStart(2, "0")}`);
    for (const name of names) tasks.create(QUEUE, task({ name: `${QUEUE}/tasks/${name}` }));
    tasks.pause(QUEUE, false);
    await clock.advance(1_000);
    expect(ids()).not.toEqual(names);
    expect(ids().toSorted()).toEqual(names);
  });

  it("says of each attempt what became of it", async () => {
    const { tasks, clock, seen } = startDesk({
      queue: queueConfig({}, { attempts: 2, minMs: 1_000 }),
      answers: [429, 500],
    });
    tasks.create(QUEUE, named);
    await clock.advance(5_000);
    expect(seen.map(({ type }) => type)).toEqual([
      "taskCreated",
      "taskDispatched",
      "taskFailed",
      "taskDispatched",
      "taskDropped",
    ]);
    expect(seen[2]).toMatchObject({ reason: "status 429", retryInMs: 1_000 });
  });

  it("is idle when nothing is due or being retried", async () => {
    const { tasks, clock } = startDesk({ answers: [500], queue: queueConfig({}, { minMs: 1_000 }) });
    tasks.create(QUEUE, later);
    expect(tasks.idle()).toBe(true);
    await clock.advance(60_000);
    expect(tasks.idle()).toBe(false);
    await clock.advance(1_000);
    expect(tasks.idle()).toBe(true);
  });
});

describe("a restart", () => {
  it("keeps tasks with their attempts, names that are taken, and the pause", async () => {
    const before = startDesk({ answers: [200, 503], queue: queueConfig({}, { minMs: 30_000 }) });
    before.tasks.create(QUEUE, named);
    await before.clock.advance(0);
    before.tasks.create(QUEUE, task({ name: `${QUEUE}/tasks/kept` }));
    await before.clock.advance(10_000);
    before.tasks.pause(QUEUE, true);
    before.tasks.stop();

    for (const entries of [before.entries, [...before.tasks.compact()]]) {
      const after = startDesk({ entries: [...entries], startMs: START + 60_000 });
      expect(after.tasks.list(QUEUE)).toMatchObject([{ name: `${QUEUE}/tasks/kept`, dispatches: 1 }]);
      expect(thrown(() => after.tasks.create(QUEUE, named))).toBe("ALREADY_EXISTS");
      await after.clock.advance(1_000);
      expect(after.ids()).toEqual([]);
      after.tasks.pause(QUEUE, false);
      await after.clock.advance(0);
      expect(after.requests[0]).toMatchObject({
        attempt: 2,
        headers: { "x-cloudtasks-taskretrycount": "1", "x-cloudtasks-taskpreviousresponse": "503" },
      });
    }
  });

  it("repeats an attempt that was under way: nobody knows what became of it", async () => {
    const before = startDesk({ answers: ["hang"] });
    before.tasks.create(QUEUE, named);
    await before.clock.advance(1_000);
    const after = startDesk({ entries: before.entries, startMs: START + 5_000 });
    await after.clock.advance(0);
    expect(after.ids()).toEqual(["mail-1"]);
  });

  it("forgets the tasks of a queue that is no longer in the plan", async () => {
    const before = startDesk();
    before.tasks.create(QUEUE, later);
    const after = startDesk({ entries: before.entries, queue: { ...queueConfig(), name: `${QUEUE}-2` } });
    expect(after.tasks.queues()).toMatchObject([{ tasks: 0 }]);
    after.tasks.remove(QUEUE);
    after.tasks.ensure(queueConfig());
    expect(after.tasks.list(QUEUE)).toEqual([]);
  });
});
