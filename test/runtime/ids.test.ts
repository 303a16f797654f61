import { uniqueIds } from "../../runtime/ids";

describe("ids of an instance", () => {
  it("differ from each other and from those of every other instance", () => {
    const instances = [uniqueIds(), uniqueIds()];
    const ids = Array.from({ length: 1_000 }, (_, i) => instances[i % 2]!());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("have the randomness of a UUID in front", () => {
    expect(uniqueIds()()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}-1$/);
  });
});
