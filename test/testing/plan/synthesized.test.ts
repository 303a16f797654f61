import { App, Aspects, TerraformOutput, TerraformResource, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import {
  DeadLetteredSubscription,
  DeadLetterTopic,
  MillraceStack,
  ServiceAccount,
  Subscription,
  Topic,
} from "../../../constructs";
import { addIssue } from "../../../constructs/core";
import { IssuesError } from "../../../contract/issue";
import { absent, capture, present, synthesized } from "../../../testing/plan";
import { matchers } from "../../../testing/jest";
import { STACK, testApp } from "../../support/synth";

expect.extend(matchers);

/** Two stacks, the second of which reads from the first, and is constructed and named before it. */
function twoStacks(change: (parts: { shop: MillraceStack; bills: MillraceStack; placed: Topic }) => void = () => {}) {
  const app = testApp();
  const bills = new MillraceStack(app, { ...STACK, app: "bills" });
  const shop = new MillraceStack(app, { ...STACK, app: "shop" });
  const placed = new Topic(shop, "Placed");
  placed.grantPublish(new ServiceAccount(shop, "Till"));
  new Subscription(bills, "Bill", { topic: placed, filter: 'attributes.kind = "paid"' });
  new DeadLetteredSubscription(shop, "Pack", { topic: placed, deadLetterTopic: new DeadLetterTopic(shop, "Lost") });
  change({ shop, bills, placed });
  return synthesized(app);
}

describe("a synthesized app", () => {
  it("names its stacks, and those there are when asked for another", () => {
    const app = twoStacks();
    expect(app.stacks).toEqual(["bills-dev", "shop-dev"]);
    expect(() => app.stack("shop")).toThrow('there is no stack "shop"; there are: bills-dev, shop-dev');
  });

  it("is the app of any construct, and the same each time", () => {
    let inner: Topic | undefined;
    const first = twoStacks(({ placed }) => (inner = placed)).stack("shop-dev").json;
    expect(synthesized(inner!).stack("shop-dev").json).toEqual(first);
  });

  it("is refused with every error of every stack", () => {
    const build = () =>
      twoStacks(({ shop, bills }) => {
        addIssue(shop, "MR1001", { problem: "one" });
        addIssue(bills, "MR1001", { problem: "two" });
      });
    let issues: IssuesError["issues"] = [];
    try {
      build();
    } catch (error) {
      if (error instanceof IssuesError) ({ issues } = error);
    }
    expect(issues.map(({ problem }) => problem)).toEqual(["two", "one"]);
  });

  it("has what aspects have changed, as a synth has", () => {
    const app = testApp();
    const stack = new MillraceStack(app, { ...STACK, app: "shop" });
    new Topic(stack, "Placed");
    const visit = (node: IConstruct) => {
      if (node === stack) new Topic(stack, "Audit");
      if (node instanceof TerraformResource && node.terraformResourceType === "google_pubsub_topic")
        node.addOverride("kms_key_name", "key");
    };
    Aspects.of(stack).add({ visit });
    expect(synthesized(app).stack("shop-dev")).toHaveAllResources("google_pubsub_topic", { kms_key_name: "key" });
    expect(synthesized(app).stack("shop-dev")).toHaveResourceCount("google_pubsub_topic", 2);
  });

  it("may hold stacks that are not ours", () => {
    const app = new App({ outdir: testApp().outdir });
    const stack = new TerraformStack(app, "plain");
    new TerraformOutput(stack, "answer", { value: 42 });
    expect(synthesized(app).stack("plain").json["output"]).toEqual({ answer: { value: 42 } });
    expect(synthesized(app).stack("plain").resources()).toEqual([]);
  });
});

describe("resources of a stack", () => {
  const shop = twoStacks().stack("shop-dev");

  it("are found by type and by properties", () => {
    expect(shop.resources("google_pubsub_topic").map(({ attributes }) => attributes["name"])).toEqual([
      "shop-dev-lost",
      "shop-dev-placed",
    ]);
    expect(shop.resourceCount("google_pubsub_topic", { name: /placed$/ })).toBe(1);
    expect(shop.resourceCount("google_pubsub_topic", { name: undefined })).toBe(0);
    expect(shop.resources().length).toBeGreaterThan(shop.resources("google_pubsub_topic").length);
  });

  it("say where they come from and how others refer to them", () => {
    const placed = shop.resource("google_pubsub_topic", { name: "shop-dev-placed" });
    expect(placed.path).toBe("shop-dev/Placed/Resource");
    expect(placed.address).toMatch(/^google_pubsub_topic\.Placed_[0-9A-F]{8}$/);
    expect(shop.at(placed.address)).toBe(placed);
    expect(shop.resourceCount("google_pubsub_subscription", { topic: placed.ref("id") })).toBe(1);
  });

  it("are one, or the reader is told which there are", () => {
    expect(() => shop.resource("google_pubsub_topic")).toThrow(
      /^shop-dev has 2 of google_pubsub_topic, not one:\n {2}google/,
    );
    expect(() => shop.resource("google_storage_bucket")).toThrow(
      /^shop-dev has no google_storage_bucket; it has: google_/,
    );
    expect(() => shop.at("google_pubsub_topic.Nope")).toThrow("shop-dev has no google_pubsub_topic.Nope");
  });

  it("are told how the nearest one differs", () => {
    const wanted = { ack_deadline_seconds: 11, retry_policy: { minimum_backoff: "10s" } };
    expect(() => shop.resource("google_pubsub_subscription", wanted)).toThrow(
      /^shop-dev has no google_pubsub_subscription with these properties; the nearest is google_pubsub_subscription\.\w+:\n {2}ack_deadline_seconds: expected 11, got 10$/,
    );
  });
});

describe("references", () => {
  const app = twoStacks();
  const shop = app.stack("shop-dev");
  const bills = app.stack("bills-dev");
  const pack = shop.resource("google_pubsub_subscription", { name: "shop-dev-pack" });
  const placed = shop.resource("google_pubsub_topic", { name: "shop-dev-placed" });

  it("lead from a subscription to its topic and its dead-letter topic", () => {
    expect(shop.follow(pack, "topic")).toBe(placed);
    expect(shop.follow(pack, "dead_letter_policy.dead_letter_topic").get("name")).toBe("shop-dev-lost");
  });

  it("lead into another stack", () => {
    const bill = bills.resource("google_pubsub_subscription");
    expect(bills.follow(bill, "topic")).toBe(placed);
    expect(bills.referencesOf(bill)).toContain(placed);
  });

  it("lead back", () => {
    expect(shop.referencesTo(placed).map(({ type }) => type)).toEqual(
      expect.arrayContaining(["google_pubsub_subscription", "google_pubsub_topic_iam_member"]),
    );
    expect(shop.referencesTo(pack)).not.toContain(placed);
  });

  it("are asked for where there are none", () => {
    expect(() => shop.follow(pack, "name")).toThrow(
      `${pack.address}: name is "shop-dev-pack", no reference to a resource`,
    );
    expect(() => shop.follow(pack, "push_config.push_endpoint")).toThrow(/has no push_config\.push_endpoint$/);
  });

  it("are read as far as the plan knows them", () => {
    expect(shop.text(placed.ref("name"))).toBe("shop-dev-placed");
    expect(shop.text(`x/${placed.ref("id")}`)).toBe(`x/${placed.address}.id`);
    expect(bills.text(bills.resource("google_pubsub_subscription").get("topic"))).toBe(`${placed.address}.id`);
    expect(shop.text(17)).toBe("17");
  });
});

describe("grants", () => {
  const shop = twoStacks().stack("shop-dev");

  it("say who may do what on which resource", () => {
    expect(shop.grants()).toContainEqual({
      principal: "serviceAccount:shop-dev-till@acme-dev.iam.gserviceaccount.com",
      role: "roles/pubsub.publisher",
      resource: "shop-dev-placed",
      on: "pubsub_topic",
      address: expect.stringMatching(/^google_pubsub_topic_iam_member\./),
    });
    expect(shop.grants()).toContainEqual(
      expect.objectContaining({
        principal: "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com",
        role: "roles/pubsub.publisher",
        resource: "shop-dev-lost",
      }),
    );
  });
});

describe("the snapshot of a stack", () => {
  it("shows every argument of the chosen types, sorted, each on its line", () => {
    const text = twoStacks()
      .stack("bills-dev")
      .snapshot({ types: ["google_pubsub_subscription"] });
    const [address, ...lines] = text.split("\n");
    expect(address).toMatch(/^google_pubsub_subscription\.Bill_/);
    expect(lines).toContain('  filter = "attributes.kind = \\"paid\\""');
    expect(lines).toContain('  retry_policy.maximum_backoff = "600s"');
    expect(lines).toEqual([...lines].sort());
    expect(text).not.toContain("depends_on");
  });

  it("is the same for the same app, and changes with the plan", () => {
    const text = () => twoStacks().stack("shop-dev").snapshot();
    expect(text()).toBe(text());
    const more = twoStacks(({ shop }) => void new Topic(shop, "More")).stack("shop-dev");
    expect(more.snapshot()).not.toBe(text());
  });
});

describe("the matchers", () => {
  const shop = twoStacks().stack("shop-dev");

  it("hold for what the plan has", () => {
    expect(shop).toHaveResource("google_pubsub_topic", { name: expect.stringContaining("placed") });
    expect(shop).not.toHaveResource("google_pubsub_topic", { name: "other" });
    expect(shop).toHaveResourceCount("google_pubsub_topic", 2);
    expect(shop).toHaveResourceCount("google_pubsub_topic", 1, { name: /lost/ });
    expect(shop).toGrant({ role: "roles/pubsub.publisher", resource: "shop-dev-placed" });
    expect(shop).not.toGrant({ role: "roles/owner" });
    expect(shop).toHaveAllResources("google_pubsub_subscription", { topic: present, filter: absent });
    expect(shop).not.toHaveAllResources("google_pubsub_topic", { name: /lost/ });
    expect(shop).not.toHaveAllResources("google_storage_bucket", {});
  });

  it("capture what they find, and nothing of what is otherwise", () => {
    const [topic, none, all] = [capture(), capture(/^x/), capture()];
    expect(shop).toHaveResource("google_pubsub_subscription", { name: "shop-dev-pack", topic });
    expect(topic.values).toEqual([shop.resource("google_pubsub_topic", { name: /placed/ }).ref("id")]);
    expect(topic.value).toBe(topic.values[0]);
    expect(shop).not.toHaveResource("google_pubsub_topic", { name: none });
    expect(() => none.value).toThrow("nothing was captured: no matcher has found the resource");
    expect(shop).toHaveAllResources("google_pubsub_topic", { name: all });
    expect(all.values).toEqual(["shop-dev-lost", "shop-dev-placed"]);
    const backoff = capture();
    expect(shop).toHaveResource("google_pubsub_subscription", { retry_policy: { minimum_backoff: backoff } });
    expect(new Set(backoff.values)).toEqual(new Set(["10s"]));
  });

  it("say what the plan has instead", () => {
    expect(() => expect(shop).toHaveResource("google_pubsub_topic", { name: "other" })).toThrow(
      /the nearest is google_pubsub_topic\.Lost\w*:\n {2}name: expected "other", got "shop-dev-lost"/,
    );
    expect(() => expect(shop).not.toHaveResource("google_pubsub_topic")).toThrow(
      /has what it should not have:\n {2}google/,
    );
    expect(() => expect(shop).toHaveAllResources("google_pubsub_topic", { name: /lost/ })).toThrow(
      /^of 2 google_pubsub_topic in shop-dev, 1 differ:\ngoogle_pubsub_topic\.Placed_\w+:\n {2}name: expected \/lost\//,
    );
    expect(() => expect(shop).toHaveAllResources("google_storage_bucket", {})).toThrow(/has no google_storage_bucket/);
    expect(() => expect(shop).not.toHaveAllResources("google_pubsub_topic", {})).toThrow(
      /^all 2 of google_pubsub_topic/,
    );
    expect(() => expect(shop).toHaveResourceCount("google_pubsub_topic", 3)).toThrow(
      /has 2 google_pubsub_topic; asked about 3/,
    );
    expect(() => expect(shop).toGrant({ role: "roles/owner" })).toThrow(
      /grants no \{"role":"roles\/owner"\}; there are:\n {2}roles\//,
    );
    expect(() => expect(shop).not.toGrant({ role: "roles/pubsub.publisher" })).toThrow(/grants it/);
  });
});
