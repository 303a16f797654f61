import { defineTopic, formatTopics, parseTopics } from "../../contract";
import { WithId } from "../runtime/support/schema";

describe("a typed topic", () => {
  const topic = defineTopic({
    name: "order-placed",
    schema: WithId,
    orderingKey: (order) => `customer-${order.n ?? 0}`,
    attributes: (order) => ({ kind: order.n === undefined ? "plain" : "numbered" }),
  });

  it("says what is published of an event", () => {
    expect(topic.message({ id: "7", n: 3 }, { attributes: { region: "eu" } })).toEqual({
      data: '{"id":"7","n":3}',
      attributes: { kind: "numbered", region: "eu" },
      orderingKey: "customer-3",
    });
    expect(topic.message({ id: "7" }, { orderingKey: "mine" }).orderingKey).toBe("mine");
  });

  it("refuses what its consumers would refuse, without quoting it", () => {
    expect(() => topic.message({ id: 4711 as never })).toThrow(
      "an event for topic order-placed does not fit its schema: id: expected a string",
    );
  });

  it("refuses a schema that validates asynchronously", () => {
    const validate = async (value: unknown) => ({ value: value as { id: string } });
    const slow = defineTopic({ name: "slow", schema: { "~standard": { version: 1, vendor: "test", validate } } });
    expect(() => slow.message({ id: "7" })).toThrow(/validates asynchronously/);
  });

  it("finds its address by its name", () => {
    const addresses = formatTopics({
      other: "projects/p/topics/o",
      "order-placed": "projects/p/topics/app-dev-orders",
    });
    expect(topic.address(addresses)).toBe("projects/p/topics/app-dev-orders");
    expect(() => topic.address(undefined)).toThrow(/MILLRACE_TOPICS has no address for topic order-placed/);
    expect(defineTopic({ name: "projects/p/topics/t", schema: WithId }).address(undefined)).toBe("projects/p/topics/t");
  });

  it.each(["Order", "", "projects/p/topics/", "a b"])("is not called %j", (name) => {
    expect(() => defineTopic({ name, schema: WithId })).toThrow(RangeError);
  });

  it.each(["orders", "orders=topics/t", "=projects/p/topics/t"])("has no address in %j", (text) => {
    expect(() => parseTopics(text)).toThrow(RangeError);
  });
});
