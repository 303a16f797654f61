import * as fc from "fast-check";
import type { Json } from "../../../contract/json";
import { type VirtualClock, virtualClock } from "../../../local/engine/clock";
import { type DocumentWrite, type Documents, createDocuments } from "../../../local/engine/firestore/documents";
import { startTtl } from "../../../local/engine/firestore/ttl";
import { decodeWrites } from "../../../local/engine/firestore/write";
import { type Journal, noJournal } from "../../../local/engine/journal";

const DATABASE = "projects/p/databases/(default)";
const nameOf = (id: string) => `${DATABASE}/documents/c/${id}`;
const number = (n: number) => ({ integerValue: String(n) });
const update = (id: string, fields: object = {}, currentDocument?: object) => ({
  update: { name: nameOf(id), fields },
  currentDocument,
});
const commit = (documents: Documents, ...writes: object[]) =>
  documents.commit(DATABASE, decodeWrites(writes, DATABASE));

function memoryJournal(): Journal & { readonly entries: Json[] } {
  const entries: Json[] = [];
  // As a journal on disk would: what is kept is text.
  return {
    entries,
    append: (_, entry) => void entries.push(JSON.parse(JSON.stringify(entry)) as Json),
    flush: async () => {},
  };
}

let clock: VirtualClock;
let documents: Documents;
beforeEach(() => {
  clock = virtualClock(Date.parse("2026-01-01T00:00:00Z"));
  documents = createDocuments({ clock, journal: noJournal });
});

describe("commit times", () => {
  it("rise strictly while the clock stands still", () => {
    const times = Array.from(
      { length: 5 },
      () => commit(documents, update("a", { n: number(documents.writesOf("")) })).commitTime,
    );
    const start = clock.now() * 1_000;
    expect(times).toEqual([start, start + 1, start + 2, start + 3, start + 4]);
  });

  it("are never ahead of the time of a later read", () => {
    for (let n = 0; n < 3; n++) commit(documents, update("a", { n: number(n) }));
    const { readTime, documents: found } = documents.read(DATABASE, [nameOf("a")]);
    expect(readTime).toBe(found[0]!.updateTime);
  });

  it("follow the clock of the engine", async () => {
    commit(documents, update("a"));
    await clock.advance(1_500);
    expect(commit(documents, update("b")).commitTime).toBe(clock.now() * 1_000);
  });
});

describe("counting raw writes", () => {
  it("counts every operation of a commit, deletions and writes that change nothing included", () => {
    commit(documents, update("a", { n: number(1) }), update("a", { n: number(1) }));
    commit(documents, { delete: nameOf("a") });
    expect(documents.writesOf(nameOf("a"))).toBe(3);
    expect(documents.writesOf(nameOf("never"))).toBe(0);
  });

  it("counts nothing of a commit that was refused", () => {
    commit(documents, update("a"));
    expect(() => commit(documents, update("b"), update("a", {}, { exists: false }))).toThrow("already exists");
    expect([...documents.allWrites(DATABASE)]).toEqual([[nameOf("a"), 1]]);
  });

  it("tells listeners of each operation, with its count and whether it changed anything", () => {
    const seen: DocumentWrite[] = [];
    const told = createDocuments({ clock, journal: noJournal, onWrite: (write) => seen.push(write) });
    commit(told, update("a", { n: number(1) }), update("a", { n: number(1) }), { delete: nameOf("b") });
    expect(seen.map(({ kind, name, changed, writes }) => ({ kind, name, changed, writes }))).toEqual([
      { kind: "update", name: nameOf("a"), changed: true, writes: 1 },
      { kind: "update", name: nameOf("a"), changed: false, writes: 2 },
      { kind: "delete", name: nameOf("b"), changed: false, writes: 1 },
    ]);
  });
});

describe("transactions", () => {
  it("abort when a document they read was changed", () => {
    commit(documents, update("a"));
    const transaction = documents.begin(DATABASE, false);
    documents.read(DATABASE, [nameOf("a")], transaction);
    commit(documents, update("a", { n: number(1) }));
    expect(() => documents.commit(DATABASE, decodeWrites([update("b")], DATABASE), transaction)).toThrow(
      expect.objectContaining({ status: "ABORTED" }),
    );
    expect(documents.writesOf(nameOf("b"))).toBe(0);
  });

  it("abort when a document they missed was created", () => {
    const transaction = documents.begin(DATABASE, false);
    documents.read(DATABASE, [nameOf("a")], transaction);
    commit(documents, update("a"));
    expect(() => documents.commit(DATABASE, [], transaction)).toThrow(expect.objectContaining({ status: "ABORTED" }));
  });

  it("abort after a query when anything was committed since", () => {
    const transaction = documents.begin(DATABASE, false);
    documents.query(DATABASE, () => undefined, transaction);
    commit(documents, update("elsewhere"));
    expect(() => documents.commit(DATABASE, [], transaction)).toThrow(expect.objectContaining({ status: "ABORTED" }));
  });

  it("commit when others changed what they did not read", () => {
    const transaction = documents.begin(DATABASE, false);
    documents.read(DATABASE, [nameOf("a")], transaction);
    commit(documents, update("b"));
    documents.commit(DATABASE, decodeWrites([update("a")], DATABASE), transaction);
    expect(documents.writesOf(nameOf("a"))).toBe(1);
  });

  it("expire after 60 idle seconds, and after 270 seconds at most", async () => {
    const idle = documents.begin(DATABASE, false);
    const busy = documents.begin(DATABASE, false);
    for (let elapsed = 0; elapsed < 250; elapsed += 50) {
      documents.read(DATABASE, [], busy);
      await clock.advance(50_000);
    }
    expect(() => documents.read(DATABASE, [], idle)).toThrow("expired");
    documents.read(DATABASE, [], busy);
    await clock.advance(30_000);
    expect(() => documents.read(DATABASE, [], busy)).toThrow("expired");
  });

  it("that only read cannot write", () => {
    const transaction = documents.begin(DATABASE, true);
    expect(() => documents.commit(DATABASE, decodeWrites([update("a")], DATABASE), transaction)).toThrow("read-only");
  });
});

describe("the journal", () => {
  const write = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    n: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom("update", "delete", "increment"),
  });
  const toJson = ({ id, n, kind }: { id: string; n: number; kind: string }) =>
    kind === "delete"
      ? { delete: nameOf(id) }
      : kind === "update"
        ? update(id, { n: number(n) })
        : { transform: { document: nameOf(id), fieldTransforms: [{ fieldPath: "n", increment: number(n) }] } };
  const stateOf = (from: Documents) => ({
    found: from.read(DATABASE, ["a", "b", "c"].map(nameOf)).documents,
    writes: Object.fromEntries(from.allWrites(DATABASE)),
    next: commit(from, update("next")).commitTime,
  });

  it("rebuilds documents, counts and the order of commits, as written and compacted", () => {
    fc.assert(
      fc.property(fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), (commits) => {
        const journal = memoryJournal();
        const original = createDocuments({ clock, journal });
        for (const writes of commits) commit(original, ...writes.map(toJson));
        expect(journal.entries.length).toBe(commits.length);

        const replayed = createDocuments({ clock, journal: noJournal });
        for (const entry of journal.entries) replayed.replay(entry);
        const compacted = createDocuments({ clock, journal: noJournal });
        for (const entry of original.compact()) compacted.replay(JSON.parse(JSON.stringify(entry)) as Json);

        const state = stateOf(original);
        expect(stateOf(replayed)).toEqual(state);
        expect(stateOf(compacted)).toEqual(state);
      }),
    );
  });

  it("forgets what was cleared", () => {
    const journal = memoryJournal();
    const original = createDocuments({ clock, journal });
    commit(original, update("a"));
    original.clear(DATABASE);
    const replayed = createDocuments({ clock, journal: noJournal });
    for (const entry of journal.entries) replayed.replay(entry);
    expect(replayed.writesOf(nameOf("a"))).toBe(0);
    expect(replayed.read(DATABASE, [nameOf("a")]).documents).toEqual([undefined]);
  });
});

describe("a TTL policy", () => {
  const at = (ms: number) => ({ timestampValue: new Date(ms).toISOString() });
  const present = () =>
    ["soon", "late", "none", "text"].filter((id) => documents.read(DATABASE, [nameOf(id)]).documents[0]);

  it("deletes expired documents a day late, and counts no write", async () => {
    const start = clock.now();
    commit(
      documents,
      update("soon", { expireAt: at(start + 60_000) }),
      update("late", { expireAt: at(start + 200 * 3_600_000) }),
    );
    commit(documents, update("none"), update("text", { expireAt: { stringValue: "2020-01-01T00:00:00Z" } }));
    const seen: DocumentWrite[] = [];
    documents.onWrite((write) => seen.push(write));
    const stop = startTtl({
      documents,
      clock,
      policies: () => [{ database: DATABASE, collectionGroup: "c", field: "expireAt" }],
    });

    await clock.advance(24 * 3_600_000);
    expect(present()).toEqual(["soon", "late", "none", "text"]);
    await clock.advance(2 * 3_600_000);
    expect(present()).toEqual(["late", "none", "text"]);
    expect(seen.map(({ kind, name }) => [kind, name])).toEqual([["expire", nameOf("soon")]]);
    expect(documents.writesOf(nameOf("soon"))).toBe(1);
    stop();
    expect(clock.next()).toBeUndefined();
  });
});
