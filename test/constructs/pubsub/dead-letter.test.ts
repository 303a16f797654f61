import {
  BigQueryTable,
  Bucket,
  DeadLetteredSubscription,
  type DeadLetteredSubscriptionProps,
  DeadLetterTopic,
  endpoint,
  type MillraceStack,
  NotificationChannel,
  ServiceAccount,
  Topic,
} from "../../../constructs";
import { codesOf, plan } from "../../support/synth";

const build = (stack: MillraceStack, props: Partial<DeadLetteredSubscriptionProps> = {}) =>
  new DeadLetteredSubscription(stack, "Charge", { topic: new Topic(stack, "Orders"), ...props });

describe("a dead-lettered subscription", () => {
  it("keeps dead letters for 31 days in a subscription that never expires", () => {
    const { one, address } = plan((stack) => build(stack));
    const topic = address("google_pubsub_topic", { name: "web-dev-charge-dead-letter" });
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["dead_letter_policy"]).toEqual({
      dead_letter_topic: `\${${topic}.id}`,
      max_delivery_attempts: 10,
    });
    expect(one("google_pubsub_subscription", { name: "web-dev-charge-dead-letter" })).toMatchObject({
      topic: `\${${topic}.id}`,
      message_retention_duration: "2678400s",
      expiration_policy: { ttl: "" },
    });
  });

  it("exists only once its dead letters are kept: a handler may park the very first message", () => {
    const { one, address } = plan((stack) => build(stack));
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["depends_on"]).toContain(
      address("google_pubsub_subscription", { name: "web-dev-charge-dead-letter" }),
    );
  });

  it("waits for the archive of its dead letters too", () => {
    const { one, address } = plan((stack) => build(stack, { archive: { to: "cloud-storage" } }));
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["depends_on"]).toContain(
      address("google_pubsub_subscription", { name: "web-dev-charge-dead-letter-archive" }),
    );
  });

  it("finds nothing wrong with itself", () => {
    expect(codesOf((stack) => build(stack))).toEqual([]);
  });

  it("encrypts dead letters as the messages they come from", () => {
    const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/orders";
    const { one } = plan((stack) => build(stack, { topic: new Topic(stack, "T", { encryption: { kmsKeyName } }) }));
    const dead = one("google_pubsub_topic", { name: "web-dev-charge-dead-letter" });
    expect(dead["kms_key_name"]).toBe(kmsKeyName);
  });

  it("can share a dead-letter topic", () => {
    const { all } = plan((stack) => {
      const deadLetterTopic = new DeadLetterTopic(stack, "Dead");
      const topic = new Topic(stack, "Orders");
      for (const id of ["Charge", "Ship"]) new DeadLetteredSubscription(stack, id, { topic, deadLetterTopic });
    });
    expect(all("google_pubsub_topic").map(({ name }) => name)).toEqual(["web-dev-dead", "web-dev-orders"]);
    expect(all("google_pubsub_topic_iam_member")).toHaveLength(1);
    expect(all("google_pubsub_subscription_iam_member")).toHaveLength(2);
  });

  it("lets a handler park messages", () => {
    const { all } = plan((stack) => build(stack).grantPark(new ServiceAccount(stack, "Handler")));
    expect(all("google_pubsub_topic_iam_member").map(({ member }) => member)).toEqual(
      expect.arrayContaining([expect.stringMatching(/google_service_account\.Handler_\w+\.email/)]),
    );
  });

  it.each(["6d", "1d"] as const)("reports dead letters that are kept for %s only", (deadLetterRetention) => {
    expect(codesOf((stack) => build(stack, { deadLetterRetention }))).toEqual(["MR1131"]);
  });

  it("reports dead letters that do not outlast the messages they come from", () => {
    expect(codesOf((stack) => build(stack, { deadLetterRetention: "8d", retention: "9d" }))).toEqual(["MR1131"]);
  });
});

describe("the archive of dead letters", () => {
  it("is a bucket of Avro files with everything Pub/Sub knows of them", () => {
    const { one, address } = plan((stack) => build(stack, { archive: { to: "cloud-storage" } }));
    expect(one("google_pubsub_subscription", { name: "web-dev-charge-dead-letter-archive" })).toMatchObject({
      topic: `\${${address("google_pubsub_topic", { name: "web-dev-charge-dead-letter" })}.id}`,
      cloud_storage_config: {
        bucket: `\${${address("google_storage_bucket")}.name}`,
        avro_config: { write_metadata: true },
      },
      message_retention_duration: "2678400s",
    });
    expect(one("google_pubsub_subscription", { name: "web-dev-charge-dead-letter" })).toBeDefined();
  });

  it("is a table with a partition per day", () => {
    const { one } = plan((stack) => build(stack, { archive: { to: "bigquery" } }));
    expect(
      one("google_pubsub_subscription", { name: "web-dev-charge-dead-letter-archive" })["bigquery_config"],
    ).toMatchObject({ write_metadata: true });
    expect(one("google_bigquery_table")).toMatchObject({
      table_id: "messages",
      time_partitioning: { type: "DAY", field: "publish_time" },
    });
    expect(one("google_bigquery_dataset")["dataset_id"]).toBe("web_dev_charge_dead_letter");
  });

  it("can be a bucket or a table that is there already", () => {
    const { resources } = plan((stack) => {
      build(stack, { archive: { to: "cloud-storage", bucket: Bucket.fromExisting(stack, "B", "keep") } });
      const table = BigQueryTable.fromExisting(stack, "T", "other.dead.letters");
      new DeadLetterTopic(stack, "Shared", { archive: { to: "bigquery", table } });
    });
    expect([resources("google_storage_bucket"), resources("google_bigquery_table")]).toEqual([{}, {}]);
  });

  it("finds nothing wrong with itself", () => {
    for (const to of ["cloud-storage", "bigquery"] as const)
      expect(codesOf((stack) => build(stack, { archive: { to } }))).toEqual([]);
  });

  it("of a shared topic is said at the topic", () => {
    const share = (props: Partial<DeadLetteredSubscriptionProps>) =>
      codesOf((stack) => build(stack, { deadLetterTopic: new DeadLetterTopic(stack, "Dead"), ...props }));
    expect(share({ archive: { to: "bigquery" } })).toEqual(["MR1138"]);
    expect(share({ deadLetterRetention: "14d" })).toEqual(["MR1138"]);
    expect(share({})).toEqual([]);
  });
});

describe("the alarms of a dead-lettered subscription", () => {
  const watched = plan((stack) =>
    build(stack, {
      push: { target: endpoint("https://a.example.com") },
      notify: [new NotificationChannel(stack, "Ops", { kind: "email", address: "ops@example.com" })],
    }),
  );
  const policy = (displayName: string) =>
    watched.one("google_monitoring_alert_policy", { display_name: `charge: ${displayName}` });

  it("fire at the first dead letter, forwarded or parked", () => {
    const [forwarded, parked] = policy("dead letters")["conditions"];
    expect(policy("dead letters")).toMatchObject({ combiner: "OR", severity: "ERROR" });
    expect(forwarded.condition_threshold).toEqual({
      filter:
        'metric.type = "pubsub.googleapis.com/subscription/dead_letter_message_count" AND resource.type = "pubsub_subscription" AND resource.labels.subscription_id = "web-dev-charge"',
      aggregations: [
        { alignment_period: "300s", per_series_aligner: "ALIGN_DELTA", cross_series_reducer: "REDUCE_SUM" },
      ],
      comparison: "COMPARISON_GT",
      threshold_value: 0,
      duration: "0s",
    });
    expect(parked.condition_threshold).toMatchObject({
      filter: expect.stringContaining('subscription_id = "web-dev-charge-dead-letter"'),
      threshold_value: 0,
      duration: "0s",
    });
  });

  it("fire when messages wait too long and when pushes fail", () => {
    expect(policy("messages wait too long")["conditions"][0].condition_threshold).toMatchObject({
      threshold_value: 600,
      duration: "300s",
    });
    expect(policy("deliveries fail")["conditions"][0].condition_threshold).toMatchObject({
      filter: expect.stringContaining('metric.labels.response_class != "ack"'),
      denominator_filter: expect.not.stringContaining("response_class"),
      threshold_value: 0.05,
    });
  });

  it("tell the channels, and say what to do", () => {
    const channel = watched.address("google_monitoring_notification_channel");
    for (const policy of watched.all("google_monitoring_alert_policy")) {
      expect(policy["notification_channels"]).toEqual([`\${${channel}.name}`]);
      expect(policy["documentation"]).toMatchObject({ mime_type: "text/markdown", content: expect.any(String) });
    }
  });

  it("fire again when dead letters are forgotten, after a day or as told", () => {
    expect(policy("dead letters are forgotten")["conditions"][0].condition_threshold).toMatchObject({
      filter: expect.stringMatching(/oldest_unacked_message_age.*"web-dev-charge-dead-letter"/),
      threshold_value: 86_400,
    });
    const { one } = plan((stack) => build(stack, { deadLetterAge: "4h" }));
    const later = one("google_monitoring_alert_policy", { display_name: "charge: dead letters are forgotten" });
    expect(later["conditions"][0].condition_threshold.threshold_value).toBe(14_400);
  });

  it("watch no pushes where messages are pulled", () => {
    const { all } = plan((stack) => build(stack));
    expect(all("google_monitoring_alert_policy")).toHaveLength(3);
  });

  it("stay data when nobody wants policies", () => {
    const result = plan((stack) => {
      expect(build(stack, { alarms: false }).alarms.map(({ id }) => id)).toEqual([
        "DeadLetters",
        "DeadLetterAge",
        "BacklogAge",
      ]);
    });
    expect(result.all("google_monitoring_alert_policy")).toEqual([]);
  });
});
