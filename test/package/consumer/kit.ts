// What a user's tests do with the kit, without a test runner.
import { strict as assert } from "node:assert";
import { App } from "cdktf";
import { MillraceStack, Topic } from "millrace";
import { defineHandler, Fatal } from "millrace/runtime";
import { assertOnce, explore, testHandler } from "millrace/testing";
import { matchers } from "millrace/testing/jest";
import { plan, synthesized } from "millrace/testing/plan";
import { orders } from "./orders.contract.js";
import handler from "./orders.handler.js";

async function main() {
  const kit = testHandler(handler);
  await kit.settle({ id: "17" }, { crashAt: "C3" });
  assertOnce(kit, "orders/17");

  // The classes of errors must be the same ones, whichever way both modules were loaded.
  const refusing = testHandler(
    defineHandler(orders, async () => {
      throw new Fatal("no");
    }),
  );
  await refusing.deliver({ id: "18" });
  assert.equal(refusing.parked[0]?.cause, "Fatal");

  const { runs } = await explore({
    runs: 5,
    setup(seed) {
      const each = testHandler(handler, { seed });
      return { kit: each, events: [each.event({ id: "17" })] };
    },
  });
  assert.equal(runs, 5);

  const stack = new MillraceStack(new App(), {
    app: "shop",
    environment: "dev",
    project: { id: "example-dev", number: "123456789012" },
    region: "europe-west1",
  });
  new Topic(stack, "Placed");
  const shop = synthesized(stack).stack("shop-dev");
  assert.equal(shop.resourceCount("google_pubsub_topic", { name: /placed$/ }), 1);
  assert.equal(matchers.toHaveResource(shop, "google_pubsub_topic").pass, true);

  // Without Terraform on the machine this says so, and every matcher passes.
  const planned = await plan(stack);
  const stable = await matchers.toBeStable.call({}, planned);
  assert.equal(stable.pass, true, stable.message());
  if (!planned.skipped) assert.ok(planned.counts.add > 1);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
