import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { base64, type RequestVector } from "./vector";

const examples = join(__dirname, "../cloudevents/examples");
const filesOf = (mode: string) =>
  readdirSync(join(examples, mode), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort();

/** https://cloud.google.com/eventarc/docs/workflows/cloudevents#binary-content: as Eventarc sends them. */
const BINARY = {
  host: "orders-abc.run.app",
  "content-type": "application/json",
  "ce-specversion": "1.0",
  "ce-id": "1096434104173400",
  "ce-source": "//pubsub.googleapis.com/projects/p/topics/t",
  "ce-type": "acme.thing.made",
  "ce-time": "2020-12-20T13:37:33.647Z",
  "ce-subject": "things/%C3%BC%201",
};
const META = {
  id: "1096434104173400",
  source: "//pubsub.googleapis.com/projects/p/topics/t",
  publishTimeMs: Date.UTC(2020, 11, 20, 13, 37, 33, 647),
  attributes: { type: "acme.thing.made", subject: "things/ü 1" },
};
const STRUCTURED = { "content-type": "application/cloudevents+json; charset=utf-8" };
const BATCH = { "content-type": "application/cloudevents-batch+json" };
const EVENT = { specversion: "1.0", id: "1", source: "/s", type: "t" };
const OF_EVENT = { id: "1", source: "/s", attributes: { type: "t" } };

/** Google's own: what a topic's message is inside of stays a message, and has its place among the tests of decoding. */
const google: readonly RequestVector[] = [
  ...filesOf("binary")
    .filter((name) => !name.startsWith("pubsub"))
    .map((name): RequestVector => {
      const body = readFileSync(join(examples, "binary", name));
      const payload: unknown = JSON.parse(body.toString());
      return { title: `binary: ${name}`, headers: BINARY, body, events: [{ meta: META, payload }] };
    }),
  ...filesOf("structured")
    .filter((name) => !name.startsWith("pubsub"))
    .map((name): RequestVector => {
      const body = readFileSync(join(examples, "structured", name));
      const {
        id,
        source,
        time,
        data,
        specversion: _v,
        datacontenttype: _t,
        ...attributes
      } = JSON.parse(body.toString()) as Record<string, string>;
      const meta = { id: id!, source: source!, publishTimeMs: Date.parse(time!), attributes };
      return { title: `structured: ${name}`, headers: STRUCTURED, body, events: [{ meta, payload: data }] };
    }),
];

const bad = (title: string, headers: Record<string, string>, body: string, reason: string): RequestVector => ({
  title,
  headers,
  body,
  events: [],
  reason,
});

export const CLOUD_EVENTS: readonly RequestVector[] = [
  ...google,
  {
    title: "binary, of text",
    headers: { ...BINARY, "content-type": "text/plain" },
    body: "7",
    events: [{ meta: META, payload: "7" }],
  },
  {
    title: "structured, of bytes",
    headers: STRUCTURED,
    body: JSON.stringify({ ...EVENT, datacontenttype: "image/png", data_base64: base64(Buffer.from([0, 255])) }),
    events: [{ meta: OF_EVENT, payload: Buffer.from([0, 255]) }],
  },
  {
    title: "structured, without data",
    headers: STRUCTURED,
    body: JSON.stringify(EVENT),
    events: [{ meta: OF_EVENT, payload: undefined }],
  },
  {
    title: "a message of a topic in a CloudEvent",
    headers: { ...BINARY, "ce-type": "google.cloud.pubsub.topic.v1.messagePublished" },
    body: `{"subscription":"projects/p/subscriptions/s","message":{"messageId":"9","data":"${base64("7")}"}}`,
    events: [{ meta: { id: "9", source: "projects/p/subscriptions/s", attributes: {} }, payload: 7 }],
  },
  {
    title: "a batch",
    headers: BATCH,
    body: JSON.stringify([
      { ...EVENT, data: { id: "7" } },
      { ...EVENT, id: "2", data: 8 },
    ]),
    events: [
      { meta: OF_EVENT, payload: { id: "7" } },
      { meta: { ...OF_EVENT, id: "2" }, payload: 8 },
    ],
  },
  { title: "a batch of none", headers: BATCH, body: "[]", events: [], status: 204 },
  {
    title: "a batch, one of which is no event",
    headers: BATCH,
    body: JSON.stringify([{ ...EVENT, data: 7 }, { id: "2" }]),
    events: [{ meta: OF_EVENT, payload: 7 }],
    status: 400,
    text:
      '{"outcomes":[{"id":"1","source":"/s","outcome":"done","status":204},' +
      '{"id":"2","outcome":"rejected","status":400}]}',
  },
  bad("a batch that is none", BATCH, JSON.stringify(EVENT), "not an array"),
  bad("a batch that is no JSON", BATCH, "[", "not JSON"),
  bad("binary, of another version", { ...BINARY, "ce-specversion": "0.3" }, "{}", "version"),
  bad("binary, without an id", { ...BINARY, "ce-id": "" }, "{}", "no id"),
  bad("structured, without a source", STRUCTURED, JSON.stringify({ ...EVENT, source: 1 }), "no source"),
  bad("structured, that is no JSON", STRUCTURED, "{", "not JSON"),
  bad("structured, of bytes that are no base64", STRUCTURED, JSON.stringify({ ...EVENT, data_base64: "?" }), "base64"),
  bad("structured, of two data", STRUCTURED, JSON.stringify({ ...EVENT, data: 1, data_base64: "MQ==" }), "both"),
  bad("in Avro", { "content-type": "application/cloudevents+avro" }, "{}", "format"),
];
