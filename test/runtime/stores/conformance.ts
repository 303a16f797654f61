import type { DocumentData, OutboxRow, RecordData, Store } from "../../../runtime/store/store";
import { type Step, VECTORS } from "./vectors";

/** A store under test, and a second way to look at what it wrote. */
export interface Subject {
  readonly store: Store;
  readonly document: (path: string) => Promise<DocumentData | undefined>;
}

export const RECORD: RecordData = {
  state: "CLAIMED",
  token: 1,
  owner: "owner",
  revision: 1,
  leaseMs: 1_000,
  delayMs: 0,
  attempts: 1,
  lostLeases: 0,
  handler: "handler",
  epoch: 1,
  messageId: "message",
  firstSeenMs: 1_700_000_000_000,
  outbox: [],
  expireAtMs: 2_000_000_000_000,
};

/** Runs the vectors against a store; each on a key and below documents of its own, so that the store may be shared. */
export function storeConformance(subject: () => Subject): void {
  let count = 0;
  const unique = `${process.pid}-${Date.now().toString(36)}`;
  let mark = "";
  beforeEach(() => {
    mark = `${unique}-${++count}`;
  });

  const run = async (step: Step, versions: Map<string, { version: string; updatedMs: number }>) => {
    const { store, document } = subject();
    const at = (path: string) => path.replace(/^things/, `things-${mark}`);
    const rowId = (id: string) => `${mark}-${id}`;
    const key = `key-${mark}`;
    switch (step.do) {
      case "commit": {
        const reply = await store.commit({
          key,
          expect: step.expect === "absent" ? undefined : versions.get(step.expect)!.version,
          record: { ...RECORD, ...step.record },
          effects: (step.effects ?? []).map((effect) => ({ ...effect, path: at(effect.path) })),
          addRows: (step.addRows ?? []).map((row) => ({ ...row, id: rowId(row.id) })),
          removeRows: (step.removeRows ?? []).map(rowId),
        });
        expect(reply.applied).toBe(step.applied);
        if (reply.applied && step.as) versions.set(step.as, reply);
        return;
      }
      case "read": {
        const { stored, readMs } = await store.read(key);
        if (step.version === "absent") return expect(stored).toBeUndefined();
        const { version, updatedMs } = versions.get(step.version)!;
        expect(stored).toMatchObject({ version, updatedMs });
        expect(readMs).toBeGreaterThanOrEqual(updatedMs);
        for (const [field, value] of Object.entries(step.record ?? {}))
          expect(stored!.record[field as keyof RecordData]).toEqual(value);
        return;
      }
      case "document": {
        const found = await document(at(step.path));
        return expect(found).toEqual(step.data === "absent" ? undefined : step.data);
      }
      case "rows": {
        const rows = await store.rows(step.ids.map(rowId));
        expect(rows.map(({ id }) => id)).toEqual(step.found.map(rowId));
        for (const row of rows) expect(row).toMatchObject(written(row.id));
        return;
      }
    }
  };
  /** The row as some vector wrote it. */
  const written = (id: string): Omit<OutboxRow, "id"> => {
    const rows = VECTORS.flatMap(({ steps }) => steps).flatMap((step) =>
      step.do === "commit" ? (step.addRows ?? []) : [],
    );
    const { id: _id, ...row } = rows.find((candidate) => id.endsWith(`-${candidate.id}`))!;
    return row;
  };

  it.each(VECTORS)("$title", async ({ steps }) => {
    const versions = new Map<string, { version: string; updatedMs: number }>();
    for (const step of steps) await run(step, versions);
  });

  it("lists outbox rows in ascending order, from after a row on, if it lists any", async () => {
    const { store } = subject();
    if (!store.pending) return;
    const ids = ["a", "b", "c"].map((id) => `${mark}-${id}`);
    const row = { topic: "projects/p/topics/t", data: Buffer.alloc(0), attributes: {}, expireAtMs: 2_000_000_000_000 };
    const addRows = ids.map((id) => ({ id, ...row }));
    await store.commit({ key: `key-${mark}`, expect: undefined, record: { ...RECORD, outbox: ids }, addRows });
    expect(await store.pending(2, `${mark}-`)).toEqual(ids.slice(0, 2));
    expect(await store.pending(1, ids[1])).toEqual(ids.slice(2));
    const all = await store.pending(1_000);
    expect(all).toEqual(all.toSorted());
    expect(all).toEqual(expect.arrayContaining(ids));
  });

  it("lets one of many simultaneous claims win", async () => {
    const { store } = subject();
    const claims = Array.from({ length: 20 }, (_, i) =>
      store.commit({ key: `race-${mark}`, expect: undefined, record: { ...RECORD, owner: String(i) } }),
    );
    const winners = (await Promise.all(claims)).flatMap((reply, i) => (reply.applied ? [String(i)] : []));
    expect(winners).toHaveLength(1);
    expect((await store.read(`race-${mark}`)).stored!.record.owner).toBe(winners[0]);
  });

  it("lets one of many simultaneous writes over one version win", async () => {
    const { store } = subject();
    const key = `overtake-${mark}`;
    const first = await store.commit({ key, expect: undefined, record: RECORD });
    const { version } = first as { version: string };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.commit({ key, expect: version, record: { ...RECORD, revision: 2, owner: String(i) } }),
      ),
    );
    expect(replies.filter(({ applied }) => applied)).toHaveLength(1);
  });

  it("refuses to write over a version when there is no record", async () => {
    const { store } = subject();
    const first = await store.commit({ key: `other-${mark}`, expect: undefined, record: RECORD });
    const { version } = first as { version: string };
    expect(await store.commit({ key: `none-${mark}`, expect: version, record: RECORD })).toEqual({ applied: false });
    expect((await store.read(`none-${mark}`)).stored).toBeUndefined();
  });

  it("gives each write a version of its own", async () => {
    const { store } = subject();
    const versions: string[] = [];
    for (let revision = 1; revision <= 5; revision++) {
      const expected = versions.at(-1);
      const reply = await store.commit({ key: `steps-${mark}`, expect: expected, record: { ...RECORD, revision } });
      versions.push((reply as { version: string }).version);
    }
    expect(new Set(versions).size).toBe(5);
  });
}
