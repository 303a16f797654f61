import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeDocumentEvent, type DocumentEventData } from "../../../local/engine/eventarc/document-proto";
import { relayed } from "../../../runtime/event-relay";
import { decodeDocumentEvent, eventarc } from "../../../runtime/transports";

const vector = (name: string) =>
  JSON.parse(
    readFileSync(join(__dirname, "../../vectors/cloudevents/examples/binary/firestore", `${name}.json`), "utf8"),
  ) as DocumentEventData;

/** What Eventarc adds to every event of a document, in messages as attributes and in requests as headers. */
const ATTRIBUTES = {
  "ce-database": "(default)",
  "ce-datacontenttype": "application/protobuf",
  "ce-document": "users/trailing-space ",
  "ce-id": "2e182641",
  "ce-location": "us-central1",
  "ce-namespace": "(default)",
  "ce-project": "my-project",
  "ce-source": "//firestore.googleapis.com/projects/my-project/databases/(default)",
  "ce-specversion": "1.0",
  "ce-subject": "documents/users/trailing-space ",
  "ce-time": "2026-09-24T16:59:46.187599Z",
  "ce-type": "google.cloud.firestore.document.v1.written",
};
const META = {
  id: "2e182641",
  source: "//firestore.googleapis.com/projects/my-project/databases/(default)",
  publishTimeMs: Date.parse("2026-09-24T16:59:46.187Z"),
  attributes: {
    database: "(default)",
    document: "users/trailing-space ",
    location: "us-central1",
    namespace: "(default)",
    project: "my-project",
    subject: "documents/users/trailing-space ",
    type: "google.cloud.firestore.document.v1.written",
  },
};

const understand = (headers: Record<string, string>, body: Buffer) => {
  const decoded = eventarc().decode(headers, body);
  if (!decoded.ok) return decoded.reason;
  return { meta: decoded.incoming.meta, payload: decoded.incoming.payload() };
};
const push = (attributes: Record<string, string>, data: Buffer, more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      message: {
        attributes,
        data: data.toString("base64"),
        messageId: "7",
        publishTime: "2026-09-24T16:59:46Z",
        ...more,
      },
      subscription: "projects/my-project/subscriptions/eventarc-nam5-trigger-sub",
      deliveryAttempt: 3,
    }),
  );
const JSON_PUSH = { "content-type": "application/json" };

describe("the data of a document's event", () => {
  it.each(["DocumentEventData-simple", "DocumentEventData-complex"])(
    "of Google's example %s survives Protobuf",
    (name) => {
      expect(decodeDocumentEvent(encodeDocumentEvent(vector(name)))).toEqual(vector(name));
    },
  );

  const value: fc.Arbitrary<object> = fc.letrec<{ value: object }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant({ nullValue: null }),
      fc.boolean().map((booleanValue) => ({ booleanValue })),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((integer) => ({ integerValue: String(integer) })),
      fc
        .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom("NaN", "Infinity", "-Infinity"))
        .map((doubleValue) => ({ doubleValue })),
      fc.string({ unit: "grapheme" }).map((stringValue) => ({ stringValue })),
      fc.uint8Array().map((bytes) => ({ bytesValue: Buffer.from(bytes).toString("base64") })),
      fc
        .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
        .map((date) => ({ timestampValue: date.toISOString().replace(".000Z", "Z") })),
      fc
        .record({ latitude: fc.double({ min: -90, max: 90, noNaN: true }), longitude: fc.constant(1.5) })
        .map((geoPointValue) => ({ geoPointValue })),
      fc.array(tie("value"), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
      fc
        .dictionary(fc.string(), tie("value"), { maxKeys: 3, noNullPrototype: true })
        .map((fields) => ({ mapValue: { fields } })),
    ),
  })).value;

  it("is what it was, whatever the fields hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value, { maxKeys: 4, noNullPrototype: true }), (fields) => {
        const data = { value: { name: "projects/p/databases/d/documents/a/b", fields } } as DocumentEventData;
        const decoded = decodeDocumentEvent(encodeDocumentEvent(data)) as { value: { fields?: object } };
        expect({ ...decoded.value.fields }).toEqual(fields);
      }),
      { numRuns: 100 },
    );
  });

  it.each([[[0x0a, 0x05, 0x01]], [[0x0a]], [[0x0b]], [[0xff, 0xff]]])(
    "is refused when it is cut off or no message: %j",
    (bytes) => {
      expect(() => decodeDocumentEvent(Uint8Array.from(bytes))).toThrow(SyntaxError);
    },
  );
});

describe("what Eventarc sends", () => {
  const data = encodeDocumentEvent(vector("DocumentEventData-simple"));

  it("of a document is JSON to the handler", () => {
    const headers = Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([name, one]) => [name, one.replaceAll(" ", "%20")]),
    );
    expect(understand({ ...headers, "content-type": "application/protobuf" }, data)).toEqual({
      meta: META,
      payload: vector("DocumentEventData-simple"),
    });
  });

  it("as a message, where a value does not fit into a header, is the same event", () => {
    expect(understand(JSON_PUSH, push(ATTRIBUTES, data, { orderingKey: "k" }))).toEqual({
      meta: { ...META, deliveryAttempt: 3, orderingKey: "k" },
      payload: vector("DocumentEventData-simple"),
    });
  });

  it("leaves pushes alone that are no events", () => {
    expect(understand(JSON_PUSH, push({ kind: "upload" }, Buffer.from("{}")))).toMatchObject({
      meta: { id: "7", attributes: { kind: "upload" }, source: expect.stringContaining("eventarc-nam5") },
      payload: {},
    });
  });

  it("leaves Protobuf of other events as bytes", () => {
    const headers = { ...ATTRIBUTES, "ce-type": "partner.v1.done", "content-type": "application/protobuf" };
    expect(understand(headers, data)).toMatchObject({ payload: data });
  });

  it("is refused when it is neither", () => {
    expect(understand({}, Buffer.from("?"))).toMatch(/neither/);
  });
});

describe("the relay", () => {
  const event = { ...META, attributes: { ...META.attributes, document: "d".repeat(1_025) } };

  it("publishes the event with its identity, its data as JSON, and no attribute that Pub/Sub would refuse", () => {
    const row = relayed("projects/p/topics/t", { value: 1 }, { event });
    expect(row).toMatchObject({ topic: "projects/p/topics/t", data: Buffer.from('{"value":1}') });
    expect(row.attributes).toEqual({
      "ce-id": "2e182641",
      "ce-source": META.source,
      "ce-specversion": "1.0",
      "ce-datacontenttype": "application/json",
      "ce-time": "2026-09-24T16:59:46.187Z",
      "ce-type": META.attributes.type,
      "ce-subject": META.attributes.subject,
      "ce-database": "(default)",
      "ce-namespace": "(default)",
      "ce-location": "us-central1",
      "ce-project": "my-project",
    });
  });

  it("is understood by a consumer as Eventarc itself would have been", () => {
    const { attributes, data } = relayed("t", { value: 1 }, { event: META });
    expect(understand(JSON_PUSH, push({ ...attributes }, data))).toEqual({
      meta: { ...META, deliveryAttempt: 3 },
      payload: { value: 1 },
    });
  });
});
