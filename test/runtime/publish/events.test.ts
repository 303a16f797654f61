import { defineTopic } from "../../../contract";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { Unavailable } from "../../../runtime";
import { createEventPublisher, OrderingPaused } from "../../../runtime/publish/events";
import type { OutboxRow } from "../../../runtime/store/store";
import { WithId } from "../support/schema";

const TOPIC = "projects/p/topics/orders";

describe("a publisher of events", () => {
  let clock: VirtualClock;
  let requests: string[][];
  /** What becomes of the next requests; then all succeed. */
  let fates: ("ok" | "unavailable" | "refused")[];
  beforeEach(() => {
    clock = virtualClock(0);
    requests = [];
    fates = [];
  });
  const textOf = ({ data }: OutboxRow) => data.toString();
  const create = (more: object = {}) => {
    let ids = 0;
    return createEventPublisher({
      clock,
      random: () => 0,
      newId: () => `id-${++ids}`,
      topics: `orders=${TOPIC}`,
      publisher: {
        async publish(rows) {
          requests.push(rows.map(textOf));
          const fate = fates.shift() ?? "ok";
          if (fate === "unavailable") throw new Unavailable("nobody answers");
          if (fate === "refused") throw new Error("not that one");
        },
      },
      ...more,
    });
  };
  const told = (work: Promise<void>) =>
    work.then(
      () => "published",
      (error: Error) => error.name,
    );

  it("gathers what is published at about the same time into one request", async () => {
    const { publish, flush } = create();
    const all = ["a", "b", "c"].map((data) => publish(TOPIC, { data }));
    await clock.advance(5);
    await Promise.all(all);
    await flush();
    expect(requests).toEqual([["a", "b", "c"]]);
  });

  it("checks events against the topic's schema, and finds its address", async () => {
    const { publish } = create({ gatherMs: 0 });
    const topic = defineTopic({ name: "orders", schema: WithId });
    await publish(topic, { id: "7" });
    expect(requests).toEqual([['{"id":"7"}']]);
    await expect(publish(topic, { id: 7 as never })).rejects.toThrow(/does not fit its schema/);
    await expect(publish("orders", { data: "x" })).rejects.toThrow(RangeError);
  });

  it("asks again while nobody answers, with the same dedupe ids", async () => {
    fates = ["unavailable", "unavailable"];
    const seen: string[] = [];
    const { publish } = create({
      gatherMs: 0,
      traceparent: () => `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
      publisher: {
        async publish([row]: OutboxRow[]) {
          seen.push(row!.attributes["millrace-dedupe-id"]!);
          expect(row!.attributes["googclient_traceparent"]).toMatch(/^00-a+-b+-01$/);
          if (fates.shift()) throw new Unavailable("nobody answers");
        },
      },
    });
    const published = publish(TOPIC, { data: "a" });
    await clock.advance(1_000);
    await published;
    expect(seen).toEqual(["id-1", "id-1", "id-1"]);
  });

  it("sends the messages of a key one request after another, and others meanwhile", async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const { publish, flush } = create({
      gatherMs: 0,
      publisher: {
        async publish(rows: OutboxRow[]) {
          requests.push(rows.map(textOf));
          if (textOf(rows[0]!) === "k1") await held;
        },
      },
    });
    const all = [
      publish(TOPIC, { data: "k1", orderingKey: "k" }),
      publish(TOPIC, { data: "k2", orderingKey: "k" }),
      publish(TOPIC, { data: "other" }),
      publish(TOPIC, { data: "l1", orderingKey: "l" }),
    ];
    await clock.advance(0);
    expect(requests).toEqual([["k1"], ["other"], ["l1"]]);
    letGo();
    await Promise.all(all);
    await flush();
    expect(requests.at(-1)).toEqual(["k2"]);
  });

  it("publishes nothing more of a key after a failure, until it is resumed", async () => {
    fates = ["refused"];
    const { publish, resume } = create({ gatherMs: 0 });
    const [first, second, elsewhere] = [
      publish(TOPIC, { data: "k1", orderingKey: "k" }),
      publish(TOPIC, { data: "k2", orderingKey: "k" }),
      publish(TOPIC, { data: "x" }),
    ].map(told);
    expect([await first, await second, await elsewhere]).toEqual(["Error", "OrderingPaused", "published"]);
    const refused = await publish(TOPIC, { data: "k3", orderingKey: "k" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OrderingPaused);
    expect((refused as Error).cause).toMatchObject({ message: "not that one" });
    resume(TOPIC, "k");
    await publish(TOPIC, { data: "k1 again", orderingKey: "k" });
    expect(requests).toEqual([["k1"], ["x"], ["k1 again"]]);
  });
});
