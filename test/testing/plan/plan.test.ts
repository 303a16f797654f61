import { App, TerraformElement, TerraformOutput, TerraformResource, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { MillraceStack, ServiceAccount, Subscription, Topic } from "../../../constructs";
import { capture, knownAfterApply, plan, PlanRefused, type PlannedStack } from "../../../testing/plan";
import { matchers } from "../../../testing/jest";
import { STACK, testApp } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";

expect.extend(matchers);

const SUBSCRIPTION = "google_pubsub_subscription.Pack_D3D51A0C";

/** A shop with a topic and a subscription, and a stack that reads from it. */
function shop({ filter = "", deadline = 10, till = true, deletionProtection = false } = {}): App {
  const app = testApp();
  // Constructed before the stack that it reads from.
  const bills = new MillraceStack(app, { ...STACK, app: "bills" });
  const stack = new MillraceStack(app, { ...STACK, app: "shop", deletionProtection });
  const placed = new Topic(stack, "Placed");
  if (till) placed.grantPublish(new ServiceAccount(stack, "Till"));
  new Subscription(stack, "Pack", {
    topic: placed,
    ackDeadline: `${deadline}s`,
    ...(filter && { filter: `attributes.kind = "${filter}"` }),
  });
  new Subscription(bills, "Bill", { topic: placed });
  return app;
}

class Plain extends TerraformStack {
  constructor(scope: Construct, body: (stack: Plain) => void) {
    super(scope, "plain");
    this.addOverride("terraform.required_providers", { google: { source: "google", version: "6.50.0" } });
    this.addOverride("provider.google", [{ project: "demo", region: "europe-west1" }]);
    body(this);
  }
}

const topic = (stack: Plain, id: string, config: Readonly<Record<string, unknown>>): TerraformResource => {
  const resource = new TerraformResource(stack, id, { terraformResourceType: "google_pubsub_topic" });
  for (const [name, value] of Object.entries(config)) resource.addOverride(name, value);
  return resource;
};

const plain = (body: (stack: Plain) => void): App => {
  const app = testApp();
  new Plain(app, body);
  return app;
};

describeWithTerraform("a plan by the real Terraform", () => {
  let created: PlannedStack;
  beforeAll(async () => {
    created = await plan(shop(), { stack: "shop-dev" });
  });

  it("is typed data: addresses, actions, values, what is known after apply, counts", () => {
    const subscription = created.change(SUBSCRIPTION);
    expect(subscription).toMatchObject({
      type: "google_pubsub_subscription",
      action: "add",
      before: undefined,
      replacedBy: [],
      changed: [],
    });
    expect(subscription.get("topic")).toBe(knownAfterApply);
    expect(subscription.get("message_retention_duration")).toBe("604800s");
    expect(subscription.get("retry_policy.minimum_backoff")).toBe("10s");
    expect(subscription.get("filter")).toBeUndefined();
    expect(created.changes.map(({ address }) => address)).toEqual(
      created.changes.map(({ address }) => address).toSorted(),
    );
    expect(created.counts).toEqual({ add: created.changes.length, change: 0, replace: 0, destroy: 0 });
    expect(Object.values(created.outputs)).toEqual([knownAfterApply]);
    expect(() => created.change("google_pubsub_topic.Nope")).toThrow(
      /^the plan of shop-dev has no google_pubsub_topic\.Nope; of this type it has: google_pubsub_topic\.Placed_\w+$/,
    );
  });

  it("is of the stack that is named, of the one around a construct, or of the only one", async () => {
    await expect(plan(shop())).rejects.toThrow(
      'the app has several stacks, bills-dev, shop-dev: name one, as in plan(app, { stack: "bills-dev" })',
    );
    await expect(plan(new App({ outdir: testApp().outdir }))).rejects.toThrow("the app has no stack");
    const [, stack] = shop().node.children as [TerraformElement, TerraformStack];
    expect((await plan(stack.node.tryFindChild("Placed") as Topic)).stack).toBe("shop-dev");
  });

  it("is stable: applied, a second plan is empty", async () => {
    await expect(created).toBeStable();
  });

  it("of a stack that reads from another sees what that one has made", async () => {
    const bills = await plan(shop(), { stack: "bills-dev" });
    expect(bills).toHavePlanned(bills.changes.find(({ type }) => type === "google_pubsub_subscription")!.address, {
      topic: "projects/acme-dev/topics/shop-dev-placed",
    });
  });

  it("after another app is the way from that one: in place, replaced, destroyed", async () => {
    const changed = await plan(shop({ deadline: 20, till: false }), { stack: "shop-dev", after: shop() });
    expect(changed).toPlanChanges({ change: 1, destroy: 3 });
    expect(changed.change(SUBSCRIPTION).changed).toEqual(["ack_deadline_seconds"]);
    const replaced = await plan(shop({ filter: "paid" }), { stack: "shop-dev", after: shop() });
    expect(replaced).toPlanChanges({ replace: 1 });
    expect(replaced.change(SUBSCRIPTION).replacedBy).toEqual(["filter"]);
    expect(replaced.snapshot({ unknown: false })).toBe(
      [
        `-/+ ${SUBSCRIPTION} (because of filter)`,
        '    filter = null -> "attributes.kind = \\"paid\\""',
        "0 to add, 0 to change, 1 to replace, 0 to destroy",
      ].join("\n"),
    );
  });

  it("says what it refuses in Terraform's words, with the address", async () => {
    const wrong = plan(plain((stack) => topic(stack, "t", { name: "t", retention: "1s" })));
    await expect(wrong).rejects.toThrow(PlanRefused);
    await expect(wrong).rejects.toThrow(
      /^terraform (plan|init) refuses plain:\nError: [\s\S]*resource\.google_pubsub_topic\.t[\s\S]*"retention"/,
    );
  });

  it("takes values for variables, in the stack's own types", async () => {
    const app = plain((stack) => {
      const name = new TerraformVariable(stack, "name", { type: "string" });
      const labels = new TerraformVariable(stack, "labels", { type: "map(string)" });
      topic(stack, "t", { name: name.stringValue, labels: `\${${labels.fqn}}` });
      new TerraformOutput(stack, "shown", { value: name.stringValue });
    });
    const planned = await plan(app, { variables: { name: "given", labels: { a: "b" } } });
    expect(planned).toHavePlanned("google_pubsub_topic.t", { name: "given", labels: { a: "b" } });
    expect(planned.outputs).toEqual({ shown: "given" });
  });

  it("refuses types that are not simulated when it is told to, once they are applied", async () => {
    const app = plain((stack) => {
      const redis = new TerraformResource(stack, "r", { terraformResourceType: "google_redis_instance" });
      redis.addOverride("name", "cache");
      redis.addOverride("memory_size_gb", 1);
    });
    expect(await plan(app, { strict: true })).toPlanChanges({ add: 1 });
    await expect(plan(app, { strict: true }).then((planned) => planned.again())).rejects.toThrow("MR4016");
  });

  describe("the matchers", () => {
    it("hold for what is planned", () => {
      const topicOf = capture();
      expect(created).toPlanChanges({ add: created.changes.length });
      expect(created).not.toPlanChanges({ add: 1 });
      expect(created).toHavePlanned(SUBSCRIPTION, {
        topic: topicOf,
        retry_policy: { minimum_backoff: /s$/ },
        filter: undefined,
      });
      expect(topicOf.value).toBe(knownAfterApply);
      expect(created).not.toHavePlanned(SUBSCRIPTION, { filter: "x" });
      expect(created).not.toHavePlanned("google_pubsub_topic.Nope");
    });

    it("say what is planned instead", () => {
      expect(() => expect(created).toPlanChanges({ replace: 2 })).toThrow(
        /^expected the plan of shop-dev to have 0 to add, 0 to change, 2 to replace, 0 to destroy; it has \d+ to add.*:\n {2}add google_/,
      );
      expect(() => expect(created).toHavePlanned(SUBSCRIPTION, { ack_deadline_seconds: 11 })).toThrow(
        `${SUBSCRIPTION} is planned otherwise:\n  ack_deadline_seconds: expected 11, got 10`,
      );
      expect(() => expect(created).toHavePlanned("google_pubsub_topic.Nope")).toThrow(
        /has no google_pubsub_topic.Nope/,
      );
    });

    it("say what a second plan would do", async () => {
      // A timestamp is another one each time.
      const app = plain((stack) =>
        topic(stack, "t", { name: "t", labels: { at: '${formatdate("ssmmhh", timestamp())}' } }),
      );
      await expect(expect(app).toBeStable()).rejects.toThrow(
        /^once plain is applied, a second plan is not empty:\n~ google_pubsub_topic\.t\n[\s\S]*labels\.at = /,
      );
    });

    it("keep the plan as text in a snapshot", () => {
      expect(created).toMatchPlanSnapshot({ types: ["google_pubsub_subscription"] });
      expect(() => expect(created).not.toMatchPlanSnapshot()).toThrow("cannot be negated");
    });
  });
});
