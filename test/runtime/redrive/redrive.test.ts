import { startPubSub } from "../../../local/engine/pubsub";
import { Fatal, type MemoryStore, memoryStore } from "../../../runtime";
import type { Clock } from "../../../runtime/clock";
import { realClock } from "../../../runtime/clock";
import { ENV } from "../../../contract/environment";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { createLog } from "../../../runtime/log";
import { redrive, type RedriveOptions, type Target, toHandler, toUrl } from "../../../runtime/redrive";
import { describePubSubEmulator, startPubSubEmulator } from "../../support/pubsub-emulator";
import { environmentFor } from "../support/environment";
import { atLeastOnce, Declined } from "../support/orders";
import { incoming } from "../support/simulation";

interface Broker {
  readonly host: string;
  stop(): Promise<void>;
}

/** The wall clock without its pauses. */
const impatient: Clock = { ...realClock(), after: (_ms, callback) => realClock().after(0, callback) };

function redrives(start: () => Promise<Broker>): void {
  let broker: Broker;
  let store: MemoryStore;
  let count = 0;
  beforeAll(async () => void (broker = await start()));
  afterAll(() => broker.stop());

  const call = async (method: string, path: string, body: object): Promise<unknown> => {
    const response = await fetch(`http://${broker.host}/v1/projects/p/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  /** A dead-letter topic with its subscription, and a handler that parks into it. */
  async function scene() {
    const name = `dead-${++count}`;
    const topic = `projects/p/topics/${name}`;
    const subscription = `projects/p/subscriptions/${name}`;
    await call("PUT", `topics/${name}`, {});
    await call("PUT", `subscriptions/${name}`, { topic });
    store = memoryStore();
    const target = (handler: Handler): Target =>
      toHandler(handler, {
        env: { ...environmentFor(handler), [ENV.deadLetterTopic]: topic, PUBSUB_EMULATOR_HOST: broker.host },
        store,
        write: () => {},
      });
    const failing = (error: Error = new Fatal("no")) =>
      target(
        defineHandler(atLeastOnce, async () => {
          throw error;
        }),
      );
    const runs: string[] = [];
    const mended = () => target(defineHandler(atLeastOnce, async ({ id }) => void runs.push(id)));
    const again = (to: Target, more: Partial<RedriveOptions> = {}) =>
      redrive({
        subscription,
        to,
        store,
        emulatorHost: broker.host,
        clock: impatient,
        rate: 1_000,
        log: createLog(() => {}),
        ...more,
      });
    const park = async (id: string, to = failing()) => expect(await to.deliver(incoming({ id }))).toBe(true);
    return { park, again, failing, mended, target, runs, topic: name };
  }
  const record = () => [...store.records.values()].at(-1)!.record;

  it("delivers a parked event again, once, in a new epoch", async () => {
    const { park, again, mended, runs } = await scene();
    await park("7");
    expect(await again(mended())).toMatchObject({ looked: 1, matched: 1, delivered: 1, failed: 0, obsolete: 0 });
    expect(runs).toEqual(["7"]);
    expect(record()).toMatchObject({ state: "DONE", token: 2, attempts: 1, epoch: 2 });
    expect(await again(mended())).toMatchObject({ looked: 0 });
  });

  it("goes on after the steps that were recorded", async () => {
    const { park, again, target } = await scene();
    const ran: string[] = [];
    const handler = (last: () => void) =>
      target(
        defineHandler(atLeastOnce, async (_order, ctx) => {
          await ctx.once("charge", () => void ran.push("charge"));
          last();
        }),
      );
    await park(
      "7",
      handler(() => {
        throw new Fatal("no");
      }),
    );
    await again(handler(() => void ran.push("ship")));
    expect(ran).toEqual(["charge", "ship"]);
  });

  it("only counts in a dry run", async () => {
    const { park, again, mended, runs } = await scene();
    await park("7");
    expect(await again(mended(), { dryRun: true })).toMatchObject({ looked: 1, matched: 1, delivered: 0 });
    expect([runs, record().state]).toEqual([[], "PARKED"]);
    expect(await again(mended())).toMatchObject({ delivered: 1 });
  });

  it("chooses by cause, key and age, and leaves the rest", async () => {
    const { park, again, mended, failing, runs } = await scene();
    await park("a");
    await park("b", failing(new Declined("no")));
    await park("c");
    expect(await again(mended(), { where: { causes: ["Declined"] } })).toMatchObject({ looked: 3, delivered: 1 });
    expect(await again(mended(), { where: { keys: ["c"] } })).toMatchObject({ looked: 2, delivered: 1 });
    expect(await again(mended(), { where: { olderThan: "1h" } })).toMatchObject({ looked: 1, matched: 0 });
    expect(await again(mended(), { where: { newerThan: "1h" } })).toMatchObject({ looked: 1, delivered: 1 });
    expect(runs).toEqual(["b", "c", "a"]);
  });

  it("leaves the letters of other handlers, and those that Pub/Sub wrote unless asked for", async () => {
    const { again, mended, runs, topic } = await scene();
    const data = Buffer.from('{"id":"7"}').toString("base64");
    const other = { "millrace-handler": "other", "millrace-cause": "Fatal", "millrace-dedupe-id": "1" };
    const unparked = { CloudPubSubDeadLetterSourceSubscription: "s" };
    await call("POST", `topics/${topic}:publish`, {
      messages: [other, unparked].map((attributes) => ({ data, attributes })),
    });
    expect(await again(mended())).toMatchObject({ looked: 2, matched: 0 });
    expect(await again(mended(), { unparked: true })).toMatchObject({ looked: 2, delivered: 1 });
    expect(runs).toEqual(["7"]);
  });

  it("does not go round with an event that is parked again, and gives it up after three times", async () => {
    const { park, again, failing } = await scene();
    await park("7");
    for (let i = 0; i < 3; i++) expect(await again(failing())).toMatchObject({ delivered: 1 });
    expect(await again(failing())).toMatchObject({ looked: 1, matched: 0, delivered: 0, guarded: 1 });
    expect(record()).toMatchObject({ state: "PARKED", epoch: 4 });
    expect(await again(failing(), { maxRedrives: 4 })).toMatchObject({ delivered: 1 });
  });

  it("removes a letter whose event has ended otherwise", async () => {
    const { park, again, mended, runs, topic } = await scene();
    await park("7");
    const { receivedMessages } = (await call("POST", `subscriptions/${topic}:pull`, { maxMessages: 1 })) as {
      receivedMessages: { ackId: string; message: { data: string; attributes: object } }[];
    };
    const { data, attributes } = receivedMessages[0]!.message;
    await call("POST", `subscriptions/${topic}:modifyAckDeadline`, {
      ackIds: [receivedMessages[0]!.ackId],
      ackDeadlineSeconds: 0,
    });
    await call("POST", `topics/${topic}:publish`, { messages: [{ data, attributes }] });
    expect(await again(mended())).toMatchObject({ delivered: 1, guarded: 1 });
    expect(await again(mended())).toMatchObject({ looked: 1, delivered: 0, obsolete: 1 });
    expect(runs).toEqual(["7"]);
    expect(await again(mended())).toMatchObject({ looked: 0 });
  });

  it("keeps a letter that the handler refuses or does not get", async () => {
    const { park, again, mended } = await scene();
    await park("7");
    const { contract } = mended();
    expect(await again({ contract, deliver: async () => false })).toMatchObject({ delivered: 0, failed: 1 });
    expect(await again({ contract, deliver: () => Promise.reject(new Error("down")) })).toMatchObject({ failed: 1 });
    expect(await again(mended())).toMatchObject({ delivered: 1 });
    expect(record()).toMatchObject({ state: "DONE", epoch: 2 });
  });
}

describe("redriving on the local engine", () => {
  redrives(async () => {
    const server = await startPubSub();
    return { host: server.address, stop: () => server.stop() };
  });
});

describePubSubEmulator("redriving on Google's emulator", () => {
  redrives(startPubSubEmulator);
});

describe("a handler behind an address", () => {
  it("is sent the event as a push, with a token", async () => {
    const sent: unknown[] = [];
    const statuses = [204, 500];
    const target = toUrl(atLeastOnce, "https://orders.example/", {
      idToken: async () => "token",
      fetch: async (url, init) => {
        sent.push([url, new Headers(init!.headers).get("authorization"), JSON.parse(init!.body as string)]);
        return new Response(null, { status: statuses.shift()! });
      },
    });
    const event = incoming(
      { id: "7" },
      { id: "m-1", attributes: { a: "b" }, orderingKey: "k", source: "projects/p/subscriptions/s", publishTimeMs: 0 },
    );
    expect([await target.deliver(event), await target.deliver(event)]).toEqual([true, false]);
    expect(sent[0]).toEqual([
      "https://orders.example/",
      "Bearer token",
      {
        subscription: "projects/p/subscriptions/s",
        message: {
          messageId: "m-1",
          data: Buffer.from('{"id":"7"}').toString("base64"),
          attributes: { a: "b" },
          orderingKey: "k",
          publishTime: "1970-01-01T00:00:00.000Z",
        },
      },
    ]);
  });
});

it.each([
  [{ rate: 0 }, "rate 0 is not above 0"],
  [{ limit: 1.5 }, "limit 1.5 is not a whole number from 1"],
])("redriving with %j is refused", async (more, message) => {
  const to: Target = { contract: atLeastOnce, deliver: async () => true };
  await expect(
    redrive({ subscription: "projects/p/subscriptions/s", to, store: memoryStore(), ...more }),
  ).rejects.toThrow(message);
});
