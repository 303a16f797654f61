import {
  BigQueryDataset,
  BigQueryTable,
  DataflowStreamingJob,
  type DataflowStreamingJobProps,
  EventDrivenPipeline,
  googleTemplate,
  type MillraceStack,
  pubsubColumns,
  streamingJob,
  type StreamingInput,
  Topic,
} from "../../../constructs";
import { codesOf, plan } from "../../support/synth";

/** Rows of orders, cleaned by a function of ours. */
const cleaned = (stack: MillraceStack) => {
  const dataset = new BigQueryDataset(stack, "Set");
  const table = new BigQueryTable(stack, "Lines Table", { dataset, columns: pubsubColumns() });
  return ({ subscription, failedRows }: StreamingInput) =>
    googleTemplate("PubSub_Subscription_to_BigQuery", {
      inputSubscription: subscription,
      outputTableSpec: table,
      outputDeadletterTable: failedRows(dataset),
      javascriptTextTransformGcsPath: "gs://code/udf.js",
      javascriptTextTransformFunctionName: "clean",
    });
};

const network = { publicAddresses: true };
const job = (stack: MillraceStack, props: Partial<DataflowStreamingJobProps> = {}) =>
  new DataflowStreamingJob(stack, "Lines", {
    topic: new Topic(stack, "Orders"),
    template: cleaned(stack),
    network,
    ...props,
  });

describe("a streaming job", () => {
  it("reads a subscription of its own that keeps messages while no job runs, and never expires", () => {
    const { one } = plan((stack) => job(stack, { filter: "attributes:kind" }));
    expect(one("google_pubsub_subscription")).toMatchObject({
      name: "web-dev-lines",
      message_retention_duration: "604800s",
      expiration_policy: { ttl: "" },
      filter: "attributes:kind",
    });
    expect(one("google_pubsub_subscription")).not.toHaveProperty("dead_letter_policy");
    expect(one("google_dataflow_job").parameters).toMatchObject({
      inputSubscription: "projects/acme-dev/subscriptions/web-dev-lines",
      outputDeadletterTable: "acme-dev:web_dev_set.lines_failed",
    });
  });

  it("keeps what its template cannot write in a table of the columns it wants", () => {
    const { one } = plan((stack) => expect(job(stack).failedRows?.name).toBe("acme-dev.web_dev_set.lines_failed"));
    const { schema } = one("google_bigquery_table", { table_id: "lines_failed" }) as { schema: string };
    const columns = JSON.parse(schema) as { name: string }[];
    expect(columns.map(({ name }) => name)).toEqual([
      "timestamp",
      "payloadString",
      "payloadBytes",
      "attributes",
      "errorMessage",
      "stacktrace",
    ]);
  });

  it("tells when it has failed, falls behind, or leaves messages lying", () => {
    const { all } = plan((stack) => expect(job(stack).alarms).toHaveLength(3));
    expect(
      all("google_monitoring_alert_policy")
        .map(({ display_name }) => display_name as string)
        .sort(),
    ).toEqual(["lines: the job falls behind", "lines: the job has failed", "web-dev-lines: messages wait too long"]);
    expect(plan((stack) => job(stack, { alarms: false })).all("google_monitoring_alert_policy")).toEqual([]);
  });

  it("can have dead letters of Pub/Sub too, with a warning", () => {
    const build = (stack: MillraceStack) => job(stack, { maxDeliveryAttempts: 50 });
    expect(plan(build).one("google_pubsub_subscription", { name: "web-dev-lines" })).toMatchObject({
      dead_letter_policy: { max_delivery_attempts: 50 },
    });
    expect(codesOf(build)).toContain("MR1770");
    expect(codesOf((stack) => job(stack))).toEqual([]);
  });

  it("is refused a template that ends", () => {
    const template = () =>
      googleTemplate("GCS_Text_to_Cloud_PubSub", { inputFilePattern: "gs://b/*", outputTopic: "projects/p/topics/t" });
    expect(codesOf((stack) => job(stack, { template }))).toContain("MR1771");
  });

  it("is a consumer of a pipeline, and publishers wait for it", () => {
    const { one, address } = plan((stack) => {
      const consumer = streamingJob({ name: "lines", template: cleaned(stack), network });
      const pipeline = new EventDrivenPipeline(stack, "Events", { consumers: [consumer] });
      pipeline.grantPublish({ member: "group:a@example.com", principal: "group:a@example.com", granteeId: "a" });
      expect(pipeline.alarms).toHaveLength(3);
    });
    const { depends_on: waits } = one("google_pubsub_topic_iam_member", { member: "group:a@example.com" });
    expect(waits).toContain(address("google_dataflow_job"));
  });
});
