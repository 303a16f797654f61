import { bundleSize, MOST_KB } from "../../bench/runtime-bundle";

describe("what the runtime adds to a deployed handler", () => {
  it.each(["service", "function"] as const)("is at most 40 KB for a %s with the memory store, zod aside", (kind) => {
    expect(bundleSize(kind, "memory").bytes).toBeLessThanOrEqual(MOST_KB.memory * 1_000);
  });

  it("holds nothing but runtime, contract and language, and no store that is not used", () => {
    const files = bundleSize("service", "memory").files.filter(([, bytes]) => bytes > 0);
    const rooms = new Set(files.map(([file]) => file.split("/")[0]));
    expect(rooms).toEqual(new Set(["<stdin>", "bench", "contract", "language", "runtime"]));
    expect(files.map(([file]) => file).filter((file) => file.includes("firestore"))).toEqual([]);
    // CloudEvents travel with those that are sent them.
    expect(files.map(([file]) => file)).not.toContain("runtime/decode/cloudevent.ts");
    // The table of codes is for people at a terminal; handlers carry the literals alone.
    expect(files.map(([file]) => file).filter((file) => file.includes("contract/codes"))).toEqual([]);
  });

  it.each([
    "tasks",
    "scheduler",
    "cloudEvents",
    "cloudEventsBatch",
    "eventarc",
    "workflowSteps",
    "workflowCallbacks",
  ] as const)("grows by at most 6 KB with %s, and by what that needs alone", (name) => {
    const added = bundleSize("service", "memory", [name]).bytes - bundleSize("service", "memory").bytes;
    expect(added).toBeGreaterThan(500);
    expect(added).toBeLessThan(6_000);
  });

  it("grows by at most 1 KB where the contract names its callers, by the check of them", () => {
    const without = bundleSize("service", "memory");
    const named = bundleSize("service", "memory", [], ["pubsub"]);
    expect(without.files.map(([file]) => file)).not.toContain("runtime/auth/callers.ts");
    expect(named.files.map(([file]) => file)).toContain("runtime/auth/callers.ts");
    expect(named.bytes - without.bytes).toBeLessThanOrEqual(1_000);
  });

  it("grows by at most 30 KB with the Firestore store", () => {
    const added = bundleSize("service", "firestore").bytes - bundleSize("service", "memory").bytes;
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThanOrEqual(MOST_KB.firestore * 1_000);
  });
});
