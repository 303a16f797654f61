import {
  BigQueryDataset,
  Bucket,
  CloudRunService,
  DeadLetteredSubscription,
  EventDrivenPipeline,
  type MillraceStack,
  type MillraceStackProps,
  NotificationChannel,
  principal,
  TaskQueue,
  Topic,
} from "../../../constructs";
import { Construct } from "constructs";
import { testContract } from "../../support/handlers";
import { codesOf, planOf, testStack } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { actionsOf, workspace } from "../../support/terraform-run";

const contract = testContract({ store: "memory", effects: "at-least-once" });
const image = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;

/** Something of every service whose names follow from paths, and grants from one to another. */
function shop(scope: Construct, stack: MillraceStack) {
  const topic = new Topic(scope, "Orders");
  const files = new Bucket(scope, "Files");
  const notify = [new NotificationChannel(scope, "Ops", { kind: "email", address: "ops@example.com" })];
  const api = new CloudRunService(scope, "Api", {
    image,
    volumes: { "/files": { kind: "bucket", bucket: files } },
    notify,
  });
  new DeadLetteredSubscription(scope, "Pushed", { topic, push: { target: api }, ackDeadline: "60s", notify });
  new BigQueryDataset(scope, "Sales").grantRead(api.serviceAccount);
  new TaskQueue(scope, "Later", { exhausted: "dropped" });
  new EventDrivenPipeline(scope, "Pipeline", {
    topic,
    notify,
    consumers: [{ contract, runOn: "service", image }],
    publishers: [api.serviceAccount],
  });
  // On what is not renamed, for what is.
  (stack.node.findChild("Shared") as Topic).grantPublish(api.serviceAccount);
}

function stackWith(group: string, props: Partial<MillraceStackProps> = {}): MillraceStack {
  const stack = testStack({ deletionProtection: true, ...props });
  new Topic(stack, "Shared").grantPublish(principal("group:ops@example.com"));
  shop(new Construct(stack, group), stack);
  return stack;
}

const before = planOf(stackWith("Shop"));
const after = planOf(stackWith("Store", { renamedFrom: { Store: "Shop" } }));
const moved = after.json["moved"] as { from: string; to: string }[];

describe("a construct that was renamed", () => {
  it("moves every resource below it, and no other", () => {
    const gone = before.addresses.filter((address) => !after.addresses.includes(address));
    const added = after.addresses.filter((address) => !before.addresses.includes(address));
    expect(moved.map(({ from }) => from).sort()).toEqual(gone);
    expect(moved.map(({ to }) => to).sort()).toEqual(added);
    expect(moved.length).toBeGreaterThan(30);
  });

  it("keeps its names in the cloud, which followed from the old path", () => {
    const attributes = (plan: typeof before) =>
      Object.values(plan.json["resource"] as Record<string, Record<string, object>>)
        .flatMap((byName) => Object.values(byName))
        .map((one) =>
          JSON.stringify({ ...one, "//": undefined, depends_on: undefined }).replaceAll(/\b(Shop|Store)_\w+/g, "_"),
        )
        .sort();
    expect(attributes(after)).toEqual(attributes(before));
  });

  it("may have been renamed alone, inside of what was not", () => {
    const plan = planOf(stackWith("Shop", { renamedFrom: { "Shop/Api": "Shop/Web" } }));
    const moves = plan.json["moved"] as { from: string; to: string }[];
    expect(moves.map(({ from }) => from)).toEqual(
      expect.arrayContaining([expect.stringMatching(/_service\.Shop_Web_/)]),
    );
    expect(plan.one("google_cloud_run_v2_service", { name: "web-dev-shop-web" })).toBeDefined();
  });

  it("is not in a plan where nothing was renamed", () => expect(before.json).not.toHaveProperty("moved"));

  it("is reported with MR1007 where there is no such construct, and with MR1008 where the old one is still there", () => {
    const codes = (renamedFrom: Record<string, string>) =>
      codesOf((stack) => void new Topic(stack, "Orders", { dashboard: false }), { renamedFrom });
    expect(codes({ Bills: "Invoices" })).toEqual(["MR1007"]);
    expect(codes({ Orders: "Apis" })).toEqual(["MR1008"]);
    expect(codes({ Orders: "Order" })).toEqual([]);
  });
});

describeWithTerraform("Terraform", () => {
  it("changes nothing when a construct was renamed", async () => {
    const { terraform, plan, write } = await workspace(before.json);
    for (const args of [
      ["init", "-input=false"],
      ["apply", "-auto-approve", "-input=false"],
    ]) {
      const { code, text } = await terraform(...args);
      expect([code, text]).toEqual([0, expect.anything()]);
    }
    write(after.json);
    const renamed = await plan();
    expect(actionsOf(renamed)).toEqual([]);
    const addresses = (renamed["resource_changes"] as { previous_address?: string }[]).filter(
      (one) => one.previous_address,
    );
    expect(addresses).toHaveLength(moved.length);

    // Without the entry everything would go and come again; that is what this test can see.
    const { moved: _, ...forgotten } = after.json;
    write(forgotten);
    expect((await plan().then(actionsOf, (error: Error) => [error.message])).join()).toMatch(/delete|prevent_destroy/);
  });

  it("leaves the image to CI where it is told so", async () => {
    const service = (tag: string, imageManagedBy: "ci" | "terraform") => {
      const stack = testStack({ alarms: false, dashboard: false });
      const at = tag.repeat(64).slice(0, 64);
      new CloudRunService(stack, "Api", { image: `gcr.io/acme/api@sha256:${at}`, imageManagedBy });
      return planOf(stack).json;
    };
    const { terraform, plan, write } = await workspace(service("0", "ci"));
    await terraform("init", "-input=false");
    expect((await terraform("apply", "-auto-approve", "-input=false")).code).toBe(0);
    write(service("1", "ci"));
    expect(actionsOf(await plan())).toEqual([]);
    write(service("1", "terraform"));
    expect(actionsOf(await plan())).toEqual([expect.stringMatching(/^update google_cloud_run_v2_service\./)]);
  });
});
