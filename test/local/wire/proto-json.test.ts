import descriptors from "../../../local/wire/pubsub.generated.json";
import { fromProtoJson, toProtoJson } from "../../../local/wire/proto-json";
import { loadDescriptors } from "../../../local/wire/service";

const root = loadDescriptors(descriptors);
const type = (name: string) => root.lookupType(`google.pubsub.v1.${name}`);
const through = (name: string, json: object) => {
  const found = type(name);
  return toProtoJson(found, found.decode(found.encode(fromProtoJson(found, json)).finish()));
};

describe("canonical JSON of protobuf messages", () => {
  it.each([
    ["Subscription", { name: "n", ackDeadlineSeconds: 30, messageRetentionDuration: "604800s", labels: { a: "b" } }],
    [
      "Subscription",
      { retryPolicy: { minimumBackoff: "0.500s", maximumBackoff: "600s" }, enableMessageOrdering: true },
    ],
    [
      "Subscription",
      { state: "ACTIVE", pushConfig: { oidcToken: { audience: "x" }, noWrapper: { writeMetadata: true } } },
    ],
    ["PubsubMessage", { data: "aGVsbG8=", publishTime: "2026-11-24T16:41:00.123Z", attributes: { k: "v" } }],
    ["SeekRequest", { subscription: "s", time: "2026-01-02T03:04:05.123456789Z" }],
    ["UpdateTopicRequest", { topic: { name: "t" }, updateMask: "labels,messageRetentionDuration" }],
    ["StreamingPullRequest", { maxOutstandingMessages: "5", modifyDeadlineSeconds: [10, 0] }],
  ])("%s keeps %j", (name, json) => {
    const normal = JSON.parse(JSON.stringify(json).replace('"0.500s"', '"0.5s"')) as object;
    expect(through(name, json)).toEqual(normal);
  });

  it("takes snake_case names as well", () => {
    expect(through("Subscription", { ack_deadline_seconds: 20, enable_message_ordering: true })).toEqual({
      ackDeadlineSeconds: 20,
      enableMessageOrdering: true,
    });
  });

  it("leaves out what is unset, empty lists and maps included", () => {
    expect(through("Subscription", { labels: {}, messageTransforms: [] })).toEqual({});
  });

  it.each([
    ["Subscription", { nme: "x" }, 'Unknown name "nme"'],
    ["Subscription", { pushConfig: { pushEndpint: "x" } }, "at 'pushConfig'"],
    ["Subscription", { ackDeadlineSeconds: "soon" }, "ackDeadlineSeconds must be a number"],
    ["Subscription", { ackDeadlineSeconds: 1.5 }, "ackDeadlineSeconds must be a number"],
    ["Subscription", { enableMessageOrdering: "yes" }, "must be true or false"],
    ["Subscription", { messageRetentionDuration: "10m" }, "must be a duration"],
    ["Subscription", { state: "SLEEPY" }, 'has no value "SLEEPY"'],
    ["PubsubMessage", { data: "no base64!" }, "data must be base64"],
    ["PublishRequest", { messages: {} }, "messages must be a list"],
    ["SeekRequest", { time: "yesterday" }, "must be a timestamp"],
  ])("%s refuses %j: %s", (name, json, message) => {
    expect(() => fromProtoJson(type(name), json)).toThrow(message);
  });
});
