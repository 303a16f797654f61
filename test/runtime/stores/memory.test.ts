import { virtualClock } from "../../../local/engine/clock";
import { memoryStore } from "../../../runtime/store/memory";
import { RECORD, storeConformance } from "./conformance";

describe("the memory store", () => {
  const store = memoryStore();
  storeConformance(() => ({ store, document: async (path) => store.documents.get(path) }));

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
