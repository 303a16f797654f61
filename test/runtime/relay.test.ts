import { noJournal } from "../../local/engine/journal";
import { createDocuments, documentsRest } from "../../local/engine/firestore";
import { virtualClock, type VirtualClock } from "../../local/engine/clock";
import { Unavailable } from "../../runtime";
import { firestoreStore } from "../../runtime/firestore";
import { defineHandler } from "../../runtime/handler";
import { createLog } from "../../runtime/log";
import { pubsubPublisher, relayOutbox, type RelayOutboxOptions } from "../../runtime/relay";
import { memoryStore } from "../../runtime/store/memory";
import type { OutboxRow, Store } from "../../runtime/store/store";
import { seededRandom } from "../../local/engine/random";
import { transactional } from "./support/orders";
import { restFetch } from "./support/rest-fetch";
import { incoming, startInstance } from "./support/simulation";

const STORES: readonly [string, (clock: VirtualClock) => Store][] = [
  ["memory", (clock) => memoryStore({ clock })],
  [
    "firestore",
    (clock) =>
      firestoreStore({
        database: "projects/p/databases/(default)",
        emulatorHost: "engine.test",
        fetch: restFetch(documentsRest(createDocuments({ clock, journal: noJournal }))),
      }),
  ],
];

describe.each(STORES)("the outbox in a %s store", (_name, create) => {
  let clock: VirtualClock;
  let store: Store;
  let published: OutboxRow[];
  beforeEach(() => {
    clock = virtualClock(1_700_000_000_000);
    store = create(clock);
    published = [];
  });

  /** Events whose commit succeeded and whose messages nobody took, two each. */
  const strand = async (...ids: string[]) => {
    const handler = defineHandler(transactional, async (order, ctx) =>
      ctx.commit((tx) => {
        tx.publish("projects/p/topics/a", { data: `${order.id}-1` });
        tx.publish("projects/p/topics/b", { data: `${order.id}-2` });
      }),
    );
    const surroundings = { clock, random: seededRandom(1), store, published: [] };
    const publish = () => Promise.reject(new Error("no such topic"));
    for (const id of ids) {
      const { outcome } = await startInstance(surroundings, handler, { publish }).deliver(incoming({ id }));
      expect(outcome.kind).toBe("retry");
    }
  };
  const sweep = (more: Partial<RelayOutboxOptions> = {}) =>
    relayOutbox({
      store,
      clock,
      log: createLog(() => {}),
      publisher: { publish: async (rows) => void published.push(...rows) },
      ...more,
    });
  const texts = () => published.map(({ data }) => data.toString());

  it("is published, each event's messages in order, and emptied", async () => {
    await strand("7", "8", "9");
    await clock.advance(15 * 60_000);
    expect(await sweep()).toEqual({ rows: 6, relayed: 3, young: 0, failed: 0, more: false });
    expect(texts().toSorted()).toEqual(["7-1", "7-2", "8-1", "8-2", "9-1", "9-2"]);
    for (const id of ["7", "8", "9"]) expect(texts().indexOf(`${id}-2`)).toBe(texts().indexOf(`${id}-1`) + 1);
    expect(published[0]!.attributes).toEqual({ "millrace-dedupe-id": published[0]!.id });
    expect(await sweep()).toEqual({ rows: 0, relayed: 0, young: 0, failed: 0, more: false });
  });

  it("is left alone while a delivery may still be at it", async () => {
    await strand("7");
    await clock.advance(15 * 60_000 - 1);
    expect(await sweep()).toMatchObject({ relayed: 0, young: 1 });
    expect(await sweep({ minAge: "1s" })).toMatchObject({ relayed: 1, young: 0 });
  });

  it("keeps what is refused, and goes on with the others", async () => {
    await strand("7", "8");
    let first = true;
    const publish = async (rows: readonly OutboxRow[]) => {
      const refused = first;
      first = false;
      if (refused) throw new Error("no such topic");
      published.push(...rows);
    };
    expect(await sweep({ minAge: "0s", publisher: { publish } })).toMatchObject({ relayed: 1, failed: 1, more: false });
    expect(await sweep({ minAge: "0s" })).toMatchObject({ rows: 2, relayed: 1, failed: 0 });
    expect(texts()).toHaveLength(4);
  });

  it("stops at an outage, since it would meet every row", async () => {
    await strand("7", "8");
    const publish = () => Promise.reject(new Unavailable("down"));
    expect(await sweep({ minAge: "0s", publisher: { publish } })).toMatchObject({ relayed: 0, failed: 1, more: true });
  });

  it("is looked at up to a limit", async () => {
    await strand("7", "8", "9");
    expect(await sweep({ minAge: "0s", limit: 4 })).toEqual({ rows: 4, relayed: 2, young: 0, failed: 0, more: true });
    expect(await sweep({ minAge: "0s", limit: 4 })).toEqual({ rows: 2, relayed: 1, young: 0, failed: 0, more: false });
    await expect(sweep({ limit: 0 })).rejects.toThrow("limit 0 is not a whole number from 1");
  });
});

it("a store that cannot list its rows is not swept", async () => {
  const { outbox: _outbox, ...store } = memoryStore();
  await expect(relayOutbox({ store })).rejects.toThrow("cannot list its outbox");
});

it("the publisher speaks to the emulator it is given", async () => {
  const urls: string[] = [];
  const publisher = pubsubPublisher({
    emulatorHost: "pubsub.test",
    fetch: async (url) => {
      urls.push(url as string);
      return Response.json({ messageIds: ["1"] });
    },
  });
  await publisher.publish([
    { id: "1", topic: "projects/p/topics/a", data: Buffer.from("x"), attributes: {}, expireAtMs: 0 },
  ]);
  expect(urls).toEqual(["http://pubsub.test/v1/projects/p/topics/a:publish"]);
});
