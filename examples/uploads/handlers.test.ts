import { assertOnce, testHandler } from "millrace/testing";
import importOrders from "./import-orders.handler";
import { parseOrders } from "./parse-orders";
import writeReceipt from "./write-receipt.handler";

const file = { bucket: "incoming", name: "orders/monday.csv", generation: "17" };

/** What the bucket holds, while a test runs. */
let content: string | undefined;
beforeEach(() => {
  process.env["STORAGE_EMULATOR_HOST"] = "http://storage.test";
  jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    expect(url).toBe("http://storage.test/storage/v1/b/incoming/o/orders%2Fmonday.csv?alt=media&generation=17");
    return content === undefined ? new Response("", { status: 404 }) : new Response(content);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env["STORAGE_EMULATOR_HOST"];
});

describe("import-orders", () => {
  it.each(["C0", "C2", "C3", "C6"] as const)("imports a file once, though its process dies at %s", async (crashAt) => {
    content = "a-1,100\n\na-2,250\n";
    const kit = testHandler(importOrders);
    await kit.settle(kit.event(file), { crashAt });
    assertOnce(kit, "orders/a-1");
    assertOnce(kit, "orders/a-2");
    // Every copy of a message carries the same mark, by which its consumers know it.
    const marks = kit.published.map(({ attributes }) => attributes["millrace-dedupe-id"]);
    expect(new Set(marks).size).toBe(2);
  });

  it("imports a file once that the bucket tells of twice, and a new version again", async () => {
    content = "a-1,100";
    const kit = testHandler(importOrders);
    const first = await kit.deliver(kit.event(file));
    const again = await kit.deliver(kit.event(file));
    expect([first, again].map(({ outcome }) => outcome.kind)).toEqual(["done", "replayed"]);
    assertOnce(kit, "orders/a-1");
  });

  it("parks a file that nobody can read", async () => {
    content = "a-1,100\nwhat is this";
    const kit = testHandler(importOrders);
    expect((await kit.deliver(kit.event(file))).outcome.kind).toBe("parked");
    expect(kit.writesTo("orders/a-1")).toEqual([]);
  });

  it("leaves a version to its successor that is gone", async () => {
    content = undefined;
    const kit = testHandler(importOrders);
    expect((await kit.deliver(kit.event(file))).outcome.kind).toBe("done");
    expect(kit.published).toEqual([]);
  });
});

describe("write-receipt", () => {
  it("writes a receipt for a change once", async () => {
    const kit = testHandler(writeReceipt);
    const change = { value: { fields: { cents: { integerValue: "250" }, file: { stringValue: "f" } } } };
    const event = kit.event(change, { attributes: { document: "orders/a-2" } });
    await kit.deliver(event);
    await kit.redeliver(event);
    assertOnce(kit, "receipts/a-2");
  });
});

describe("a file of orders", () => {
  it.each([
    ["", 0],
    ["a,1\r\nb,2\r\n", 2],
  ])("%j has %i orders", (text, count) => {
    expect(parseOrders(text)).toMatchObject({ ok: true, orders: { length: count } });
  });

  it.each([
    ["a,1\nb", 2],
    ["a/b,1", 1],
    ["a,1.5", 1],
  ])("%j is unreadable at line %i", (text, line) => {
    expect(parseOrders(text)).toMatchObject({ ok: false, line });
  });
});
