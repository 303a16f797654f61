import { z } from "zod";
import { type Contract, defineContract, IssuesError } from "../../contract";

const Order = z.object({ orderId: z.string() });
const spec = {
  name: "orders",
  input: Order,
  key: (order: z.infer<typeof Order>) => order.orderId,
  effects: "transactional",
} as const;

/** Declares it with one field changed and returns the problems, if any. */
const problems = (change: object): string[] => {
  try {
    defineContract({ ...spec, ...change });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(IssuesError);
    const { issues } = error as IssuesError;
    for (const issue of issues) expect(issue.code).toBe("MR3001");
    return issues.map(({ problem }) => problem);
  }
};

describe("a contract", () => {
  it("fills in the defaults", () => {
    expect(defineContract(spec).manifest).toEqual({
      schemaVersion: 1,
      name: "orders",
      epoch: 1,
      effects: "transactional",
      timeLimitMs: 60_000,
      attempts: 8,
      minBackoffMs: 10_000,
      maxBackoffMs: 600_000,
      order: false,
      concurrency: 20,
      store: "firestore",
      rememberMs: 14 * 86_400_000,
      writes: [],
      auth: "platform",
    });
  });

  it("has one hash for one manifest, whatever the order of its fields", () => {
    const { name, ...rest } = spec;
    expect(defineContract({ ...rest, name, writes: ["b", "a"] }).hash).toBe(
      defineContract({ ...spec, writes: ["a", "b"] }).hash,
    );
    expect(defineContract({ ...spec, timeLimit: "61s" }).hash).not.toBe(defineContract(spec).hash);
  });

  it("has no callers and the hash it had where it names none, and otherwise each once in one order", () => {
    expect(defineContract(spec).manifest).not.toHaveProperty("callers");
    expect(defineContract(spec).hash).toBe("21a96746635e57b54b761158a472fe665e73919c64d1f77758c195bf9aa65bcd");
    const named = defineContract({ ...spec, callers: ["tasks", "pubsub", "tasks"] });
    expect(named.manifest.callers).toEqual(["pubsub", "tasks"]);
    expect(named.hash).toBe(defineContract({ ...spec, callers: ["pubsub", "tasks"] }).hash);
    expect(named.hash).not.toBe(defineContract(spec).hash);
  });

  it("of any schema fits where a contract is asked for", () => {
    const contracts: Contract[] = [defineContract(spec)];
    expect(contracts[0]!.manifest.name).toBe("orders");
  });

  it.each([
    [{ name: "Orders" }, /^name is not/],
    [{ name: "" }, /^name is not/],
    [{ epoch: 0 }, /^epoch 0/],
    [{ timeLimit: "999ms" }, /^timeLimit 999 ms/],
    [{ timeLimit: "soon" }, /^timeLimit is not a duration/],
    [{ retry: { attempts: 0 } }, /^retry.attempts 0/],
    [{ retry: { attempts: 91 } }, /^retry.attempts 91/],
    [{ retry: { minBackoff: "20s", maxBackoff: "10s" } }, /^retry.minBackoff 20000 ms exceeds/],
    [{ retry: { maxBackoff: "601s" } }, /^retry.maxBackoff 601000 ms/],
    [{ concurrency: 1001 }, /^concurrency 1001/],
    [{ remember: "6d" }, /^remember is shorter/],
    [{ effects: "at-least-once", writes: ["orders"] }, /^writes are made through ctx.commit/],
    [{ writes: ["millrace-records"] }, /^writes names \["millrace-records"\]/],
    [{ writes: ["a/b"] }, /^writes names \["a\/b"\]/],
    [{ callers: [] }, /^callers names nobody/],
    [{ callers: ["pubsub", "http", "toString"] }, /^callers names \["http","toString"\]/],
  ])("refuses %j", (change, problem) => {
    expect(problems(change)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    [{ name: "a" }],
    [{ timeLimit: "1s" }],
    [{ retry: { attempts: 1 } }],
    [{ retry: { attempts: 90 } }],
    [{ retry: { minBackoff: "600s", maxBackoff: "600s" } }],
    [{ concurrency: 1000 }],
    [{ remember: "7d" }],
    [{ writes: ["orders"] }],
  ])("accepts %j, the edge of its range", (change) => {
    expect(problems(change)).toEqual([]);
  });

  it("reports everything that is wrong at once", () => {
    expect(problems({ name: "Orders", epoch: 1.5, concurrency: 0 })).toHaveLength(3);
  });
});
