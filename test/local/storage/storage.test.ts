import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Storage as Client } from "@google-cloud/storage";
import type { Json } from "../../../contract/json";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import {
  type Blobs,
  createStorage,
  fileBlobs,
  memoryBlobs,
  type ObjectChange,
  type Storage,
  storageRest,
} from "../../../local/engine/storage";
import { crc32c } from "../../../local/engine/storage/crc32c";
import { startWireServer, type WireServer } from "../../../local/wire/server";

const bucketOf = (name: string, versioning = false) => ({
  name,
  location: "europe-west1",
  projectNumber: "111",
  versioning,
  storageClass: "STANDARD",
});

let clock: VirtualClock;
let journal: Json[];
let storage: Storage;
let changes: ObjectChange[];
let server: WireServer;

const make = (blobs: Blobs = memoryBlobs()) =>
  createStorage({
    clock,
    journal: { append: (_service, entry) => void journal.push(entry), flush: async () => {} },
    blobs,
    buckets: () => [bucketOf("plain"), bucketOf("kept", true)],
  });

beforeEach(async () => {
  clock = virtualClock(1_700_000_000_000);
  journal = [];
  storage = make();
  changes = [];
  storage.onChange((change) => changes.push(change));
  server = await startWireServer({ rest: storageRest(storage) });
});
afterEach(() => server.close());

const client = () =>
  new Client({
    apiEndpoint: `http://${server.address}`,
    projectId: "p",
    retryOptions: { autoRetry: false, maxRetries: 0 },
    authClient: { getRequestHeaders: async () => new Headers(), request: fetch } as never,
  });
const seen = () => changes.map(({ type, object }) => `${type} ${object.name}`);

describe("Google's client", () => {
  it.each([
    ["in one request", { resumable: false }],
    ["in a session", { resumable: true }],
    ["in a session, piece by piece", { resumable: true, chunkSize: 256 * 1024 }],
  ])("uploads %s and reads back the same", async (_title, options) => {
    const bytes = Buffer.alloc(700_001, "0123456789");
    const file = client().bucket("plain").file("in/a b+ü.bin");
    await file.save(bytes, { ...options, contentType: "application/x-test", metadata: { metadata: { shop: "7" } } });
    const [content] = await file.download();
    expect(content.equals(bytes)).toBe(true);
    const [metadata] = await file.getMetadata();
    expect(metadata).toMatchObject({
      bucket: "plain",
      name: "in/a b+ü.bin",
      size: "700001",
      contentType: "application/x-test",
      crc32c: crc32c(bytes),
      metageneration: "1",
      metadata: { shop: "7" },
      timeCreated: "2023-11-14T22:13:20.000Z",
      storageClass: "STANDARD",
    });
    expect(seen()).toEqual(["OBJECT_FINALIZE in/a b+ü.bin"]);
  });

  it("reads a part of an object", async () => {
    storage.insert("plain", "a", Buffer.from("0123456789"));
    const [content] = await client().bucket("plain").file("a").download({ start: 2, end: 4 });
    expect(content.toString()).toBe("234");
  });

  it("lists by prefix, folder and page", async () => {
    for (const name of ["a", "in/1", "in/2", "in/deep/3", "z"]) storage.insert("plain", name, Buffer.from(name));
    const bucket = client().bucket("plain");
    const names = async (query: object) => (await bucket.getFiles(query))[0].map(({ name }) => name);
    expect(await names({})).toEqual(["a", "in/1", "in/2", "in/deep/3", "z"]);
    expect(await names({ prefix: "in/" })).toEqual(["in/1", "in/2", "in/deep/3"]);
    expect(await names({ prefix: "in/", delimiter: "/" })).toEqual(["in/1", "in/2"]);
    const [, next] = await bucket.getFiles({ maxResults: 2, autoPaginate: false });
    expect(await names({ ...next, maxResults: 9 })).toEqual(["in/2", "in/deep/3", "z"]);
    expect(await names({ matchGlob: "in/*" })).toEqual(["in/1", "in/2"]);
    expect(await names({ matchGlob: "**/{1,3}" })).toEqual(["in/1", "in/deep/3"]);
    expect(storage.list("plain", { prefix: "in/", delimiter: "/" }).prefixes).toEqual(["in/deep/"]);
  });

  it("changes settings, merges metadata, and takes a key away with null", async () => {
    storage.insert("plain", "a", Buffer.from("x"), { contentType: "text/plain", metadata: { a: "1", b: "2" } });
    const [metadata] = await client()
      .bucket("plain")
      .file("a")
      .setMetadata({ cacheControl: "no-cache", metadata: { b: null, c: "3" } });
    expect(metadata).toMatchObject({
      metageneration: "2",
      contentType: "text/plain",
      cacheControl: "no-cache",
      metadata: { a: "1", c: "3" },
    });
    expect(metadata.metadata).not.toHaveProperty("b");
    expect(seen()).toEqual(["OBJECT_FINALIZE a", "OBJECT_METADATA_UPDATE a"]);
  });

  it("copies, moves, combines and deletes", async () => {
    const bucket = client().bucket("plain");
    storage.insert("plain", "a", Buffer.from("A"), { contentType: "text/plain" });
    storage.insert("plain", "b", Buffer.from("B"));
    await bucket.file("a").copy(bucket.file("copy"));
    await bucket.combine(["a", "b"], "both.txt");
    await bucket.file("b").move("moved");
    expect(storage.list("plain").items.map(({ name }) => name)).toEqual(["a", "both.txt", "copy", "moved"]);
    expect(storage.get("plain", "copy").contentType).toBe("text/plain");
    expect(storage.read(storage.get("plain", "both.txt")).toString()).toBe("AB");
    await bucket.file("a").delete();
    expect(await bucket.file("a").exists()).toEqual([false]);
  });

  it("is told what is not there, in Google's words", async () => {
    await expect(client().bucket("plain").file("none").download()).rejects.toMatchObject({ code: 404 });
    await expect(client().bucket("nobody").file("none").save("x", { resumable: false })).rejects.toMatchObject({
      code: 404,
      message: expect.stringContaining("The specified bucket does not exist"),
    });
    expect(await client().bucket("nobody").exists()).toEqual([false]);
    expect(await client().bucket("plain").exists()).toEqual([true]);
  });

  it("writes only what nobody has written meanwhile", async () => {
    const file = client().bucket("plain").file("a");
    await file.save("1", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await expect(
      file.save("2", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    ).rejects.toMatchObject({
      code: 412,
    });
    const { generation } = storage.get("plain", "a");
    await file.save("2", { resumable: false, preconditionOpts: { ifGenerationMatch: generation } });
    await expect(file.setMetadata({ contentType: "a/b" }, { ifMetagenerationMatch: 7 })).rejects.toMatchObject({
      code: 412,
    });
    await expect(file.delete({ ifGenerationMatch: generation })).rejects.toMatchObject({ code: 412 });
    expect(storage.read(storage.get("plain", "a")).toString()).toBe("2");
  });

  it("leaves alone what is held", async () => {
    const file = client().bucket("plain").file("a");
    await file.save("1", { resumable: false });
    await file.setMetadata({ temporaryHold: true });
    await expect(file.delete()).rejects.toMatchObject({ code: 403 });
    await file.setMetadata({ temporaryHold: false });
    await file.delete();
  });
});

describe("a version that another one takes the place of", () => {
  it("is deleted in a bucket without versions, and both events name the other", () => {
    const first = storage.insert("plain", "a", Buffer.from("1"));
    const second = storage.insert("plain", "a", Buffer.from("2"));
    expect(changes.slice(1)).toEqual([
      { type: "OBJECT_FINALIZE", object: second, overwroteGeneration: first.generation },
      {
        type: "OBJECT_DELETE",
        object: { ...first, deletedMs: clock.now() },
        overwrittenByGeneration: second.generation,
      },
    ]);
    expect(storage.list("plain", { versions: true }).items).toEqual([second]);
  });

  it("is kept in a bucket with versions, and is deleted for good by its generation", () => {
    const first = storage.insert("kept", "a", Buffer.from("1"));
    storage.insert("kept", "a", Buffer.from("2"));
    storage.remove("kept", "a");
    expect(seen()).toEqual(["OBJECT_FINALIZE a", "OBJECT_FINALIZE a", "OBJECT_ARCHIVE a", "OBJECT_ARCHIVE a"]);
    expect(storage.read(storage.get("kept", "a", first.generation)).toString()).toBe("1");
    expect(() => storage.get("kept", "a")).toThrow(/No such object/);
    storage.remove("kept", "a", {}, first.generation);
    expect(seen().at(-1)).toBe("OBJECT_DELETE a");
    expect(storage.list("kept", { versions: true }).items).toHaveLength(1);
  });

  it("has a smaller generation, however fast versions follow", () => {
    const generations = Array.from({ length: 5 }, () =>
      BigInt(storage.insert("kept", "a", Buffer.from("x")).generation),
    );
    expect([...generations].sort((a, b) => (a < b ? -1 : 1))).toEqual(generations);
    expect(new Set(generations).size).toBe(5);
  });
});

describe("an upload in a session", () => {
  const open = async () =>
    (
      await fetch(`http://${server.address}/upload/storage/v1/b/plain/o?uploadType=resumable&name=a`, {
        method: "POST",
      })
    ).headers.get("location")!;
  const send = (url: string, body: string, range: string) =>
    fetch(url, { method: "PUT", body, headers: { "content-range": range }, redirect: "manual" });

  it("goes on where it was when a piece is sent twice or out of turn", async () => {
    const url = await open();
    expect((await send(url, "", "bytes */*")).headers.get("range")).toBeNull();
    expect((await send(url, "0123", "bytes 0-3/10")).headers.get("range")).toBe("bytes=0-3");
    // Nobody knows what is between.
    expect((await send(url, "89", "bytes 8-9/10")).headers.get("range")).toBe("bytes=0-3");
    expect((await send(url, "234567", "bytes 2-7/10")).status).toBe(308);
    expect((await send(url, "89", "bytes 8-9/10")).status).toBe(200);
    // The answer was lost: asking again makes no second object.
    expect((await send(url, "", "bytes */10")).status).toBe(200);
    expect(storage.read(storage.get("plain", "a")).toString()).toBe("0123456789");
    expect(seen()).toEqual(["OBJECT_FINALIZE a"]);
  });

  it("is refused when its bytes are not those that were meant", async () => {
    const response = await fetch(await open(), {
      method: "PUT",
      body: "x",
      headers: { "content-range": "bytes 0-0/1", "x-goog-hash": `crc32c=${crc32c(Buffer.from("y"))}` },
    });
    expect(response.status).toBe(400);
    expect(changes).toEqual([]);
  });

  it("is gone once it is cancelled", async () => {
    const url = await open();
    await fetch(url, { method: "DELETE" });
    expect((await send(url, "x", "bytes 0-0/1")).status).toBe(410);
  });
});

it.each([
  ["POST", "/storage/v1/b", 501],
  ["PATCH", "/storage/v1/b/plain", 501],
  ["GET", "/storage/v1/b/plain/acl", 501],
  ["POST", "/upload/storage/v1/b/plain/o?uploadType=media", 400],
  ["PATCH", "/storage/v1/b/plain/o/a", 400],
])("says so about %s %s, which it does not serve", async (method, path, status) => {
  storage.insert("plain", "a", Buffer.from("1"));
  const response = await fetch(`http://${server.address}${path}`, {
    method,
    ...(method !== "GET" && { body: '{"contentType":7}' }),
  });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code: status, errors: [{ domain: "global" }] } });
});

describe("the checksum of an object", () => {
  // RFC 3720, appendix B.4.
  it.each([
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ])("is Castagnoli's", (bytes, expected) => {
    expect(Buffer.from(crc32c(bytes), "base64").readUInt32BE()).toBe(expected);
  });
});

describe("what is in a bucket", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-blobs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is in files that can be looked at, and is there after a restart", () => {
    storage = make(fileBlobs(folder));
    const kept = storage.insert("kept", "in/../a b", Buffer.from("1"));
    storage.insert("kept", "gone", Buffer.from("2"));
    storage.remove("kept", "gone", {}, storage.get("kept", "gone").generation);
    expect(readdirSync(join(folder, "kept"))).toEqual([`${kept.generation}-in_.._a_b`]);
    writeFileSync(join(folder, "kept", "left-over"), "");

    const again = make(fileBlobs(folder));
    for (const entry of journal) again.replay(entry);
    const compact = [...again.compact()];
    expect(compact).toHaveLength(1);
    expect(again.read(again.get("kept", "in/../a b")).toString()).toBe("1");
    expect(existsSync(join(folder, "kept", "left-over"))).toBe(false);
    // A generation that was given is never given again.
    expect(BigInt(again.insert("kept", "next", Buffer.from("3")).generation)).toBeGreaterThan(BigInt(kept.generation));
  });
});
