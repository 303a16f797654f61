import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Storage } from "@google-cloud/storage";
import { UploadsStack, WORKLOADS } from "../../../examples/uploads/stack";
import { type Engine, type EngineEvent, startEngine } from "../../../local";
import { synthesize } from "../../../stacks/synthesize";

const folder = mkdtempSync(join(tmpdir(), "millrace-uploads-"));
const PROJECT = "millrace-local";
const DATABASE = `projects/${PROJECT}/databases/(default)`;

let stack: UploadsStack;
let engine: Engine;
const delivered: string[] = [];

beforeAll(async () => {
  const { outdir } = synthesize({
    only: "local",
    outdir: join(folder, "cdktf.out"),
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => (stack = new UploadsStack(app, environment)),
  });
  const onEvent = (event: EngineEvent) => {
    if (event.type === "delivered") delivered.push(event.subscription.split("/").at(-1)!);
  };
  engine = await startEngine({
    outDir: outdir,
    stack: "uploads-local",
    stateDir: folder,
    ephemeral: true,
    onEvent,
  });
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Google's client, unchanged but for its address. */
const bucket = () =>
  new Storage({ apiEndpoint: engine.endpoints.storage, projectId: PROJECT }).bucket(stack.incoming.name);
const idle = async () => {
  await engine.advance(600_000);
  expect(await engine.idle()).toBe(true);
};
const documents = (collection: string) =>
  engine.firestore.query(DATABASE, (all) =>
    [...all.all()]
      .map(({ name }) => name.split("/documents/")[1]!)
      .filter((path) => path.startsWith(`${collection}/`))
      .sort(),
  ).result;
const writes = (path: string) => engine.firestore.writesOf(`${DATABASE}/documents/${path}`);
/** Rows by the mark of their message: a message is published at least once, and every copy has the same. */
const rows = () => {
  const [table] = engine.system.tables;
  const marked = engine.tables.rows(table!.name).map(({ attributes, orderId, cents, file }) => {
    const mark = (attributes as Record<string, string>)["millrace-dedupe-id"]!;
    return [mark, [orderId, cents, file]] as const;
  });
  return [...new Map(marked).values()].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
};

it("has nothing wrong with it that was not accepted", () => {
  expect(engine.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([]);
});

describe("a file that is put into the bucket", () => {
  beforeAll(async () => {
    // Whatever the bucket tells, it tells twice, as Google may.
    const topic = stack.imports.topic.name;
    let again = false;
    engine.storage.onChange((change) => {
      if (again || !change.object.name.startsWith("orders/")) return;
      again = true;
      const subscription = engine.pubsub.subscription(`projects/${PROJECT}/subscriptions/uploads-local-import-orders`);
      const [message] = subscription.unacked();
      engine.pubsub.publish(topic, [{ data: message!.data, attributes: message!.attributes }]);
    });
    await bucket().file("orders/monday.csv").save("a-1,100\na-2,250\n", { resumable: false });
    await bucket().file("notes/monday.txt").save("not an order", { resumable: false });
    await idle();
  });

  it("becomes a document for each of its orders, once", () => {
    expect(documents("orders")).toEqual(["orders/a-1", "orders/a-2"]);
    expect(delivered.filter((name) => name === "uploads-local-import-orders")).toHaveLength(2);
    expect([writes("orders/a-1"), writes("orders/a-2")]).toEqual([1, 1]);
  });

  it("becomes a row for each of its orders, by way of the second pipeline", () => {
    expect(rows()).toEqual([
      ["a-1", 100, "orders/monday.csv"],
      ["a-2", 250, "orders/monday.csv"],
    ]);
  });

  it("has a receipt written for each new document, by way of the relay", () => {
    expect(documents("receipts")).toEqual(["receipts/a-1", "receipts/a-2"]);
    expect(delivered.filter((name) => name.startsWith("eventarc-"))).toHaveLength(2);
    expect([writes("receipts/a-1"), writes("receipts/a-2")]).toEqual([1, 1]);
  });
});

describe("a file that nobody can read", () => {
  it("is parked with its reason, and nothing of it is written", async () => {
    const before = rows().length;
    await bucket().file("orders/broken.csv").save("b-1,100\nwhat is this\n", { resumable: false });
    await idle();
    const parked = engine.pubsub
      .subscription(`projects/${PROJECT}/subscriptions/uploads-local-import-orders-dead-letter`)
      .take(10);
    expect(parked.map(({ message }) => JSON.parse(message.data.toString()) as object)).toEqual([
      expect.objectContaining({ name: "orders/broken.csv" }),
    ]);
    expect(JSON.stringify(parked[0]!.message.attributes)).toContain("line 2");
    expect(rows()).toHaveLength(before);
    expect(documents("orders")).not.toContain("orders/b-1");
  });
});

describe("a file that is deleted", () => {
  it("is kept on record, once the audit log tells of it", async () => {
    const name = stack.incoming.name;
    const { sinks } = engine.emit({
      logEntry: {
        protoPayload: {
          serviceName: "storage.googleapis.com",
          methodName: "storage.objects.delete",
          resourceName: `projects/_/buckets/${name}/objects/orders/monday.csv`,
        },
      },
    });
    expect(sinks).toHaveLength(1);
    const kept = `${PROJECT}-uploads-local-removed`;
    // The file is finished a minute after its first message, on the engine's clock.
    const files = () => engine.storage.list(kept).items;
    await engine.advance(120_000);
    const [file] = files();
    expect(engine.storage.read(file!).toString("latin1")).toContain("storage.objects.delete");
  });
});
