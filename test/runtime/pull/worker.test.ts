import { defineContract, IssuesError } from "../../../contract";
import { ENV } from "../../../contract/environment";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { Fatal, LeaseLost, type MemoryStore, memoryStore, Retry } from "../../../runtime";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { startWorker, work, type WorkOptions } from "../../../runtime/pull";
import type { Stored } from "../../../runtime/store/store";
import { environmentFor } from "../support/environment";
import { atLeastOnce, common, saving } from "../support/orders";
import { fakeSource, message } from "../support/pulled";

const SUBSCRIPTION = "projects/p/subscriptions/orders";

describe("a worker", () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let lines: Record<string, unknown>[];
  let pulling: ReturnType<typeof fakeSource>;
  let running: (() => Promise<void>)[];
  beforeEach(() => {
    clock = virtualClock(1_700_000_000_000);
    store = memoryStore({ clock });
    lines = [];
    pulling = fakeSource();
    running = [];
  });
  afterEach(async () => {
    for (const close of running) {
      void close();
      await clock.advance(10_000);
    }
  });

  /** What a worker is given: no audience, no callers, no Cloud Run. */
  const optionsFor = (handler: Handler): WorkOptions => {
    const {
      [ENV.audience]: _a,
      [ENV.callers]: _c,
      [ENV.deadlineMs]: _d,
      K_SERVICE: _k,
      ...env
    } = environmentFor(handler);
    return {
      subscription: SUBSCRIPTION,
      env: { ...env, PUBSUB_EMULATOR_HOST: "pubsub.test" },
      store,
      clock,
      source: pulling.source,
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      fetch: async () => Response.json({ messageIds: ["1"] }),
    };
  };
  const start = async (handler: Handler, more: Partial<WorkOptions> = {}) => {
    const worker = await startWorker(handler, { ...optionsFor(handler), ...more });
    running.push(() => worker.close());
    return worker;
  };
  const order = (id: string, more = {}) => message(JSON.stringify({ id }), more);
  const handling = async (...messages: ReturnType<typeof order>[]) => {
    pulling.send(...messages);
    await clock.advance(0);
  };

  it("acks what is done, and its duplicate, once the record says so", async () => {
    await start(saving);
    const [first, second] = [order("7"), order("7")];
    await handling(first);
    await handling(second);
    expect([first.ended, second.ended]).toEqual([["ack"], ["ack"]]);
    expect([...store.documents.keys()]).toEqual(["orders/7"]);
    expect(lines.slice(-2).map(({ outcome }) => outcome)).toEqual(["done", "replayed"]);
    expect(lines.at(-1)).toMatchObject({ source: SUBSCRIPTION, handler: "orders", severity: "INFO" });
  });

  it.each([
    ["fails", new Error("no"), ["nack"]],
    ["is fatal, and parked", new Fatal("no"), ["ack"]],
  ])("ends an event that %s", async (_name, error, ended) => {
    await start(
      defineHandler(atLeastOnce, async () => {
        throw error;
      }),
    );
    const one = order("7");
    await handling(one);
    expect(one.ended).toEqual(ended);
  });

  it("does not start with a handler whose contract takes nothing of Pub/Sub's (MR3026)", async () => {
    const handler = defineHandler(
      defineContract({ ...common, effects: "at-least-once", callers: ["tasks"] }),
      async () => {},
    );
    await expect(startWorker(handler, optionsFor(handler))).rejects.toMatchObject({
      issues: [{ code: "MR3026", fix: expect.stringMatching(/^add "pubsub" to/) }],
    });
  });

  it("nacks what it does not understand: the subscription's dead-lettering catches it", async () => {
    await start(saving);
    const [broken, wrong] = [message("{"), message('{"id":7}')];
    await handling(broken, wrong);
    expect([broken.ended, wrong.ended]).toEqual([["nack"], ["nack"]]);
    expect(lines.slice(-2).map(({ code }) => code)).toEqual(["MR3020", "MR3021"]);
  });

  it("keeps a message until the time its handler asked for", async () => {
    await start(
      defineHandler(atLeastOnce, async () => {
        throw new Retry("later", { after: "20s" });
      }),
    );
    const one = order("7");
    await handling(one);
    await clock.advance(19_999);
    expect(one.ended).toEqual([]);
    await clock.advance(1);
    expect(one.ended).toEqual(["nack"]);
  });

  it("goes on when an ack did not count: the message comes again and is replayed", async () => {
    await start(saving);
    await handling(order("7", { ack: () => Promise.reject(new Error("INVALID")) }));
    expect(lines.at(-1)).toMatchObject({ severity: "WARNING", message: expect.stringMatching(/ack did not count/) });
    const again = order("7");
    await handling(again);
    expect(again.ended).toEqual(["ack"]);
  });

  it("nacks and goes on when something unforeseen happens", async () => {
    const broken = { ...saving, contract: { ...saving.contract, spec: { ...saving.contract.spec, input: {} } } };
    await start(broken as unknown as Handler);
    const one = order("7");
    await handling(one);
    expect(one.ended).toEqual(["nack"]);
    expect(lines.at(-1)).toMatchObject({ severity: "ERROR", message: "failed" });
  });

  it("opens a silent stream anew, but not while something is being handled", async () => {
    let letGo = () => {};
    await start(
      defineHandler(atLeastOnce, () => new Promise<void>((resolve) => (letGo = resolve))),
      { stalledAfter: "30s" },
    );
    await clock.advance(20_000);
    await handling(order("7"));
    await clock.advance(35_000);
    expect(pulling.streams).toHaveLength(1);
    letGo();
    await clock.advance(65_000);
    expect(pulling.streams.length).toBeGreaterThan(1);
    expect(pulling.streams.map(({ closed }) => closed)).toEqual([
      ...Array.from({ length: pulling.streams.length - 1 }, () => true),
      false,
    ]);
  });

  it("opens a stream that ended again, after ever longer pauses", async () => {
    await start(saving);
    const failAt = [0, 1_000, 3_000, 7_000];
    for (const [i, at] of failAt.entries()) {
      await clock.advance(at - (failAt[i - 1] ?? 0));
      expect(pulling.streams).toHaveLength(i + 1);
      pulling.streams.at(-1)!.listener.failed(new Error("NOT_FOUND"));
    }
    expect(lines.at(-1)).toMatchObject({ severity: "ERROR", error: { message: "NOT_FOUND" } });
    await clock.advance(8_000);
    await handling(order("7"));
    pulling.streams.at(-1)!.listener.failed(new Error("NOT_FOUND"));
    await clock.advance(1_000);
    expect(pulling.streams).toHaveLength(6);
  });

  it("aborts a handler whose lease is somebody else's, and gives its message back", async () => {
    const reasons: unknown[] = [];
    const handler = defineHandler(
      atLeastOnce,
      (_order, { signal }) =>
        new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => (reasons.push(signal.reason), resolve())),
        ),
    );
    await start(handler);
    const one = order("7");
    await handling(one);
    const [[key, { version, record }]] = [...store.records] as [[string, Stored]];
    const taken = { ...record, owner: "another", token: 2, revision: record.revision + 1 };
    expect(await store.commit({ key, expect: version, record: taken })).toMatchObject({ applied: true });
    // A third of the lease is the next renewal.
    await clock.advance(5_000);
    expect(reasons).toEqual([expect.any(LeaseLost)]);
    expect([one.ended, lines.at(-1)]).toMatchObject([["nack"], { outcome: "leaseLost" }]);
    expect([...store.records.values()][0]!.record).toMatchObject({ token: 2, state: "CLAIMED" });
  });

  it.each<[string, Partial<WorkOptions>, number]>([
    ["messages as the contract has concurrency", {}, 3],
    ["messages as it is told", { maxMessages: 2 }, 2],
    ["bytes as it is told", { maxBytes: 2 * Buffer.byteLength('{"id":"1"}') }, 2],
  ])("handles as many %s at a time, and no more", async (_, more, most) => {
    const ends: (() => void)[] = [];
    const contract = defineContract({ ...common, effects: "at-least-once", concurrency: 3 });
    const worker = await start(
      defineHandler(contract, () => new Promise<void>((resolve) => ends.push(resolve))),
      more,
    );
    await handling(...["1", "2", "3", "4"].map((id) => order(id)));
    expect([ends.length, worker.held]).toEqual([most, 4]);
    ends[0]!();
    await clock.advance(0);
    expect([ends.length, worker.held]).toEqual([most + 1, 3]);
    for (let i = 1; i < 4; i++) {
      ends[i]!();
      await clock.advance(0);
    }
    expect(worker.held).toBe(0);
  });

  describe("that is told to stop", () => {
    const gated = () => {
      const ends: (() => void)[] = [];
      const signals: AbortSignal[] = [];
      const handler = defineHandler(atLeastOnce, (_order, ctx) => {
        signals.push(ctx.signal);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
      return { handler, ends, signals };
    };

    it("gives back what has not been started and finishes the rest", async () => {
      const { handler, ends } = gated();
      const worker = await start(handler, { maxMessages: 1 });
      const [first, second] = [order("1"), order("2")];
      await handling(first, second);
      const closed = worker.close();
      await clock.advance(0);
      expect([first.ended, second.ended, pulling.streams[0]!.closed]).toEqual([[], ["nack"], true]);
      await clock.advance(6_000);
      ends[0]!();
      await clock.advance(0);
      expect(first.ended).toEqual(["ack"]);
      await closed;
      expect(pulling.isClosed()).toBe(true);
    });

    it("is not closed before the last one has ended", async () => {
      const { handler, ends } = gated();
      const worker = await start(handler);
      await handling(order("1"));
      let over = false;
      const closed = worker.close().then(() => (over = true));
      await clock.advance(6_000);
      expect([over, pulling.isClosed()]).toEqual([false, false]);
      ends[0]!();
      await clock.advance(0);
      await closed;
      expect(over).toBe(true);
    });

    it("tells handlers after 7 s and gives them up after 8 s, with their lease", async () => {
      const { handler, signals } = gated();
      const worker = await start(handler);
      const one = order("7");
      await handling(one);
      const closed = worker.close();
      await clock.advance(7_000);
      expect([signals[0]!.aborted, one.ended]).toEqual([true, []]);
      await clock.advance(1_000);
      expect(one.ended).toEqual(["nack"]);
      expect([...store.records.values()][0]!.record).toMatchObject({ state: "RELEASED", attempts: 0 });
      await closed;
    });
  });

  it("says at once everything that keeps it from starting, and asks for no token (MR3019)", async () => {
    const options = optionsFor(saving);
    const failure = await startWorker(saving, {
      ...options,
      subscription: "orders",
      maxMessages: 0,
      maxBytes: 0.5,
      stalledAfter: "1s",
    }).catch((error: unknown) => error);
    expect((failure as IssuesError).issues.map(({ code }) => code)).toEqual(["MR3019", "MR3019", "MR3019", "MR3019"]);
    const other = await startWorker(saving, { ...options, env: { ...options.env, [ENV.store]: "firestore" } }).catch(
      (error: unknown) => error,
    );
    expect((other as IssuesError).issues.map(({ code }) => code)).toContain("MR3014");
  });

  it("lives as long as its process", async () => {
    const listeners = new Map<string, () => void>();
    const exits: number[] = [];
    const host = {
      once: (name: string, listener: () => void) => listeners.set(name, listener),
      exit: (code: number) => void exits.push(code),
    };
    await work(saving, optionsFor(saving), host);
    listeners.get("SIGTERM")!();
    await clock.advance(1_000);
    expect([exits, pulling.isClosed()]).toEqual([[0], true]);
    await work(saving, { ...optionsFor(saving), subscription: "orders" }, host);
    expect(exits).toEqual([0, 1]);
    expect(lines.at(-1)).toMatchObject({ code: "MR3019", severity: "ERROR" });
  });
});
