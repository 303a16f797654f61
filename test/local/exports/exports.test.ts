import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AvroType, parseAvroSchema } from "../../../language/avro";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import { createExportTarget, fileTables, memoryTables, type Tables } from "../../../local/engine/exports";
import { fileName } from "../../../local/engine/exports/file-name";
import { rowOf } from "../../../local/engine/exports/row";
import { noJournal } from "../../../local/engine/journal";
import { createPubSub, type PubSub } from "../../../local/engine/pubsub";
import type { ExportConfig, SchemaConfig } from "../../../local/engine/pubsub/types";
import { seededRandom } from "../../../local/engine/random";
import { createStorage, memoryBlobs, type Storage } from "../../../local/engine/storage";
import type { System } from "../../../local/engine/system";
import { readAvro } from "./read-avro";

const WRITER = "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com";
const TOPIC = "projects/p/topics/orders";
const SUBSCRIPTION = "projects/p/subscriptions/kept";
const TABLE = "p.shop.orders";
const START = Date.UTC(2026, 10, 29, 9, 5, 7);

const METADATA = [
  { name: "subscription_name", type: "STRING" },
  { name: "message_id", type: "STRING" },
  { name: "publish_time", type: "TIMESTAMP" },
  { name: "attributes", type: "JSON" },
];
const grant = (role: string, on: string) => ({ role, on, member: WRITER });
const GRANTS = [
  grant("roles/bigquery.dataEditor", "projects/p/datasets/shop"),
  grant("roles/storage.objectCreator", "b/files"),
  grant("roles/storage.legacyBucketReader", "b/files"),
];

let clock: VirtualClock;
let pubsub: PubSub;
let storage: Storage;
let tables: Tables;
let seen: EngineEvent[];

/** A broker with one subscription that writes. */
function open(to: Partial<ExportConfig>, columns: object[] = [], grants = GRANTS, schema?: SchemaConfig): void {
  const topic = { name: TOPIC, ...(schema && { schema }) };
  const bucket = { name: "files", location: "EU", projectNumber: "1", versioning: false, storageClass: "STANDARD" };
  const system = () =>
    ({
      grants,
      topics: [{ config: topic }],
      tables: [{ name: TABLE, columns }],
      buckets: [{ config: bucket, project: "p", agent: "" }],
    }) as unknown as System;
  const events = createEvents(() => clock.now());
  events.on((event) => seen.push(event));
  storage = createStorage({ clock, journal: noJournal, blobs: memoryBlobs(), buckets: () => [bucket] });
  pubsub = createPubSub({
    clock,
    random: seededRandom(1),
    events,
    journal: noJournal,
    push: async () => ({ kind: "unreachable", reason: "nobody pushes" }),
    exportTo: createExportTarget({ system, tables, storage, now: () => clock.now() }),
  });
  pubsub.createTopic(topic);
  pubsub.createTopic({ name: "projects/p/topics/dead" });
  const base = { ackDeadlineMs: 600_000, retentionMs: 604_800_000, retainAcked: false, ordering: false };
  pubsub.createSubscription({
    ...base,
    exactlyOnce: false,
    name: "projects/p/subscriptions/dead",
    topic: "projects/p/topics/dead",
  });
  pubsub.createSubscription({
    ...base,
    exactlyOnce: false,
    name: SUBSCRIPTION,
    topic: TOPIC,
    retry: { minMs: 10_000, maxMs: 600_000 },
    deadLetter: { topic: "projects/p/topics/dead", maxAttempts: 5 },
    export: { writer: WRITER, ...to } as ExportConfig,
  });
  pubsub.start();
}
const toTable = (more: object = {}) => ({
  kind: "bigquery" as const,
  table: TABLE,
  dropUnknownFields: false,
  writeMetadata: false,
  ...more,
});
const toFiles = (more: object = {}) => ({
  kind: "cloudStorage" as const,
  bucket: "files",
  prefix: "in/",
  suffix: ".txt",
  maxDurationMs: 60_000,
  ...more,
});
const publish = (...data: (string | Buffer)[]) =>
  pubsub.publish(
    TOPIC,
    data.map((one) => ({ data: Buffer.from(one), attributes: { kind: "order" } })),
  );
const unacked = (name = SUBSCRIPTION) => pubsub.stats(name).unacked;
const reasons = () => seen.flatMap((event) => (event.type === "nacked" ? [event.reason] : []));

beforeEach(() => {
  clock = virtualClock(START);
  tables = memoryTables();
  seen = [];
});

describe("a subscription that writes to a table", () => {
  it("writes a message as it is, with everything Pub/Sub knows of it", () => {
    open(toTable({ writeMetadata: true }), [{ name: "data", type: "BYTES" }, ...METADATA]);
    const [id] = publish("hello");
    expect(tables.rows(TABLE)).toEqual([
      {
        data: Buffer.from("hello").toString("base64"),
        subscription_name: SUBSCRIPTION,
        message_id: id,
        publish_time: "2026-11-29T09:05:07.000Z",
        attributes: { kind: "order" },
      },
    ]);
    expect(unacked()).toBe(0);
    expect(pubsub.idle()).toBe(true);
  });

  it("fills the table's columns from the message's fields", () => {
    open(toTable({ columnsFrom: "table" }), [
      { name: "orderId", type: "STRING", mode: "REQUIRED" },
      { name: "cents", type: "INT64" },
      { name: "lines", type: "RECORD", mode: "REPEATED", fields: [{ name: "sku", type: "STRING" }] },
    ]);
    publish(JSON.stringify({ orderId: "7", cents: 3, lines: [{ sku: "a" }, { sku: "b" }] }), '{"orderId":"8"}');
    expect(tables.rows(TABLE)).toEqual([
      { orderId: "7", cents: 3, lines: [{ sku: "a" }, { sku: "b" }] },
      { orderId: "8" },
    ]);
  });

  it("takes the fields of the topic's schema from Avro's bytes, and from what a transform has made JSON of them", () => {
    const fields = [
      { name: "id", type: "string" },
      { name: "total", type: "long" },
      { name: "note", type: ["null", "string"] },
      { name: "digest", type: { type: "fixed", name: "Digest", size: 1 } },
    ];
    const definition = JSON.stringify({ type: "record", name: "Order", fields });
    const schema = { name: "projects/p/schemas/order", type: "AVRO", encoding: "BINARY", definition } as const;
    const columns = [
      { name: "id", type: "STRING", mode: "REQUIRED" },
      { name: "total", type: "INTEGER" },
      { name: "note", type: "STRING" },
      { name: "digest", type: "BYTES" },
    ];
    open(toTable({ columnsFrom: "topic" }), columns, GRANTS, schema);
    const head = [2, 0x37]; // "7"
    publish(
      Buffer.from([...head, 0xc6, 0x0f, 2, 6, 0x6e, 0x6f, 0x77, 0xff]), // 995, branch 1, "now", the byte
      Buffer.from([...head, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0x01]), // 2^63 - 1, branch 0
    );
    expect(tables.rows(TABLE)).toEqual([
      { id: "7", total: 995, note: "now", digest: "/w==" },
      { id: "7", total: "9223372036854775807", digest: "AQ==" },
    ]);
    expect(reasons()).toEqual([]);
    const made = { id: "1", data: Buffer.from('{"id":"8"}'), attributes: {}, orderingKey: "", publishedMs: 0 };
    const type = (parseAvroSchema(definition) as { readonly type: AvroType }).type;
    const options = {
      subscription: SUBSCRIPTION,
      columns,
      fields: true,
      dropUnknownFields: false,
      writeMetadata: false,
    };
    expect(rowOf(made, { ...options, schema: { type, encoding: "BINARY" } })).toEqual({ ok: true, row: { id: "8" } });
  });

  it("takes the fields of the topic's schema without what Avro's JSON adds to them", () => {
    const fields = [
      { name: "id", type: "string" },
      { name: "note", type: ["null", "string"] },
      { name: "digest", type: ["null", "bytes"] },
      {
        name: "lines",
        type: {
          type: "array",
          items: { type: "record", name: "Line", fields: [{ name: "n", type: ["int", "null"] }] },
        },
      },
      { name: "counts", type: ["null", { type: "map", values: "long" }] },
    ];
    const definition = JSON.stringify({ type: "record", name: "Order", fields });
    const schema = { name: "projects/p/schemas/order", type: "AVRO", encoding: "JSON", definition } as const;
    const columns = [
      { name: "id", type: "STRING" },
      { name: "note", type: "STRING" },
      { name: "digest", type: "BYTES" },
      { name: "lines", type: "RECORD", mode: "REPEATED", fields: [{ name: "n", type: "INTEGER" }] },
      { name: "counts", type: "JSON" },
    ];
    open(toTable({ columnsFrom: "topic" }), columns, GRANTS, schema);
    const message = {
      id: "7",
      note: { string: "now" },
      digest: { bytes: "\u00ff" },
      lines: [{ n: { int: 1 } }, { n: null }],
      counts: { map: { a: 1 } },
    };
    publish(JSON.stringify(message));
    expect(tables.rows(TABLE)).toEqual([
      { id: "7", note: "now", digest: "/w==", lines: [{ n: 1 }, {}], counts: { a: 1 } },
    ]);
    expect(reasons()).toEqual([]);
  });

  it("dead-letters what does not fit, and writes the rest", async () => {
    open(toTable({ columnsFrom: "table" }), [{ name: "a", type: "INTEGER", mode: "REQUIRED" }]);
    publish('{"a":1}', '{"a":"x"}', '{"b":1}', "{", '{"a":2}');
    expect(tables.rows(TABLE)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(unacked()).toBe(3);
    await clock.advance(3_600_000);
    expect(unacked()).toBe(0);
    expect(unacked("projects/p/subscriptions/dead")).toBe(3);
    expect(new Set(reasons())).toEqual(
      new Set(['"a" is INTEGER, and the message has "x" there', 'the table has no column "b"', "the data is not JSON"]),
    );
  });

  it("writes nothing without the right to", () => {
    open(toTable(), [{ name: "data", type: "STRING" }], GRANTS.slice(1));
    publish("x");
    expect(tables.rows(TABLE)).toEqual([]);
    expect(reasons()[0]).toMatch(/dataEditor is missing/);
  });

  it("is kept in a file, a line per row", () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-tables-"));
    try {
      tables = fileTables(folder);
      open(toTable(), [{ name: "data", type: "STRING" }]);
      publish("a", "b");
      expect(fileTables(folder).rows(TABLE)).toEqual([{ data: "a" }, { data: "b" }]);
      expect(fileTables(folder).rows("p.shop.none")).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a row", () => {
  const options = { subscription: SUBSCRIPTION, fields: true, dropUnknownFields: false, writeMetadata: false };
  const message = (data: string | Buffer) => ({
    id: "1",
    data: Buffer.from(data),
    attributes: {},
    orderingKey: "",
    publishedMs: START,
  });
  const value = (type: string, given: unknown) =>
    rowOf(message(JSON.stringify({ a: given })), { ...options, columns: [{ name: "A", type }] });

  it.each([
    ["STRING", "x", 1],
    ["BYTES", "aGk=", "no base64!"],
    ["INT64", "12", 1.5],
    ["FLOAT", 1.5, "x"],
    ["NUMERIC", "1.25", "1.2.3"],
    ["BIGDECIMAL", 1, true],
    ["BOOL", true, "yes"],
    ["TIMESTAMP", "2026-11-29T00:00:00Z", "soon"],
    ["DATE", "2026-11-29", "29.11.2026"],
    ["TIME", "10:00:00.5", "10h"],
    ["DATETIME", "2026-11-29 10:00:00", "2026-11-29"],
  ])("takes what is a %s and nothing else", (type, good, bad) => {
    expect(value(type, good)).toEqual({ ok: true, row: { A: good } });
    expect(value(type, bad)).toMatchObject({ ok: false, reason: expect.stringContaining('"A" is') });
  });

  it.each([
    ["a list where one is asked for", { name: "a", type: "STRING", mode: "REPEATED" }, '{"a":"x"}', /repeated/],
    ["no value where one is required", { name: "a", type: "STRING", mode: "REQUIRED" }, "{}", /required/],
    ["a record where one is asked for", { name: "a", type: "RECORD", fields: [] }, '{"a":1}', /is a record/],
    ["an object", { name: "a", type: "STRING" }, "[1]", /no JSON object/],
  ])("needs %s", (_title, column, data, reason) => {
    expect(rowOf(message(data), { ...options, columns: [column] })).toEqual({
      ok: false,
      reason: expect.stringMatching(reason),
    });
  });

  it("leaves unknown fields out when it is told to, in records too", () => {
    const columns = [{ name: "a", type: "RECORD", fields: [{ name: "b", type: "INTEGER" }] }];
    const given = message('{"a":{"b":1,"c":2},"d":3}');
    expect(rowOf(given, { ...options, columns, dropUnknownFields: true })).toEqual({ ok: true, row: { a: { b: 1 } } });
    expect(rowOf(given, { ...options, columns })).toMatchObject({ ok: false, reason: expect.stringContaining('"d"') });
  });

  it.each([
    ["STRING", Buffer.from([0xff]), /no UTF-8/],
    ["JSON", "{", /not JSON/],
    ["INTEGER", "1", /must be BYTES, STRING or JSON/],
  ])("of a whole message needs a column %s that takes it", (type, data, reason) => {
    const row = rowOf(message(data), { ...options, fields: false, columns: [{ name: "data", type }] });
    expect(row).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it("of a whole message needs the column at all", () => {
    expect(rowOf(message("x"), { ...options, fields: false, columns: [] })).toMatchObject({ ok: false });
  });
});

describe("a subscription that writes to files", () => {
  const files = () => storage.list("files").items;
  const text = (index = 0) => storage.read(files()[index]!).toString();

  it("finishes a file when it is old enough, and acknowledges what it holds", async () => {
    open(toFiles());
    publish("a");
    await clock.advance(30_000);
    publish("b");
    expect([files().length, unacked()]).toEqual([0, 2]);
    await clock.advance(30_000);
    expect(files().map(({ name }) => name)).toEqual([
      expect.stringMatching(/^in\/2026-11-29T09:06:07\+0000_[0-9a-f]{12}\.txt$/),
    ]);
    expect(text()).toBe("a\nb\n");
    expect(unacked()).toBe(0);
  });

  it("finishes a file when it is large enough or has enough messages", () => {
    open(toFiles({ maxBytes: 10, maxMessages: 1_000 }));
    publish("0123456789", "x");
    expect(files()).toHaveLength(1);
    open(toFiles({ maxMessages: 3 }));
    publish("a", "b", "c", "d");
    expect(files()).toHaveLength(1);
    expect(text()).toBe("a\nb\nc\n");
    expect(unacked()).toBe(1);
  });

  it("writes Avro with everything Pub/Sub knows of the messages", () => {
    open(toFiles({ suffix: ".avro", avro: { writeMetadata: true }, maxMessages: 2 }));
    const ids = publish("a", Buffer.from([0, 255]));
    const { schema, records } = readAvro(storage.read(files()[0]!));
    expect(schema.fields.map(({ name }) => name)).toEqual([
      "subscription_name",
      "message_id",
      "publish_time",
      "attributes",
      "data",
    ]);
    const shared = {
      subscription_name: SUBSCRIPTION,
      publish_time: BigInt(START) * 1_000n,
      attributes: { kind: "order" },
    };
    expect(records).toEqual([
      { ...shared, message_id: ids[0], data: Buffer.from("a") },
      { ...shared, message_id: ids[1], data: Buffer.from([0, 255]) },
    ]);
  });

  it("writes Avro with data alone, unless it is told otherwise", () => {
    open(toFiles({ avro: { writeMetadata: false }, maxMessages: 1 }));
    publish("a");
    expect(readAvro(storage.read(files()[0]!)).records).toEqual([{ data: Buffer.from("a") }]);
  });

  it("finishes the open file when the engine stops", () => {
    open(toFiles());
    publish("a");
    pubsub.stop();
    expect(text()).toBe("a\n");
  });

  it("is no reason to wait while a file is open", () => {
    open(toFiles());
    publish("a");
    expect(pubsub.idle()).toBe(true);
  });

  it("writes nothing without the right to create objects", () => {
    open(toFiles({ maxMessages: 1 }), [], GRANTS.slice(0, 1));
    publish("a");
    expect(files()).toEqual([]);
    expect(reasons()[0]).toMatch(/objectCreator is missing/);
  });
});

it.each([
  [{ prefix: "", suffix: "" }, "2026-11-29T09:05:07+0000_x"],
  [{ prefix: "a/", suffix: ".avro", datetimeFormat: "YYYY-MM-DD/hh_mm_ssZ" }, "a/2026-11-29/09_05_07+0000_x.avro"],
  [{ prefix: "", suffix: "", datetimeFormat: "YY/MM" }, "26/11_x"],
])("a file is called by %j", (parts, expected) => {
  expect(fileName(parts, START, "x")).toBe(expected);
});
