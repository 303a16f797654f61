import {
  type Alarm,
  type AlarmCondition,
  AlertPolicy,
  NotificationChannel,
  renderMetric,
  Topic,
} from "../../../constructs";
import { codesOf, plan } from "../../support/synth";

const condition: AlarmCondition = {
  title: "too many",
  metric: {
    type: "pubsub.googleapis.com/topic/x",
    resourceType: "pubsub_topic",
    resourceLabels: { topic_id: "orders" },
  },
  aligner: "ALIGN_MAX",
  periodSeconds: 60,
  above: 3,
  forSeconds: 120,
};
const scarce = {
  title: "too few",
  metric: condition.metric,
  aligner: "ALIGN_DELTA",
  periodSeconds: 3_600,
  below: 1,
  forSeconds: 60,
} as const;
const alarm: Alarm = {
  id: "TooMany",
  title: "orders: too many",
  severity: "WARNING",
  conditions: [condition],
  runbook: "look",
};

describe("an alert policy", () => {
  it("carries the labels of the stack, which the provider does not set there", () => {
    const { one } = plan((stack) => new AlertPolicy(stack, "TooMany", { alarm }), { labels: { team: "edge" } });
    expect(one("google_monitoring_alert_policy")).toMatchObject({
      display_name: "orders: too many",
      severity: "WARNING",
      user_labels: { app: "web", environment: "dev", team: "edge" },
      conditions: [{ display_name: "too many", condition_threshold: { threshold_value: 3, duration: "120s" } }],
    });
  });

  it("keeps a literal ${ of its runbook from Terraform", () => {
    const runbook = "run `echo ${HOME}`";
    const { one } = plan((stack) => new AlertPolicy(stack, "A", { alarm: { ...alarm, runbook } }));
    expect(one("google_monitoring_alert_policy")["documentation"].content).toBe("run `echo $${HOME}`");
  });

  it("fires when something that should happen has not", () => {
    const { forSeconds: _, above: __, ...rest } = condition;
    const absent = { ...alarm, conditions: [{ ...rest, absentForSeconds: 7_200 }] };
    const { one } = plan((stack) => new AlertPolicy(stack, "A", { alarm: absent }));
    expect(one("google_monitoring_alert_policy")["conditions"]).toMatchObject([
      { condition_absent: { duration: "7200s", aggregations: [{ per_series_aligner: "ALIGN_MAX" }] } },
    ]);
  });

  it("fires at a line of the log, and says at most how often", () => {
    const logged = { ...alarm, conditions: [{ title: "failed", log: "severity>=ERROR" }] };
    const { one } = plan((stack) => new AlertPolicy(stack, "A", { alarm: logged }));
    expect(one("google_monitoring_alert_policy")).toMatchObject({
      conditions: [{ condition_matched_log: { filter: "severity>=ERROR" } }],
      alert_strategy: { notification_rate_limit: { period: "300s" } },
    });
  });

  it("links to the page that says more, where the documentation is served", () => {
    const paged = { ...alarm, page: "docs/monitoring.md#dead-letters" };
    const policy = (docsUrl?: string) =>
      plan((stack) => new AlertPolicy(stack, "A", { alarm: paged }), { docsUrl }).one("google_monitoring_alert_policy");
    expect(policy("https://docs.example.com/")["documentation"].links).toEqual([
      { display_name: "documentation", url: "https://docs.example.com/docs/monitoring.md#dead-letters" },
    ]);
    expect(policy()["documentation"].content).toContain("docs/monitoring.md#dead-letters");
    expect(policy()["documentation"]).not.toHaveProperty("links");
  });

  it.each<[string, Partial<Alarm>]>([
    ["no condition", { conditions: [] }],
    ["seven conditions", { conditions: Array.from({ length: 7 }, () => condition) }],
    ["a period below a minute", { conditions: [{ ...condition, periodSeconds: 30 }] }],
    [
      "a line of the log beside another condition",
      { conditions: [condition, { title: "failed", log: "severity>=ERROR" }] },
    ],
    [
      "an absence that is longer than Google is said to take",
      { conditions: [{ ...condition, absentForSeconds: 86_400 }] },
    ],
    ["a duration that is not in whole minutes", { conditions: [{ ...condition, forSeconds: 90 }] }],
    [
      "a metric too long to filter",
      { conditions: [{ ...condition, of: { ...condition.metric, type: "x".repeat(2_100) } }] },
    ],
    ["a period longer than 25 hours", { conditions: [{ ...condition, periodSeconds: 90_060 }] }],
    ["scarcity that would be noticed at once", { conditions: [{ ...scarce, forSeconds: 0 }] }],
    ["a title too long to show", { title: "x".repeat(600) }],
    ["a runbook too long to send", { runbook: "x".repeat(9_000) }],
  ])("reports %s", (_what, change) => {
    expect(codesOf((stack) => new AlertPolicy(stack, "A", { alarm: { ...alarm, ...change } }))).toEqual(["MR1701"]);
  });
});

describe("a metric", () => {
  it("names its type, its resource and the labels that matter", () => {
    expect(renderMetric({ ...condition.metric, metricLabels: { code: "5xx", kind: { not: "ack" } } })).toBe(
      'metric.type = "pubsub.googleapis.com/topic/x" AND resource.type = "pubsub_topic" AND resource.labels.topic_id = "orders" AND metric.labels.code = "5xx" AND metric.labels.kind != "ack"',
    );
  });
});

describe("a notification channel", () => {
  it("sends e-mail", () => {
    const { one } = plan(
      (stack) => new NotificationChannel(stack, "Ops", { kind: "email", address: "ops@example.com" }),
    );
    expect(one("google_monitoring_notification_channel")).toMatchObject({
      type: "email",
      labels: { email_address: "ops@example.com" },
    });
  });

  it("publishes to a topic that its agent may publish to", () => {
    const { one, address } = plan(
      (stack) => new NotificationChannel(stack, "Ops", { kind: "topic", topic: new Topic(stack, "Alerts") }),
    );
    expect(one("google_monitoring_notification_channel")).toMatchObject({
      type: "pubsub",
      labels: { topic: `\${${address("google_pubsub_topic")}.id}` },
      depends_on: expect.arrayContaining([address("google_pubsub_topic_iam_member")]),
    });
    expect(one("google_pubsub_topic_iam_member")["member"]).toBe(
      "serviceAccount:service-123456789012@gcp-sa-monitoring-notification.iam.gserviceaccount.com",
    );
  });

  it("made elsewhere is named in full", () => {
    const name = "projects/acme-dev/notificationChannels/123";
    const { one } = plan(
      (stack) => new AlertPolicy(stack, "A", { alarm, notify: [NotificationChannel.fromExisting(stack, "Ops", name)] }),
    );
    expect(one("google_monitoring_alert_policy")["notification_channels"]).toEqual([name]);
    expect(codesOf((stack) => NotificationChannel.fromExisting(stack, "Ops", "123"))).toEqual(["MR1703"]);
  });

  it("is reported when its address is none", () => {
    expect(codesOf((stack) => new NotificationChannel(stack, "Ops", { kind: "email", address: "ops" }))).toEqual([
      "MR1703",
    ]);
  });
});
