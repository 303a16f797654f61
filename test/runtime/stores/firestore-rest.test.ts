import { StoreUnavailable } from "../../../runtime";
import { firestoreStore } from "../../../runtime/firestore";
import { encodeFields } from "../../../runtime/store/firestore/values";
import { RECORD } from "./conformance";

const database = "projects/p/databases/(default)";
const change = { key: "k", expect: undefined, record: RECORD };

/** A store whose requests are answered with this. */
const answering = (answer: () => Response | Promise<Response>) =>
  firestoreStore({ database, accessToken: async () => "token", fetch: async () => answer() });
const failure = (code: number, status: string) =>
  Response.json({ error: { code, status, message: "why" } }, { status: code });

describe("what Firestore answers to a commit", () => {
  it.each([
    [409, "ALREADY_EXISTS"],
    [400, "FAILED_PRECONDITION"],
    [404, "NOT_FOUND"],
  ])("%i %s: a precondition failed", async (code, status) => {
    expect(await answering(() => failure(code, status)).commit(change)).toEqual({ applied: false });
  });

  it.each([
    [409, "ABORTED"],
    [429, "RESOURCE_EXHAUSTED"],
    [500, "INTERNAL"],
    [503, "UNAVAILABLE"],
    [504, "DEADLINE_EXCEEDED"],
  ])("%i %s: it has to be asked again", async (code, status) => {
    await expect(answering(() => failure(code, status)).commit(change)).rejects.toThrow(StoreUnavailable);
  });

  it.each([
    [400, "INVALID_ARGUMENT"],
    [403, "PERMISSION_DENIED"],
  ])("%i %s: asking again is of no use", async (code, status) => {
    const error = await answering(() => failure(code, status))
      .commit(change)
      .catch((reason: unknown) => reason as Error);
    expect(error).not.toBeInstanceOf(StoreUnavailable);
    expect((error as Error).message).toBe(`Firestore :commit: ${code} ${status} why`);
  });

  it("nothing, or what is not JSON: it has to be asked again", async () => {
    for (const answer of [
      () => Promise.reject(new TypeError("fetch failed")),
      () => new Response("<html>", { status: 502 }),
      () => new Response("{", { status: 200 }),
    ])
      await expect(answering(answer).commit(change)).rejects.toThrow(StoreUnavailable);
  });

  it("is understood in the array of a streaming method too", async () => {
    const store = answering(() =>
      Response.json([{ error: { status: "PERMISSION_DENIED", message: "why" } }], { status: 403 }),
    );
    const error = await store.read("k").catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StoreUnavailable);
  });

  it("no database", async () => {
    await expect(answering(() => failure(404, "NOT_FOUND")).read("k")).rejects.toThrow(
      "is there a database projects/p/databases/(default)?",
    );
  });
});

describe("what is sent to Firestore", () => {
  const spy = async (options: Parameters<typeof firestoreStore>[0]) => {
    const sent: [string, string | null, unknown][] = [];
    const store = firestoreStore({
      ...options,
      accessToken: async () => "token",
      fetch: async (url, init) => {
        sent.push([url as string, new Headers(init!.headers).get("authorization"), JSON.parse(init!.body as string)]);
        return Response.json({ writeResults: [{ updateTime: "2026-01-01T00:00:00.123456Z" }], commitTime: "x" });
      },
    });
    return { reply: await store.commit({ ...change, expect: "2025-01-01T00:00:00Z" }), sent: sent[0]! };
  };

  it("is one commit, fenced by the update time that was seen", async () => {
    const { reply, sent } = await spy({ env: { MILLRACE_FIRESTORE_DATABASE: database } });
    expect(sent[0]).toBe(`https://firestore.googleapis.com/v1/${database}/documents:commit`);
    expect(sent[1]).toBe("Bearer token");
    expect(sent[2]).toMatchObject({
      writes: [
        {
          update: {
            name: `${database}/documents/millrace-records/k`,
            fields: { expireAt: { timestampValue: expect.any(String) } },
          },
          currentDocument: { updateTime: "2025-01-01T00:00:00Z" },
        },
      ],
    });
    expect(reply).toEqual({
      applied: true,
      version: "2026-01-01T00:00:00.123456Z",
      updatedMs: Date.UTC(2026, 0, 1, 0, 0, 0, 123),
    });
  });

  it("goes to the emulator, as its owner, when there is one", async () => {
    const { sent } = await spy({ database, env: { FIRESTORE_EMULATOR_HOST: "127.0.0.1:8080" } });
    expect(sent.slice(0, 2)).toEqual([`http://127.0.0.1:8080/v1/${database}/documents:commit`, "Bearer owner"]);
  });

  it("is nothing when it is not known where", async () => {
    await expect(firestoreStore({ env: {} }).read("k")).rejects.toThrow("MILLRACE_FIRESTORE_DATABASE is not set");
  });
});

describe("a document's fields", () => {
  it("name what they cannot hold", () => {
    expect(() => encodeFields({ a: { b: [[1]] } })).toThrow(
      "a.b[0]: Firestore holds no array directly inside an array",
    );
    expect(() => encodeFields({ a: { b: 1n } } as never)).toThrow("a.b: a bigint cannot be kept");
  });

  it("leave out what is undefined, and keep every number apart", () => {
    expect(
      encodeFields({ gone: undefined, int: 1, big: 2 ** 53, minus: -0, none: Number.NaN, max: -Infinity }),
    ).toEqual({
      int: { integerValue: "1" },
      big: { doubleValue: 2 ** 53 },
      minus: { doubleValue: -0 },
      none: { doubleValue: "NaN" },
      max: { doubleValue: "-Infinity" },
    });
  });
});
