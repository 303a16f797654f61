import { virtualClock } from "../../../local/engine/clock";
import { createDocuments } from "../../../local/engine/firestore/documents";
import { type DocumentsRestOptions, documentsRest } from "../../../local/engine/firestore/rest";
import { noJournal } from "../../../local/engine/journal";
import { seededRandom } from "../../../local/engine/random";

const ROOT = "projects/p/databases/(default)/documents";

function api(options?: DocumentsRestOptions) {
  const documents = createDocuments({ clock: virtualClock(0), journal: noJournal });
  const handler = documentsRest(documents, options);
  const call = async (method: string, target: string, body?: unknown) => {
    const [path, query] = target.split("?");
    const response = await handler({
      method,
      path: path!,
      query: new URLSearchParams(query),
      headers: {},
      body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
      signal: new AbortController().signal,
    });
    return { status: response.status, json: JSON.parse(response.body as string) };
  };
  return { documents, call };
}

describe("the documents API over REST", () => {
  it("refuses a filter that is nested without end", async () => {
    const field = { fieldFilter: { field: { fieldPath: "a" }, op: "EQUAL", value: { nullValue: null } } };
    const nested = (depth: number): object =>
      depth === 0 ? field : { compositeFilter: { op: "AND", filters: [nested(depth - 1)] } };
    const query = (depth: number) => ({ structuredQuery: { from: [{ collectionId: "c" }], where: nested(depth) } });
    const { call } = api();
    expect(await call("POST", `/v1/${ROOT}:runQuery`, query(99))).toMatchObject({ status: 200 });
    expect(await call("POST", `/v1/${ROOT}:runQuery`, query(101))).toMatchObject({
      status: 400,
      json: { error: { status: "INVALID_ARGUMENT" } },
    });
  });

  it("knows a database by its percent-encoded name too", async () => {
    const { call } = api();
    await call("POST", `/v1/${ROOT}/c?documentId=a`, {});
    const found = await call("GET", "/v1/projects/p/databases/%28default%29/documents/c/a");
    expect(found).toMatchObject({ status: 200, json: { name: `${ROOT}/c/a` } });
  });

  it("keeps databases apart", async () => {
    const { call } = api();
    await call("POST", `/v1/${ROOT}/c?documentId=a`, {});
    const found = await call("GET", "/v1/projects/p/databases/other/documents/c/a");
    expect(found).toMatchObject({ status: 404, json: { error: { code: 404, status: "NOT_FOUND" } } });
  });

  it("has only the databases of the plan", async () => {
    const { call } = api({ exists: (database) => database === "projects/p/databases/records" });
    expect(await call("GET", `/v1/${ROOT}/c`)).toMatchObject({ status: 404 });
    expect(await call("GET", "/v1/projects/p/databases/records/documents/c")).toEqual({ status: 200, json: {} });
  });

  it("makes ids from the engine's seed, never one that is taken", async () => {
    const first = await api({ random: seededRandom(7) }).call("POST", `/v1/${ROOT}/c`, {});
    const { call } = api({ random: seededRandom(7) });
    await call("POST", `/v1/${ROOT}/c?documentId=${first.json.name.split("/").at(-1)}`, {});
    const second = await call("POST", `/v1/${ROOT}/c`, {});
    expect(first.json.name).toMatch(/\/[A-Za-z0-9]{20}$/);
    expect(second).toMatchObject({ status: 200 });
    expect(second.json.name).not.toBe(first.json.name);
  });

  it("clears a database as Google's emulator does", async () => {
    const { call, documents } = api();
    await call("POST", `/v1/${ROOT}/c?documentId=a`, {});
    await call("DELETE", `/emulator/v1/${ROOT}`);
    expect((await call("GET", `/v1/${ROOT}/c/a`)).status).toBe(404);
    expect(documents.writesOf(`${ROOT}/c/a`)).toBe(0);
  });

  it.each([
    ["a path outside of it", "GET", "/v1/projects/p/topics/t", undefined, 404, "NOT_FOUND"],
    ["a broken percent encoding", "GET", `/v1/${ROOT}/c/%zz`, undefined, 400, "INVALID_ARGUMENT"],
    ["a past version", "POST", `/v1/${ROOT}:batchGet`, { readTime: "2020-01-01T00:00:00Z" }, 501, "UNIMPLEMENTED"],
    ["a foreign page token", "GET", `/v1/${ROOT}/c?pageToken=xx`, undefined, 400, "INVALID_ARGUMENT"],
    ["a negative page", "GET", `/v1/${ROOT}/c?pageSize=-1`, undefined, 400, "INVALID_ARGUMENT"],
    ["a body about another document", "PATCH", `/v1/${ROOT}/c/a`, { name: `${ROOT}/c/b` }, 400, "INVALID_ARGUMENT"],
    [
      "more than 500 transforms of one document",
      "POST",
      `/v1/${ROOT}:commit`,
      {
        writes: [0, 1].map(() => ({
          update: { name: `${ROOT}/c/a` },
          updateTransforms: Array.from({ length: 251 }, () => ({ fieldPath: "n", increment: { integerValue: 1 } })),
        })),
      },
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "a request over 10 MiB",
      "POST",
      `/v1/${ROOT}:commit`,
      { pad: "a".repeat(10 * 1_048_576) },
      400,
      "INVALID_ARGUMENT",
    ],
  ])("refuses %s", async (_, method, target, body, status, code) => {
    expect(await api().call(method, target, body)).toMatchObject({ status, json: { error: { status: code } } });
  });

  it("takes more than 500 writes in one commit: the old limit is gone", async () => {
    const { call, documents } = api();
    const writes = Array.from({ length: 501 }, (_, i) => ({ update: { name: `${ROOT}/c/${i}` } }));
    expect((await call("POST", `/v1/${ROOT}:commit`, { writes })).status).toBe(200);
    expect(documents.allWrites("projects/p/databases/(default)").size).toBe(501);
  });
});
