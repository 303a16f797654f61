import { readdirSync, readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { decode } from "../../../runtime/decode/decode";

const vectors = join(__dirname, "../../vectors/cloudevents");
const read = (path: string) => readFileSync(join(vectors, path));
const list = (folder: string) =>
  readdirSync(join(vectors, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const base64 = (text: string) => Buffer.from(text).toString("base64");
const pushHeaders = { "content-type": "application/json", host: "x", authorization: "Bearer x" };

/** The event, or why there is none. */
const understand = (headers: IncomingHttpHeaders, body: Buffer) => {
  const decoded = decode(headers, body);
  if (!decoded.ok) return decoded.reason;
  const { meta, data } = decoded.incoming;
  return { meta, data, payload: decoded.incoming.payload() };
};

describe("a wrapped push", () => {
  const message = {
    data: base64('{"id":"7"}'),
    attributes: { event: "push" },
    messageId: "m-1",
    message_id: "m-1",
    publishTime: "2021-02-05T04:06:14.109Z",
    publish_time: "2021-02-05T04:06:14.109Z",
    orderingKey: "k",
  };

  it("is understood with all it carries", () => {
    const body = { message, subscription: "projects/p/subscriptions/s", deliveryAttempt: 3 };
    expect(understand(pushHeaders, json(body))).toEqual({
      payload: { id: "7" },
      data: Buffer.from('{"id":"7"}'),
      meta: {
        id: "m-1",
        attributes: { event: "push" },
        orderingKey: "k",
        publishTimeMs: Date.UTC(2021, 1, 5, 4, 6, 14, 109),
        deliveryAttempt: 3,
        source: "projects/p/subscriptions/s",
      },
    });
  });

  it("is understood in the other spelling", () => {
    const { message_id, publish_time, data } = message;
    expect(
      understand(pushHeaders, json({ message: { message_id, publish_time, ordering_key: "k", data } })),
    ).toMatchObject({
      meta: { id: "m-1", orderingKey: "k", publishTimeMs: expect.any(Number) },
    });
  });

  it("has no attempt when the subscription has no dead-letter policy", () => {
    for (const deliveryAttempt of [undefined, 0, "1"])
      expect(understand(pushHeaders, json({ message, deliveryAttempt }))).not.toHaveProperty("meta.deliveryAttempt");
  });

  it("may have attributes alone", () => {
    const { data: _data, ...bare } = message;
    expect(understand(pushHeaders, json({ message: bare }))).toMatchObject({
      payload: undefined,
      data: Buffer.alloc(0),
    });
  });

  it.each(["MessagePublishedData-duplicatedFields.json", "MessagePublishedData-text.json"])(
    "is what %s holds",
    (name) => {
      const decoded = decode(pushHeaders, read(`testdata/${name}`));
      expect(decoded).toMatchObject({
        ok: true,
        incoming: { meta: { id: "message-id", source: "projects/my-project/subscriptions/my-subscription" } },
      });
    },
  );

  it.each([
    ["no id", { message: { data: "" } }, /no messageId/],
    ["an empty id", { message: { messageId: "" } }, /no messageId/],
    ["data that is no text", { message: { messageId: "1", data: {} } }, /data is not base64/],
    ["attributes that are no text", { message: { messageId: "1", attributes: { a: 1 } } }, /attributes are not text/],
    ["a message that is no object", { message: "x" }, /no message/],
  ])("with %s is not understood", (_name, body, reason) => {
    expect(understand(pushHeaders, json(body))).toMatch(reason);
  });
});

describe("an unwrapped push", () => {
  const headers = {
    host: "pushes.run.app",
    "user-agent": "CloudPubSub-Google",
    "content-type": "application/json",
    "content-length": "10",
    authorization: "Bearer x",
    traceparent: "00-1-1-01",
    "x-cloud-trace-context": "1",
    "x-forwarded-for": "1.2.3.4",
    forwarded: "for=1.2.3.4",
    "x-goog-pubsub-message-id": "m-1",
    "x-goog-pubsub-publish-time": "2021-02-05T04:06:14.109Z",
    "x-goog-pubsub-subscription-name": "projects/p/subscriptions/s",
    "x-goog-pubsub-ordering-key": "k",
    event: "push",
    delivery: "d-1",
  };

  it("takes for attributes what the transport did not set", () => {
    expect(understand(headers, Buffer.from('{"id":"7"}'))).toEqual({
      payload: { id: "7" },
      data: Buffer.from('{"id":"7"}'),
      meta: {
        id: "m-1",
        attributes: { event: "push", delivery: "d-1" },
        orderingKey: "k",
        publishTimeMs: Date.UTC(2021, 1, 5, 4, 6, 14, 109),
        source: "projects/p/subscriptions/s",
      },
    });
  });

  it("finds the ordering key where the emulator puts it", () => {
    const { "x-goog-pubsub-ordering-key": key, ...rest } = headers;
    expect(understand({ ...rest, "x-goog-ordering-key": key }, json({}))).toMatchObject({ meta: { orderingKey: "k" } });
  });

  it("is no CloudEvent, although an attribute looks like one's", () => {
    expect(understand({ ...headers, "ce-specversion": "1.0", "ce-id": "x" }, json({}))).toMatchObject({
      meta: { id: "m-1", attributes: { "ce-id": "x" } },
    });
  });

  it("without metadata is not understood, whatever its body is", () => {
    for (const body of [json({ id: "7" }), Buffer.from("a=b"), Buffer.alloc(0)])
      expect(understand({ "content-type": "application/json" }, body)).toMatch(/write_metadata/);
  });
});

describe("a CloudEvent", () => {
  const binary = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/b",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-time": "2021-02-05T04:06:14.109Z",
    "ce-subject": "objects/%C3%BC%20x",
    "ce-bucket": "b",
  };

  it.each(list("examples/binary").filter((name) => !name.startsWith("pubsub")))(
    "in binary mode is understood: %s",
    (name) => {
      const body = read(`examples/binary/${name}`);
      expect(understand(binary, body)).toEqual({
        payload: JSON.parse(body.toString()),
        data: body,
        meta: {
          id: "e-1",
          source: "//storage.googleapis.com/projects/_/buckets/b",
          publishTimeMs: Date.UTC(2021, 1, 5, 4, 6, 14, 109),
          attributes: { type: "google.cloud.storage.object.v1.finalized", subject: "objects/ü x", bucket: "b" },
        },
      });
    },
  );

  it.each(list("examples/structured").filter((name) => !name.startsWith("pubsub")))(
    "in structured mode is understood: %s",
    (name) => {
      const body = read(`examples/structured/${name}`);
      const event = JSON.parse(body.toString()) as Record<string, unknown>;
      expect(understand({ "content-type": "application/cloudevents+json; charset=utf-8" }, body)).toMatchObject({
        payload: event["data"],
        meta: { id: event["id"], source: event["source"], attributes: { type: event["type"] } },
      });
    },
  );

  it("that holds a message of a topic is taken for the message", () => {
    const type = "google.cloud.pubsub.topic.v1.messagePublished";
    const expected = {
      meta: {
        id: "message-id",
        source: "projects/test-project/subscriptions/my-subscription",
        attributes: { attr1: "attr1-value" },
        orderingKey: "ordering-key",
      },
      data: Buffer.from("test message 3"),
    };
    for (const [headers, file] of [
      [{ ...binary, "ce-type": type }, "examples/binary/pubsub/MessagePublishedData-complex.json"],
      [{ "content-type": "application/cloudevents+json" }, "examples/structured/pubsub/MessagePublishedData.json"],
    ] as const) {
      const decoded = decode(headers, read(file));
      expect(decoded).toMatchObject({ ok: true, incoming: expected });
    }
  });

  it("may hold text or bytes", () => {
    expect(understand({ ...binary, "content-type": "text/plain" }, Buffer.from("x"))).toMatchObject({ payload: "x" });
    const bytes = Buffer.from([0, 255]);
    expect(understand({ ...binary, "content-type": "application/octet-stream" }, bytes)).toMatchObject({
      payload: bytes,
    });
    const event = { specversion: "1.0", id: "1", source: "s", type: "t", data_base64: bytes.toString("base64") };
    const structured = json({ ...event, datacontenttype: "application/octet-stream" });
    expect(understand({ "content-type": "application/cloudevents+json" }, structured)).toMatchObject({
      payload: bytes,
    });
  });

  it("with a partition key is ordered by it", () => {
    expect(understand({ ...binary, "ce-partitionkey": "k" }, json({}))).toMatchObject({ meta: { orderingKey: "k" } });
  });

  it.each([
    ["of another version", { ...binary, "ce-specversion": "0.3" }, json({}), /version "0.3"/],
    ["without a source", { ...binary, "ce-source": "" }, json({}), /no source/],
    ["in a batch", { "content-type": "application/cloudevents-batch+json" }, json([]), /batches/],
    ["in another format", { "content-type": "application/cloudevents+avro" }, json({}), /format/],
    ["that is an array", { "content-type": "application/cloudevents+json" }, json([]), /not an object/],
    ["that is not JSON", { "content-type": "application/cloudevents+json" }, Buffer.from("{"), /not JSON/],
  ])("%s is not understood", (_name, headers, body, reason) => {
    expect(understand(headers, body)).toMatch(reason);
  });
});
