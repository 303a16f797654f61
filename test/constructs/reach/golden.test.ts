import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../repo/tree";
import { specimenPlans } from "./specimens";

/*
 * Ids of constructs are a contract: another address destroys a resource with everything in it and makes another. What
 * is new may come as it likes; what has an address keeps it. UPDATE_GOLDEN=1 records what is new and forgets what is gone.
 */

const file = join(root, "test/constructs/__golden__/constructs.json");
const addresses = specimenPlans().map((plan) => plan.addresses);
if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`);
const golden = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[][]) : [];

describe("the addresses of every construct", () => {
  it.each(golden.map((known, index) => [index + 1, known] as const))("of specimen %i stay", (number, known) => {
    const now = new Set(addresses[number - 1]);
    expect(known.filter((address) => !now.has(address))).toEqual([]);
  });

  it("are known for the types that constructs make", () => {
    const types = new Set(golden.flat().map((address) => address.split(".")[0]));
    expect(types.size).toBeGreaterThan(25);
  });
});
