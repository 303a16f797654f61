import { asArgument } from "../../../local/engine/pubsub/push-event";

const from = { name: "projects/p/subscriptions/s", topic: "projects/p/topics/t" };

/** The argument of an execution that a message to a trigger's topic begins. */
function argumentOf(data: Buffer, datacontenttype: string): { readonly data: unknown; readonly type: string } {
  const attributes = { "ce-type": "shop.paid", "ce-datacontenttype": datacontenttype };
  const { body } = asArgument({ id: "1", data, attributes, orderingKey: "", publishedMs: 0 }, "binding", from);
  const { argument } = JSON.parse(body.toString()) as { argument: string };
  return JSON.parse(argument) as ReturnType<typeof argumentOf>;
}

describe("the event that a workflow is given", () => {
  it("has JSON as it is", () => {
    expect(argumentOf(Buffer.from('{"id":1}'), "application/json")).toMatchObject({
      type: "shop.paid",
      data: { id: 1 },
    });
  });

  it.each([
    ["text", Buffer.from("paid: o-1")],
    ["JSON that is cut off", Buffer.from('{"id":')],
    ["nothing", Buffer.alloc(0)],
    ["bytes", Buffer.from([0xff, 0x00])],
  ])("has %s in base64 where it is said to be JSON and is none", (_what, data) => {
    expect(argumentOf(data, "application/json")).toMatchObject({ type: "shop.paid", data: data.toString("base64") });
  });

  it("has what is not said to be JSON in base64, whatever it is", () => {
    const data = Buffer.from("{}");
    expect(argumentOf(data, "application/protobuf")).toMatchObject({ data: data.toString("base64") });
  });
});
