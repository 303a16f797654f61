import {
  CloudRunJob,
  CloudRunService,
  CloudRunWorkerPool,
  HandlerCounters,
  type INotificationChannel,
  MillraceStack,
  type MillraceStackProps,
  NotificationChannel,
  Subscription,
  Topic,
} from "../../../constructs";
import { createLog } from "../../../runtime/log";
import { logDelivery } from "../../../runtime/core";
import type { Delivered } from "../../../runtime/deliver";
import { COUNTERS } from "../../../constructs/monitoring/handler-counter-data";
import { testContract } from "../../support/handlers";
import { type Attributes, codesOf, type Plan, plan, planOf, STACK, testApp, testStack } from "../../support/synth";

const build = () => plan((stack) => new HandlerCounters(stack, "Counters"));

/** The line of a delivery, as the runtime writes it. */
function lineOf(delivered: Delivered): Attributes {
  let written = "";
  const log = createLog((line) => (written = line), { handler: "orders" });
  logDelivery(log, { meta: { id: "1", attributes: {} }, data: Buffer.from(""), payload: () => ({}) }, delivered, 1);
  return JSON.parse(written) as Attributes;
}

/** Whether a line passes the tests of a counter: the few forms that they have. */
const passes = (where: string, line: Attributes) =>
  where.split(" AND ").every((test) => {
    const [, path = "", operator, value = ""] = /^jsonPayload\.([\w.]+)(=|:)(.*)$/.exec(test)!;
    const found = path.split(".").reduce<unknown>((at, key) => (at as Attributes | undefined)?.[key], line);
    return operator === ":" ? found !== undefined : JSON.stringify(found) === value;
  });

describe("the counters of a stack's handlers", () => {
  it("are six metrics with the handler as a label, of this stack's workloads alone", () => {
    const { all } = build();
    const metrics = all("google_logging_metric");
    expect(metrics.map(({ name }) => String(name)).sort()).toEqual(
      ["fencedWrites", "keyReuse", "leaseMargin", "parked", "replays", "takeovers"].map((name) => `web-dev/${name}`),
    );
    for (const { filter, label_extractors } of metrics) {
      expect(filter).toContain('resource.labels.service_name=~"^web-dev-"');
      expect(label_extractors).toMatchObject({ handler: "EXTRACT(jsonPayload.handler)" });
    }
  });

  it("keep the lease's margin as a distribution, and the classes of what is parked", () => {
    const { one } = build();
    expect(one("google_logging_metric", { name: "web-dev/leaseMargin" })).toMatchObject({
      value_extractor: "EXTRACT(jsonPayload.leaseMargin)",
      metric_descriptor: { metric_kind: "DELTA", value_type: "DISTRIBUTION", unit: "1" },
      bucket_options: { linear_buckets: { num_finite_buckets: 20, width: 0.05 } },
    });
    expect(one("google_logging_metric", { name: "web-dev/parked" })["label_extractors"]).toEqual({
      handler: "EXTRACT(jsonPayload.handler)",
      class: "EXTRACT(jsonPayload.cause.class)",
    });
  });

  it.each<[string, Delivered, string[]]>([
    [
      "a first delivery",
      { outcome: { kind: "done" }, lease: { takeover: false, marginMs: 9, leaseMs: 10 } },
      ["leaseMargin"],
    ],
    ["a duplicate", { outcome: { kind: "replayed" } }, ["replays"]],
    [
      "a takeover",
      { outcome: { kind: "done" }, lease: { takeover: true, marginMs: undefined, leaseMs: 10 } },
      ["takeovers"],
    ],
    ["a fenced write", { outcome: { kind: "leaseLost" } }, ["fencedWrites"]],
    [
      "a key of another event",
      { outcome: { kind: "parked", cause: { class: "KeyReuse", message: "" } } },
      ["keyReuse", "parked"],
    ],
    ["a fatal error", { outcome: { kind: "parked", cause: { class: "Declined", message: "" } } }, ["parked"]],
  ])("count %s by the line that the runtime writes", (_, delivered, expected) => {
    const line = lineOf(delivered);
    expect(line["handler"]).toBe("orders");
    const counted = Object.entries(COUNTERS).flatMap(([name, { where }]) => (passes(where, line) ? [name] : []));
    expect(counted.sort()).toEqual(expected);
  });

  it("are watched, once Cloud Monitoring can know them", () => {
    const { all, address } = build();
    const policies = all("google_monitoring_alert_policy");
    expect(policies.map(({ severity }) => String(severity)).sort()).toEqual(["ERROR", "WARNING", "WARNING", "WARNING"]);
    for (const { depends_on, conditions, documentation } of policies) {
      expect(depends_on).toContain(address("time_sleep"));
      expect(conditions).toHaveLength(3);
      expect(documentation[0]?.content ?? documentation.content).toContain("gcloud logging read");
    }
    expect(all("time_sleep")[0]!["depends_on"]).toHaveLength(6);
  });

  it("look at the share of the lease, whatever its length, and say nothing where there is no event", () => {
    const { conditions } = build().one("google_monitoring_alert_policy", {
      display_name: "web-dev: handlers come close to losing their leases",
    });
    for (const { condition_threshold: threshold } of conditions) {
      expect(threshold).toMatchObject({ comparison: "COMPARISON_LT", threshold_value: 1 / 3, duration: "300s" });
      expect(threshold.aggregations).toMatchObject([{ per_series_aligner: "ALIGN_PERCENTILE_05" }]);
      expect(threshold).not.toHaveProperty("evaluation_missing_data");
    }
    const left = (marginMs: number) =>
      lineOf({ outcome: { kind: "done" }, lease: { takeover: false, marginMs, leaseMs: 15_000 } })[
        "leaseMargin"
      ] as number;
    expect([15_000, 10_000, 0, -3_000].map(left)).toEqual([1, 0.667, 0, -0.2]);
  });

  it("can be left unwatched and off the dashboard", () => {
    const { addresses } = plan((stack) => new HandlerCounters(stack, "C", { alarms: false, dashboard: false }));
    expect(addresses.filter((one) => /alert|dashboard|sleep/.test(one))).toEqual([]);
    expect(codesOf((stack) => new HandlerCounters(stack, "C"))).toEqual([]);
  });
});

const IMAGE = `europe-docker.pkg.dev/acme/images/charge@sha256:${"0".repeat(64)}`;
const contract = testContract();
const service = (stack: MillraceStack, name = "Charge", notify?: readonly INotificationChannel[]) =>
  new CloudRunService(stack, name, { contract, name: name.toLowerCase(), image: IMAGE, ...(notify && { notify }) });
const ofCounters = ({ addresses }: Plan) => addresses.filter((one) => /logging_metric|HandlerCounters/.test(one));
/** Types of resources that the conditions of the counters' alarms look at. */
const watchedBy = ({ all }: Plan) => [
  ...new Set(
    all("google_monitoring_alert_policy")
      .flatMap(({ conditions }) => conditions as Attributes[])
      .flatMap(({ condition_threshold: one }) => one?.filter as string)
      .filter((filter) => filter?.includes("logging.googleapis.com/user/"))
      .map((filter) => /resource.type = "(\w+)"/.exec(filter)![1]!),
  ),
];

describe("a stack that has a handler", () => {
  it("counts it by itself, once, whatever it runs on", () => {
    const made = plan((stack) => void [service(stack), service(stack, "Mail")]);
    expect(made.all("google_logging_metric").map(({ name }) => name as string)).toHaveLength(6);
    expect(ofCounters(made)).toHaveLength(11);
    expect(watchedBy(made)).toEqual(["cloud_run_revision"]);
  });

  it("looks at what its handlers run on, and at nothing else", () => {
    const build = (stack: MillraceStack) => {
      new CloudRunJob(stack, "Job", { contract, name: "job", image: IMAGE });
      const subscription = new Subscription(stack, "Pull", { topic: new Topic(stack, "Orders"), deadLetter: false });
      new CloudRunWorkerPool(stack, "Pool", { contract, name: "pool", image: IMAGE, subscription });
    };
    const made = plan(build);
    expect(watchedBy(made)).toEqual(["cloud_run_job", "cloud_run_worker_pool"]);
    const { mosaicLayout } = JSON.parse(made.one("google_monitoring_dashboard")["dashboard_json"] as string) as {
      mosaicLayout: { tiles: { widget: { title?: string; xyChart?: { dataSets: object[] } } }[] };
    };
    const charts = new Map(mosaicLayout.tiles.map(({ widget }) => [widget.title, widget.xyChart?.dataSets.length]));
    expect(charts.get("duplicates replayed")).toBe(2);
    expect(charts.get("takeovers and fenced writes")).toBe(4);
    expect(charts.get("left of the lease, as a share, jobs")).toBe(1);
    expect(charts.get("left of the lease, as a share, worker pools")).toBe(1);
    expect([...charts.keys()].filter((title) => title?.includes("services and functions"))).toEqual([]);
  });

  it("tells whom the alarms of its handlers tell", () => {
    const made = plan((stack) => {
      const [one, two] = ["a@example.com", "b@example.com"].map(
        (address, at) => new NotificationChannel(stack, `Channel${at}`, { kind: "email", address }),
      ) as [NotificationChannel, NotificationChannel];
      service(stack, "Charge", [two]);
      service(stack, "Mail", [one, two]);
    });
    const [counted] = made.all("google_monitoring_alert_policy", {
      display_name: "web-dev: two different events have one key",
    });
    const [first, second] = ["b@example.com", "a@example.com"].map((email_address) =>
      made.address("google_monitoring_notification_channel", { labels: { email_address } }),
    );
    expect(counted!["notification_channels"]).toEqual([`\${${first}.name}`, `\${${second}.name}`]);
  });

  it.each([
    ["before", (stack: MillraceStack) => void [new HandlerCounters(stack, "Mine", { alarms: false }), service(stack)]],
    ["after", (stack: MillraceStack) => void [service(stack), new HandlerCounters(stack, "Mine", { alarms: false })]],
  ])("leaves it to counters that are made %s it", (_when, build) => {
    const made = plan(build);
    expect(made.addresses.filter((one) => one.includes("HandlerCounters"))).toEqual([]);
    expect(made.all("google_logging_metric")).toHaveLength(6);
    expect(watchedBy(made)).toEqual([]);
  });

  it.each<[string, Partial<MillraceStackProps>, number, boolean]>([
    ["nothing when it is told to", { counters: false }, 0, false],
    ["nothing when nobody would look", { alarms: false, dashboard: false }, 0, false],
    ["even then when it is told to", { alarms: false, dashboard: false, counters: true }, 6, false],
    ["for the dashboard alone", { alarms: false }, 6, false],
    ["for alarms alone", { dashboard: false }, 6, true],
  ])("counts %s", (_what, props, metrics, watched) => {
    const made = plan((stack) => void service(stack), props);
    expect(made.all("google_logging_metric")).toHaveLength(metrics);
    expect(made.all("time_sleep").length > 0).toBe(watched);
    expect(watchedBy(made)).toEqual(watched ? ["cloud_run_revision"] : []);
  });

  it("waits for no metric on a laptop", () => {
    const made = plan((stack) => void service(stack), { environment: "local" });
    expect(made.all("time_sleep")).toEqual([]);
    expect(watchedBy(made)).toEqual(["cloud_run_revision"]);
  });

  it("is rendered twice as once, and has nothing without a handler", () => {
    const stack = testStack();
    service(stack);
    expect(planOf(stack).text).toBe(planOf(stack).text);
    const none = plan((bare) => void new CloudRunService(bare, "Page", { image: IMAGE }));
    expect(ofCounters(none)).toEqual([]);
  });

  it("shares its project with another, and counts twice for nobody (MR1011)", () => {
    const app = testApp();
    const stacks = ["dev", "staging"].map((environment) => new MillraceStack(app, { ...STACK, environment }));
    for (const stack of stacks) service(stack);
    const names = stacks
      .flatMap((stack) => planOf(stack).all("google_logging_metric"))
      .map(({ name }) => name as string);
    expect(new Set(names).size).toBe(12);
    expect(codesOf((stack) => void ["A", "B"].map((id) => new HandlerCounters(stack, id)))).toEqual(
      Array.from({ length: 6 }, () => "MR1011"),
    );
  });
});
