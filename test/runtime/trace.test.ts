import { defineTopic } from "../../contract";
import { Fatal } from "../../runtime";
import { traced } from "../../runtime/decode/incoming";
import { defineHandler } from "../../runtime/handler";
import { firstTrace, traceFields } from "../../runtime/trace";
import { atLeastOnce, transactional } from "./support/orders";
import { WithId } from "./support/schema";
import { createWorld, incoming, startInstance } from "./support/simulation";

const trace = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

describe("the trace of an event", () => {
  it("is what the message says, then what carried it", () => {
    const of = (attributes: Record<string, string>, header?: string) =>
      traced(incoming({ id: "7" }, { attributes }), header).meta.traceparent;
    expect(of({ googclient_traceparent: trace("1"), traceparent: trace("2") }, trace("3"))).toBe(trace("1"));
    expect(of({ traceparent: trace("2") }, trace("3"))).toBe(trace("2"));
    expect(of({}, trace("3"))).toBe(trace("3"));
    expect(of({})).toBeUndefined();
  });

  it.each(["", "00-1-2-3", trace("0"), trace("g"), `${trace("1")}x`])("is not %j", (text) => {
    expect(firstTrace(text)).toBeUndefined();
  });

  it("ties log lines to it", () => {
    expect(traceFields(trace("1"), "p")).toEqual({
      "logging.googleapis.com/trace": `projects/p/traces/${"1".repeat(32)}`,
    });
    expect(traceFields(trace("1"), undefined)).toEqual({});
  });

  const topic = defineTopic({ name: "placed", schema: WithId });
  const options = { deliver: { topics: "placed=projects/p/topics/placed", project: "p" } };
  const event = () => traced(incoming({ id: "7" }, { attributes: {} }), trace("5"));

  it("goes on with what is committed, and with the handler's log", async () => {
    const world = createWorld();
    const instance = startInstance(
      world,
      defineHandler(transactional, async (order, ctx) => {
        ctx.log.info("hello");
        await ctx.commit((tx) => {
          tx.publish(topic, order, { attributes: { a: "b" } });
          tx.publish(topic, order, { attributes: { googclient_traceparent: trace("6") } });
        });
      }),
      options,
    );
    await instance.deliver(event());
    expect(world.published.map(({ topic: to, data }) => [to, data.toString()])[0]).toEqual([
      "projects/p/topics/placed",
      '{"id":"7"}',
    ]);
    expect(world.published.map(({ attributes }) => attributes["googclient_traceparent"])).toEqual([
      trace("5"),
      trace("6"),
    ]);
    expect(instance.lines[0]).toMatchObject({ "logging.googleapis.com/trace": `projects/p/traces/${"5".repeat(32)}` });
  });

  it("goes on with what is published at once, whose dedupe ids are those of every attempt", async () => {
    const world = createWorld();
    let runs = 0;
    const handler = defineHandler(atLeastOnce, async (order, ctx) => {
      await ctx.publish(topic, order);
      await ctx.publish("projects/p/topics/other", { data: "x" });
      if (runs++ === 0) throw new Error("once more");
    });
    await startInstance(world, handler, options).deliver(event());
    await startInstance(world, handler, options).deliver(event());
    const ids = world.published.map(({ attributes }) => attributes["millrace-dedupe-id"]);
    expect(ids).toHaveLength(4);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    expect(new Set(ids).size).toBe(2);
    expect(world.published.every(({ attributes }) => attributes["googclient_traceparent"] === trace("5"))).toBe(true);
  });

  it("goes on with a dead letter", async () => {
    const world = createWorld();
    const handler = defineHandler(atLeastOnce, () => Promise.reject(new Fatal("no")));
    await startInstance(world, handler, options).deliver(event());
    expect(world.published[0]!.attributes["googclient_traceparent"]).toBe(trace("5"));
  });

  it("fails the handler that publishes what its consumers would refuse", async () => {
    const handler = defineHandler(atLeastOnce, (_order, ctx) => ctx.publish(topic, { id: 7 as never }));
    const { outcome } = await startInstance(createWorld(), handler, options).deliver(event());
    expect(outcome).toMatchObject({ kind: "retry", cause: { class: "TypeError" } });
  });
});
