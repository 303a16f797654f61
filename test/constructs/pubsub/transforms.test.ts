import { type MessageTransform, type MillraceStack, Subscription, Topic } from "../../../constructs";
import { codesOf, issuesOf, plan } from "../../support/synth";

const upper: MessageTransform = {
  functionName: "upper",
  code: "function upper(message, metadata) { return { ...message, data: `${message.data}`.toUpperCase() }; }",
};

const onTopic =
  (...transforms: readonly MessageTransform[]) =>
  (stack: MillraceStack) =>
    new Topic(stack, "Orders", { transforms });

describe("a message transform", () => {
  it("runs on a topic or on a subscription, and keeps its literal ${ from Terraform", () => {
    const { one } = plan((stack) => {
      const topic = new Topic(stack, "Orders", { transforms: [upper] });
      new Subscription(stack, "Charge", { topic, deadLetter: false, transforms: [{ ...upper, disabled: true }] });
    });
    const udf = { function_name: "upper", code: upper.code.replace("${", () => "$${") };
    expect(one("google_pubsub_topic")["message_transforms"]).toEqual([{ javascript_udf: udf }]);
    expect(one("google_pubsub_subscription")["message_transforms"]).toEqual([{ javascript_udf: udf, disabled: true }]);
  });

  it.each<[string, readonly MessageTransform[]]>([
    ["two transforms are called upper", [upper, upper]],
    ["does not parse", [{ functionName: "f", code: "function f(message, metadata) { return ; " }]],
    ["defines no function f(message, metadata)", [{ functionName: "f", code: "const f = (message) => message;" }]],
  ])("is refused when %s", (problem, transforms) => {
    expect(issuesOf(onTopic(...transforms))).toMatchObject([
      { code: "MR1106", severity: "error", problem: expect.stringContaining(problem) },
    ]);
  });

  it("is doubted when there are many of them, or much code", () => {
    const named = (name: string, filler = "") => ({ functionName: name, code: `function ${name}(m) { ${filler} }` });
    const six = ["a", "b", "c", "d", "e", "f"].map((name) => named(name));
    expect(codesOf(onTopic(...six))).toEqual(["MR1107"]);
    expect(codesOf(onTopic(...six.slice(1)))).toEqual([]);
    expect(codesOf(onTopic(named("a", `/* ${"x".repeat(20_000)} */`)))).toEqual(["MR1107"]);
  });
});
