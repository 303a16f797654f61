import type { PubSub } from "@google-cloud/pubsub";
import { defineContract } from "../../../contract";
import { ENV } from "../../../contract/environment";
import { startPubSub } from "../../../local/engine/pubsub";
import { type MemoryStore, memoryStore } from "../../../runtime";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { startWorker, type Worker, type WorkOptions } from "../../../runtime/pull";
import { describePubSubEmulator, startPubSubEmulator } from "../../support/pubsub-emulator";
import { environmentFor } from "../support/environment";
import { common } from "../support/orders";

/* Google's own client against brokers that speak its protocol. Loading it takes most of a second. */

interface Broker {
  readonly host: string;
  stop(): Promise<void>;
}

/** @param _what for the reader; the test's own time limit ends what never comes to pass */
const waitFor = async (_what: string, done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const contract = defineContract({ ...common, effects: "at-least-once" });
const ordered = defineContract({ ...common, effects: "at-least-once", order: true });

/** What any broker has to let a worker do. */
function pulls(start: () => Promise<Broker>, only: { readonly ordering: boolean }): void {
  let broker: Broker;
  let client: PubSub;
  let store: MemoryStore;
  let count = 0;
  const workers: Worker[] = [];
  beforeAll(async () => {
    broker = await start();
    const google = await import("@google-cloud/pubsub");
    client = new google.PubSub({ projectId: "p", apiEndpoint: broker.host });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });
  afterAll(async () => {
    await client.close();
    await broker.stop();
  });

  /** A topic, its subscription, and a worker on it. */
  async function scene(handler: Handler, subscriptionOptions: object = {}, more: Partial<WorkOptions> = {}) {
    const name = `orders-${++count}`;
    store = memoryStore();
    const [topic] = await client.createTopic(name);
    const [created] = await topic.createSubscription(name, subscriptionOptions);
    topic.setPublishOptions({ messageOrdering: true });
    const lines: Record<string, unknown>[] = [];
    const begin = async (one: Handler) => {
      const worker = await startWorker(one, {
        subscription: created.name,
        env: { ...environmentFor(one), PUBSUB_EMULATOR_HOST: broker.host, [ENV.audience]: "" },
        store,
        write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
        ...more,
      });
      workers.push(worker);
      return worker;
    };
    const worker = await begin(handler);
    const publish = (ids: readonly string[], orderingKey?: string) =>
      Promise.all(
        ids.map((id) =>
          topic.publishMessage({ data: Buffer.from(JSON.stringify({ id })), ...(orderingKey && { orderingKey }) }),
        ),
      );
    return {
      worker,
      begin,
      publish,
      lines,
      subscription: client.subscription(created.name),
      outcomes: () => lines.flatMap(({ outcome }) => outcome ?? []),
    };
  }
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => String(i));

  it("handles every message once, and never more than so many at a time", async () => {
    let now = 0;
    let most = 0;
    const seen: string[] = [];
    // The first ones wait for each other: nobody's luck that there are three at a time.
    let letGo = () => {};
    const three = new Promise<void>((resolve) => (letGo = resolve));
    const handler = defineHandler(contract, async ({ id }) => {
      most = Math.max(most, ++now);
      if (now === 3) letGo();
      await three;
      await pause(2);
      now--;
      seen.push(id);
    });
    const { publish, worker } = await scene(handler, {}, { maxMessages: 3 });
    await publish(numbers(40));
    await waitFor("40 messages", () => seen.length >= 40 && worker.held === 0);
    expect(seen.toSorted()).toEqual(numbers(40).toSorted());
    expect(most).toBe(3);
  });

  it("tries a failed message again", async () => {
    let failures = 2;
    const handler = defineHandler(contract, async () => {
      if (failures-- > 0) throw new Error("no");
    });
    const { publish, outcomes } = await scene(handler);
    await publish(["7"]);
    await waitFor("the third attempt", () => outcomes().includes("done"));
    expect(outcomes()).toEqual(["retry", "retry", "done"]);
  });

  it("handles the messages of a key one after another, in order", async () => {
    const seen: string[] = [];
    const handler = defineHandler(ordered, async ({ id }) => {
      seen.push(`${id}…`);
      await pause(1);
      seen.push(id);
    });
    const { publish, worker } = await scene(handler, { enableMessageOrdering: true });
    await publish(numbers(10), "k");
    await waitFor("10 messages", () => seen.length >= 20 && worker.held === 0);
    expect(seen).toEqual(numbers(10).flatMap((id) => [`${id}…`, id]));
  });

  it("finishes what it has begun when it is closed, and leaves the rest to others", async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const seen: string[] = [];
    const handler = defineHandler(contract, async ({ id }) => {
      seen.push(id);
      await gate;
    });
    const { publish, worker, begin, outcomes } = await scene(handler, {}, { maxMessages: 1 });
    await publish(["a", "b"]);
    await waitFor("both messages", () => worker.held === 2);
    const closed = worker.close();
    await pause(50);
    expect(worker.held).toBe(1);
    letGo();
    await closed;
    expect([seen.length, outcomes()]).toEqual([1, ["done"]]);
    // What was acked does not come again: the next worker is given the other one alone.
    const others: string[] = [];
    store = memoryStore();
    await begin(defineHandler(contract, async ({ id }) => void others.push(id)));
    await waitFor("the other message", () => outcomes().length === 2);
    expect([...seen, ...others].toSorted()).toEqual(["a", "b"]);
  });

  it("awaits the acks of an exactly-once subscription", async () => {
    const { publish, worker, outcomes, lines } = await scene(
      defineHandler(contract, async () => {}),
      { enableExactlyOnceDelivery: true },
    );
    await publish(numbers(5));
    await waitFor("5 acks", () => outcomes().length === 5 && worker.held === 0);
    expect(lines.filter(({ severity }) => severity === "WARNING" || severity === "ERROR")).toEqual([
      expect.objectContaining({ code: "MR3032" }),
    ]);
  });

  if (only.ordering)
    it("hears of an exactly-once subscription that an ack did not count", async () => {
      let letGo = () => {};
      const gate = new Promise<void>((resolve) => (letGo = resolve));
      let begun = false;
      const handler = defineHandler(contract, () => ((begun = true), gate));
      const { publish, worker, subscription, lines } = await scene(handler, { enableExactlyOnceDelivery: true });
      await publish(["7"]);
      await waitFor("the message", () => begun);
      // Whoever moves the subscription past a message takes its lease away.
      await subscription.seek(new Date(Date.now() + 60_000));
      letGo();
      await waitFor("the end of it", () => worker.held === 0);
      expect(lines.map(({ message }) => message)).toContain(
        "the ack did not count; the message comes again and is replayed",
      );
    });

  if (only.ordering)
    it("keeps the order of a key when a message of it fails", async () => {
      const seen: string[] = [];
      let failures = 2;
      const handler = defineHandler(ordered, async ({ id }) => {
        await pause(1);
        if (id === "3" && failures-- > 0) throw new Error("no");
        seen.push(id);
      });
      const { publish, worker } = await scene(handler, { enableMessageOrdering: true });
      await publish(numbers(10), "k");
      await waitFor("10 messages", () => seen.length >= 10 && worker.held === 0);
      expect(seen).toEqual(numbers(10));
    });
}

describe("a worker on the local engine", () => {
  pulls(
    async () => {
      const server = await startPubSub();
      return { host: server.address, stop: () => server.stop() };
    },
    { ordering: true },
  );
});

// Google's emulator redelivers a nacked message behind its followers: docs/local/emulator-divergences.md.
describePubSubEmulator("a worker on Google's emulator", () => {
  pulls(startPubSubEmulator, { ordering: false });
});
