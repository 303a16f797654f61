import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Construct } from "constructs";
import * as millrace from "../../../constructs";
import { root } from "../../repo/tree";
import { handlersOf, testContract } from "../../support/handlers";
import { testStack } from "../../support/synth";
import { COMPOSITIONS, compositionPlans } from "./compositions";
import { SPECIMENS, specimenPlans } from "./specimens";

/*
 * Ids of constructs are a contract: another address destroys a resource with everything in it and makes another. What
 * is new may come as it likes; what has an address keeps it. UPDATE_GOLDEN=1 records what is new and forgets what is gone.
 */

describe.each([
  ["construct", "constructs.json", specimenPlans],
  ["composition", "compositions.json", compositionPlans],
] as const)("the addresses of every %s", (_kind, name, plans) => {
  const file = join(root, "test/constructs/__golden__", name);
  const addresses = plans().map((plan) => plan.addresses);
  if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`);
  const golden = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[][]) : [];

  it.each(golden.map((known, index) => [index + 1, known] as const))("stay in plan %i", (number, known) => {
    const now = new Set(addresses[number - 1]);
    expect(known.filter((address) => !now.has(address))).toEqual([]);
  });

  it("are recorded of every type", () => {
    const typesIn = (all: readonly (readonly string[])[]) => new Set(all.flat().map((one) => one.split(".")[0]));
    const known = typesIn(golden);
    expect([...typesIn(addresses)].filter((type) => !known.has(type))).toEqual([]);
  });
});

describe("the plans whose addresses are held", () => {
  it("have every construct in them that can be imported", () => {
    const handlersDir = handlersOf(testContract({ publishes: ["charged"] }));
    const made = new Set<unknown>();
    for (const build of [...SPECIMENS, ...COMPOSITIONS]) {
      const stack = testStack({ handlersDir });
      build(stack);
      for (const { constructor } of stack.node.findAll())
        for (let kind: unknown = constructor; kind !== Construct && kind !== null; kind = Object.getPrototypeOf(kind))
          made.add(kind);
    }
    const missing = Object.entries(millrace).filter(
      ([, value]) => typeof value === "function" && value.prototype instanceof Construct && !made.has(value),
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});
