import { Construct } from "constructs";
import {
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  CloudFunction,
  CloudRunJob,
  CloudRunService,
  DeadLetteredSubscription,
  endpoint,
  every,
  grantsOf,
  MillraceStack,
  principal,
  pubsubColumns,
  ScheduledJob,
  ServiceAccount,
  type SubscriptionProps,
  TaskQueue,
  Topic,
} from "../../constructs";
import { handlersOf, testContract } from "../support/handlers";
import { type Attributes, type Plan, plan, planOf, testStack } from "../support/synth";

/* Defects that others shipped, held here so that we do not: each by what it did to those who used it. */

const image = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;
const PUBSUB_AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com";

const table = (stack: MillraceStack) =>
  new BigQueryTable(stack, "Rows", { dataset: new BigQueryDataset(stack, "Sales"), columns: pubsubColumns() });

const KINDS: Readonly<Record<string, (stack: MillraceStack) => Partial<SubscriptionProps>>> = {
  pull: () => ({}),
  push: (stack) => ({ push: { target: new CloudRunService(stack, "Api", { image }) }, ackDeadline: "60s" }),
  "push without envelope": () => ({ push: { target: endpoint("https://example.com"), body: "unwrapped" } }),
  BigQuery: (stack) => ({ bigQuery: { table: table(stack), writeMetadata: true } }),
  "Cloud Storage": (stack) => ({ cloudStorage: { bucket: new Bucket(stack, "Files") } }),
};

const everyKind = Object.entries(KINDS).map(
  ([kind, props]) =>
    [
      kind,
      plan((stack) => {
        const topic = new Topic(stack, "Orders");
        new DeadLetteredSubscription(stack, "Kept", { topic, ...props(stack) });
      }),
    ] as const,
);

/** `role on resource` of every grant to a member. */
const rolesOf = ({ json }: Plan, member: string) =>
  Object.entries(json["resource"] as Record<string, Record<string, Attributes>>)
    .filter(([type]) => type.endsWith("_iam_member"))
    .flatMap(([type, byName]) => Object.values(byName).map((one) => ({ type, ...one }) as Attributes))
    .filter((one) => one["member"] === member);

describe("dead-lettering that fails silently, because the agent may not", () => {
  it.each(everyKind)("cannot happen to a %s subscription", (_kind, result) => {
    const roles = rolesOf(result, PUBSUB_AGENT);
    const forwards = roles.filter(
      ({ type, role }) => type === "google_pubsub_topic_iam_member" && role === "roles/pubsub.publisher",
    );
    const acknowledges = roles.filter(
      ({ type, role }) => type === "google_pubsub_subscription_iam_member" && role === "roles/pubsub.subscriber",
    );
    expect(forwards.map(({ topic }) => topic as string)).toEqual([expect.stringMatching(/DeadLetter/)]);
    expect(acknowledges.map(({ subscription }) => subscription as string)).toEqual([
      expect.stringMatching(/Kept_Subscription/),
    ]);
  });

  it("names the agent of the subscription's project, whatever project the topic is in", () => {
    const stack = testStack();
    const topic = Topic.fromExisting(stack, "Orders", "projects/other/topics/orders");
    new DeadLetteredSubscription(stack, "Kept", { topic });
    expect(rolesOf(planOf(stack), PUBSUB_AGENT).length).toBe(2);
  });
});

describe("agents that are let loose on the whole project", () => {
  it.each(everyKind)("hold nothing there for a %s subscription", (_kind, { resources }) => {
    expect(resources("google_project_iam_member")).toEqual({});
  });
});

describe("a push attribute that nobody meant", () => {
  it.each(everyKind)("is not set on a %s subscription", (_kind, { all }) => {
    for (const { push_config: push } of all("google_pubsub_subscription"))
      expect(push ?? {}).not.toHaveProperty("attributes");
  });
});

const contract = testContract();
const handlersDir = handlersOf(contract);
const charge = (stack: MillraceStack, minify = false) =>
  new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts", minify });

describe("new code that is not deployed, because its object keeps its name", () => {
  it("has another object, and old code has the same", () => {
    const objectOf = (minify: boolean) =>
      plan((stack) => charge(stack, minify), { handlersDir }).one("google_storage_bucket_object")["name"] as string;
    expect(objectOf(false)).toBe(objectOf(false));
    expect(objectOf(false)).toMatch(/^charge-[0-9a-f]{16}\.zip$/);
    expect(
      plan((stack) => charge(stack), { handlersDir: handlersOf(contract) }).one("google_storage_bucket_object")["name"],
    ).toBe(objectOf(false));
  });
});

describe("one role that is granted twice, once in a way that takes it from everybody else", () => {
  it("is one member of one resource, and a queue asks for no rewriting of its tasks' URLs", () => {
    const { all, addresses } = plan((stack) => {
      const target = new CloudRunService(stack, "Api", { image });
      const queue = new TaskQueue(stack, "Later", { exhausted: "dropped" });
      const as = new ServiceAccount(stack, "Tasks");
      for (const _twice of [1, 2]) queue.grantEnqueue(principal("group:shop@example.com"), { as, target });
    });
    expect(all("google_cloud_tasks_queue_iam_member")).toHaveLength(1);
    expect(addresses.filter((address) => /_iam_(binding|policy)\./.test(address))).toEqual([]);
    expect(JSON.stringify(all("google_cloud_tasks_queue"))).not.toContain("query_override");
  });
});

describe("two service accounts that meet, because their names were cut", () => {
  it("stay two, each with 30 characters at most", () => {
    const ids = plan((stack) => {
      for (const name of ["orders-of-the-northern-region-a", "orders-of-the-northern-region-b"])
        new ServiceAccount(stack, name, { name });
    })
      .all("google_service_account")
      .map(({ account_id: id }) => id as string);
    expect(new Set(ids).size).toBe(2);
    expect(ids.filter((id) => id.length > 30)).toEqual([]);
  });
});

describe("an alert that sleeps through the first dead letter", () => {
  it("fires at the first", () => {
    const [, result] = everyKind[0]!;
    const { conditions } = result.one("google_monitoring_alert_policy", { display_name: "kept: dead letters" });
    for (const { condition_threshold: threshold } of conditions as { condition_threshold: Attributes }[])
      expect(threshold).toMatchObject({ comparison: "COMPARISON_GT", duration: "0s", threshold_value: 0 });
    expect(conditions).toHaveLength(2);
  });
});

describe("a scheduled run whose overrides are no JSON", () => {
  it("sends JSON that says what was meant, quotes and all", () => {
    const { one } = plan((stack) => {
      const runJob = new CloudRunJob(stack, "Report", { image });
      const environment = { GREETING: 'say "hello"', PATH_: "a\\b" };
      new ScheduledJob(stack, "Nightly", {
        schedule: every.day("02:00"),
        target: { runJob, overrides: { environment } },
      });
    });
    const { body } = one("google_cloud_scheduler_job")["http_target"] as { body: string };
    expect(JSON.parse(Buffer.from(body, "base64").toString())).toEqual({
      overrides: {
        containerOverrides: [
          {
            env: [
              { name: "GREETING", value: 'say "hello"' },
              { name: "PATH_", value: "a\\b" },
            ],
          },
        ],
      },
    });
  });
});

describe("a role that is asked for and not granted", () => {
  it("does not exist: the report and the plan name the same roles", () => {
    const stack = testStack();
    const group = principal("group:ops@example.com");
    const bucket = new Bucket(stack, "Files");
    for (const granted of [
      bucket.grantRead(group),
      bucket.grantWrite(group),
      bucket.grantCreate(group),
      bucket.grantDescribe(group),
    ])
      expect(granted.record.principal).toBe("group:ops@example.com");
    const planned = rolesOf(planOf(stack), "group:ops@example.com").map(({ role }) => role as string);
    expect(planned.sort()).toEqual(
      grantsOf(stack)
        .map(({ role }) => role)
        .sort(),
    );
    expect(new Set(planned).size).toBe(4);
  });
});

describe("a handler that any web page may call", () => {
  it("does not come by itself: nothing is public, and no bucket answers browsers", () => {
    const { text, all } = plan(
      (stack) => {
        charge(stack);
        new Bucket(stack, "Files");
      },
      { handlersDir },
    );
    expect(text).not.toMatch(/allUsers|Access-Control-Allow|allAuthenticatedUsers/);
    for (const bucket of all("google_storage_bucket")) {
      expect(bucket).not.toHaveProperty("cors");
      expect(bucket["public_access_prevention"]).toBe("enforced");
    }
  });
});

describe("labels and protection that are said and lost", () => {
  it("keeps what the construct says beside what the stack says, and protects what holds something", () => {
    const { json, all } = plan(
      (stack) => {
        const topic = new Topic(new Construct(stack, "Shop"), "Orders", { labels: { tier: "gold", team: "shop" } });
        new DeadLetteredSubscription(stack, "Kept", { topic });
        new Bucket(stack, "Files");
        new TaskQueue(stack, "Later", { exhausted: "dropped" });
        new CloudRunService(stack, "Api", { image });
      },
      { labels: { team: "edge" }, deletionProtection: true },
    );
    expect(json["provider"].google[0].default_labels).toMatchObject({ team: "edge", app: "web", environment: "dev" });
    expect(all("google_pubsub_topic").map(({ labels }) => labels as object)).toContainEqual({
      tier: "gold",
      team: "shop",
    });
    for (const type of [
      "google_pubsub_topic",
      "google_pubsub_subscription",
      "google_storage_bucket",
      "google_cloud_tasks_queue",
    ])
      for (const one of all(type)) expect([type, one["lifecycle"]?.prevent_destroy]).toEqual([type, true]);
    expect(all("google_cloud_run_v2_service")[0]!["deletion_protection"]).toBe(true);
  });
});
