import {
  BigQueryDataset,
  BigQueryTable,
  type BigQueryProps,
  Bucket,
  type CloudStorageProps,
  DeadLetteredSubscription,
  endpoint,
  grantsOf,
  type MillraceStack,
  pubsubColumns,
  Schema,
  ServiceAccount,
  Subscription,
  type SubscriptionProps,
  Topic,
} from "../../../constructs";
import { codesOf, plan, planOf, testStack } from "../../support/synth";

const AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com";
const TABLE = "projects/acme-dev/datasets/web_dev_events/tables/placed";

const table = (stack: MillraceStack, columns = pubsubColumns()) =>
  new BigQueryTable(stack, "Placed", { dataset: new BigQueryDataset(stack, "Events"), columns });

const subscribe = (stack: MillraceStack, props: Partial<SubscriptionProps>) =>
  new Subscription(stack, "Keep", { topic: new Topic(stack, "Orders"), deadLetter: false, ...props });

const toTable =
  (props: Partial<BigQueryProps> = {}) =>
  (stack: MillraceStack) =>
    subscribe(stack, { bigQuery: { table: table(stack), ...props } });

const toFiles =
  (props: Partial<CloudStorageProps> = {}, more: Partial<SubscriptionProps> = {}) =>
  (stack: MillraceStack) =>
    subscribe(stack, { cloudStorage: { bucket: new Bucket(stack, "Files"), ...props }, ...more });

const rolesOf = (stack: MillraceStack, principal: string) =>
  grantsOf(stack)
    .filter((one) => one.principal === principal)
    .map(({ role, resource }) => [role, resource]);

describe("a subscription to BigQuery", () => {
  it("writes as Pub/Sub's agent, which may write to that table and to nothing else", () => {
    const stack = testStack();
    toTable({ writeMetadata: true })(stack);
    const { one, address, all } = planOf(stack);
    const [dataset, rows] = [address("google_bigquery_dataset"), address("google_bigquery_table")];
    expect(one("google_pubsub_subscription")["bigquery_config"]).toEqual({
      table: `acme-dev.\${${dataset}.dataset_id}.\${${rows}.table_id}`,
      write_metadata: true,
    });
    expect(rolesOf(stack, AGENT)).toEqual([
      ["roles/bigquery.dataEditor", TABLE],
      ["roles/bigquery.metadataViewer", TABLE],
    ]);
    expect(all("google_project_iam_member")).toEqual([]);
  });

  it("waits for both grants and for the API", () => {
    const result = plan(toTable());
    const wanted = [
      result.address("google_bigquery_table_iam_member", { role: "roles/bigquery.dataEditor" }),
      result.address("google_bigquery_table_iam_member", { role: "roles/bigquery.metadataViewer" }),
      result.address("google_project_service", { service: "bigquery.googleapis.com" }),
    ];
    expect(result.one("google_pubsub_subscription")["depends_on"]).toEqual(expect.arrayContaining(wanted));
  });

  it("can write as an account of one's own, whose tokens the agent may make", () => {
    const stack = testStack();
    const identity = new ServiceAccount(stack, "Writer");
    toTable({ identity })(stack);
    const { one, address } = planOf(stack);
    expect(one("google_pubsub_subscription")["bigquery_config"].service_account_email).toBe(
      `\${${address("google_service_account")}.email}`,
    );
    expect(rolesOf(stack, identity.principal).map(([role]) => role)).toEqual([
      "roles/bigquery.dataEditor",
      "roles/bigquery.metadataViewer",
    ]);
    expect(rolesOf(stack, AGENT)).toEqual([
      ["roles/iam.serviceAccountTokenCreator", `serviceAccounts/${identity.email}`],
    ]);
  });

  it("follows the topic's schema, or the table's columns, never both", () => {
    const { one } = plan((stack) => {
      const schema = new Schema(stack, "Order", {
        type: "avro",
        definition: '{"type":"record","name":"Order","fields":[]}',
      });
      const topic = new Topic(stack, "Orders", { schema: { schema } });
      const bigQuery = { table: table(stack, []), columnsFrom: "topic-schema", dropUnknownFields: true } as const;
      new Subscription(stack, "Keep", { topic, deadLetter: false, bigQuery });
    });
    expect(one("google_pubsub_subscription")["bigquery_config"]).toMatchObject({
      use_topic_schema: true,
      drop_unknown_fields: true,
    });
    expect(plan(toTable({ columnsFrom: "table" })).one("google_pubsub_subscription")["bigquery_config"]).toMatchObject({
      use_table_schema: true,
    });
  });

  it.each<[string, Partial<BigQueryProps>]>([
    ["MR1135", { columnsFrom: "topic-schema" }],
    ["MR1136", { dropUnknownFields: true }],
  ])("is %s for %j", (code, props) => {
    expect(codesOf(toTable(props))).toEqual([code]);
  });

  it("needs a table with the columns that Pub/Sub writes", () => {
    const to = (columns: ReturnType<typeof pubsubColumns>, props: Partial<BigQueryProps> = {}) =>
      codesOf((stack) => subscribe(stack, { bigQuery: { table: table(stack, columns), ...props } }));
    expect(to([{ name: "id", type: "STRING" }])).toEqual(["MR1137"]);
    expect(to([{ name: "Data", type: "STRING" }])).toEqual([]);
    expect(to([{ name: "data", type: "BYTES" }], { writeMetadata: true })).toEqual(["MR1137"]);
    expect(to(pubsubColumns(), { writeMetadata: true })).toEqual([]);
  });

  it("does not judge a table made elsewhere", () => {
    const build = (stack: MillraceStack) =>
      subscribe(stack, { bigQuery: { table: BigQueryTable.fromExisting(stack, "T", "other.events.placed") } });
    expect(codesOf(build)).toEqual([]);
    expect(plan(build).one("google_pubsub_subscription")["bigquery_config"].table).toBe("other.events.placed");
  });
});

describe("a subscription to Cloud Storage", () => {
  it("writes as Pub/Sub's agent, which may create objects in that bucket and read its settings", () => {
    const stack = testStack();
    toFiles({ avro: { writeMetadata: true }, filenamePrefix: "orders/", filenameSuffix: ".avro" })(stack);
    const { one, address } = planOf(stack);
    expect(one("google_pubsub_subscription")["cloud_storage_config"]).toEqual({
      bucket: `\${${address("google_storage_bucket")}.name}`,
      avro_config: { write_metadata: true },
      filename_prefix: "orders/",
      filename_suffix: ".avro",
      max_duration: "300s",
    });
    const bucket = "projects/_/buckets/acme-dev-web-dev-files";
    expect(rolesOf(stack, AGENT)).toEqual([
      ["roles/storage.legacyBucketReader", bucket],
      ["roles/storage.objectCreator", bucket],
    ]);
  });

  it("waits with its acknowledgements until a file can be finished", () => {
    const deadline = (maxDuration?: CloudStorageProps["maxDuration"]) =>
      plan(toFiles({ maxDuration })).one("google_pubsub_subscription")["ack_deadline_seconds"];
    expect(deadline()).toBe(300);
    expect(deadline("90s")).toBe(90);
  });

  it.each<[string, Partial<CloudStorageProps>, Partial<SubscriptionProps>]>([
    ["MR1133", { maxDuration: "5m" }, { ackDeadline: "60s" }],
    ["MR1134", { maxDuration: "30s" }, {}],
    ["MR1134", { maxDuration: "11m" }, {}],
    ["MR1134", { maxBytes: 999 }, {}],
    ["MR1134", { maxBytes: 11 * 1024 ** 3 }, {}],
    ["MR1134", { maxMessages: 999 }, {}],
    ["MR1134", { filenameSuffix: "a/" }, {}],
    ["MR1135", { avro: { useTopicSchema: true } }, {}],
  ])("is %s for %j", (code, props, more) => {
    expect(codesOf(toFiles(props, more))).toEqual([code]);
  });

  it("takes the bounds themselves", () => {
    expect(codesOf(toFiles({ maxDuration: "1m", maxBytes: 1_000, maxMessages: 1_000 }))).toEqual([]);
    expect(codesOf(toFiles({ maxDuration: "10m", maxBytes: 10 * 1024 ** 3 }))).toEqual([]);
  });

  it("takes the name of a bucket, not its URL", () => {
    expect(codesOf((stack) => Bucket.fromExisting(stack, "B", "gs://orders"))).toEqual(["MR1484"]);
  });
});

describe("subscriptions of every kind", () => {
  const kinds: readonly [string, (stack: MillraceStack) => Partial<SubscriptionProps>][] = [
    ["pulled", () => ({})],
    ["pushed", () => ({ push: { target: endpoint("https://a.example.com") } })],
    ["written to BigQuery", (stack) => ({ bigQuery: { table: table(stack) } })],
    ["written to Cloud Storage", (stack) => ({ cloudStorage: { bucket: new Bucket(stack, "Files") } })],
  ];

  it.each(kinds)("forward dead letters when %s, as the agent may", (_kind, props) => {
    const stack = testStack();
    new DeadLetteredSubscription(stack, "Keep", { topic: new Topic(stack, "Orders"), ...props(stack) });
    expect(rolesOf(stack, AGENT)).toEqual(
      expect.arrayContaining([
        ["roles/pubsub.publisher", "projects/acme-dev/topics/web-dev-keep-dead-letter"],
        ["roles/pubsub.subscriber", "projects/acme-dev/subscriptions/web-dev-keep"],
      ]),
    );
  });

  it.each(kinds.slice(1))("have no exactly-once delivery when %s", (_kind, props) => {
    const exactlyOnce = { exactlyOnce: true, ackDeadline: "300s" } as const;
    expect(codesOf((stack) => subscribe(stack, { ...props(stack), ...exactlyOnce }))).toEqual(["MR1119"]);
  });

  it("deliver in one way", () => {
    const two = (stack: MillraceStack) => ({ ...kinds[2]![1](stack), ...kinds[3]![1](stack) });
    expect(codesOf((stack) => subscribe(stack, two(stack)))).toEqual(["MR1132"]);
  });
});
