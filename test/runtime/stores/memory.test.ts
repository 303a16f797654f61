import { virtualClock } from "../../../local/engine/clock";
import { memoryStore } from "../../../runtime/store/memory";
import type { MemoryStore } from "../../../runtime/store/memory";
import { StoreUnavailable } from "../../../runtime";
import { createWorld, within } from "../support/simulation";
import { RECORD, storeConformance } from "./conformance";
import { faultConformance, faultsOf, type FaultySubject } from "./faults";

describe("the memory store", () => {
  const store = memoryStore();
  storeConformance(() => ({ store, document: async (path) => store.documents.get(path) }));

  const faulty = (fence: (store: MemoryStore) => MemoryStore = (store) => store): FaultySubject => {
    const world = createWorld();
    const shared = fence(world.store);
    const broken = () => new StoreUnavailable("no answer");
    return {
      clock: world.clock,
      through: (wire) => ({
        kind: "memory",
        read: (key) => wire.pass(() => shared.read(key), broken),
        commit: (change) => wire.pass(() => shared.commit(change), broken),
        rows: (ids) => wire.pass(() => shared.rows(ids), broken),
      }),
      document: async (path) => shared.documents.get(path),
      settle: (work) => within(world, 600_000, work),
    };
  };
  const subject = faulty();
  faultConformance(() => subject);

  it("would be found out if it did not fence", async () => {
    const careless = (store: MemoryStore): MemoryStore => ({
      ...store,
      commit: (change) => store.commit({ ...change, expect: store.records.get(change.key)?.version }),
    });
    const wrong = (await faultsOf(faulty(careless))).join("\n");
    expect(wrong).toMatch(/the handler ran after an acknowledgement/);
    expect(wrong).toMatch(/the end was written over|the event ended as/);
  });

  it("keeps what it was given, not what the caller makes of it later", async () => {
    const data = { list: [1] };
    await store.commit({ key: "k", expect: undefined, record: RECORD, effects: [{ op: "set", path: "a/b", data }] });
    data.list.push(2);
    expect(store.documents.get("a/b")).toEqual({ list: [1] });
  });

  it("drops expired records as others are written", async () => {
    const clock = virtualClock(0);
    const small = memoryStore({ clock });
    for (const key of ["a", "b", "c"])
      await small.commit({ key, expect: undefined, record: { ...RECORD, expireAtMs: 1_000 } });
    await clock.advance(1_000);
    await small.commit({ key: "d", expect: undefined, record: { ...RECORD, expireAtMs: 9_000 } });
    expect([...small.records.keys()]).toEqual(["d"]);
  });
});
