import {
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  customTemplate,
  DATAFLOW_TEMPLATES,
  DataflowJob,
  type DataflowJobProps,
  googleTemplate,
  grantsOf,
  type MillraceStack,
  pubsubColumns,
  Secret,
  Subscription,
  type TemplateUse,
  Topic,
} from "../../../constructs";
import { isCatalogued } from "../../../constructs/dataflow/template";
import { codesOf, plan, planOf, testStack } from "../../support/synth";

const SUBSCRIPTION = "projects/acme-dev/subscriptions/orders";
const TABLE = "acme-dev:orders.lines";
const network = { subnetwork: "regions/europe-west1/subnetworks/workers" };

const udf = { javascriptTextTransformGcsPath: "gs://code/udf.js", javascriptTextTransformFunctionName: "clean" };
const given = { inputSubscription: SUBSCRIPTION, outputTableSpec: TABLE, outputDeadletterTable: TABLE, ...udf };
const classic = googleTemplate("PubSub_Subscription_to_BigQuery", given);
const flex = googleTemplate("PubSub_to_BigQuery_Flex", given, { version: "2026-11-03-00_RC00" });

const job = (stack: MillraceStack, props: Partial<DataflowJobProps> = {}) =>
  new DataflowJob(stack, "Lines", { template: classic, network, ...props });
const codes = (props: Partial<DataflowJobProps>) => codesOf((stack) => job(stack, props));
/** As a program in JavaScript may call it. */
const loose = (name: string, parameters: object): TemplateUse =>
  (googleTemplate as (name: string, parameters: object) => TemplateUse)(name, parameters);

describe("a job of a classic template", () => {
  it("runs as its own identity, in private, on few workers, and is drained when it ends", () => {
    const { one, address } = plan((stack) => job(stack));
    expect(one("google_dataflow_job")).toMatchObject({
      name: "web-dev-lines",
      region: "europe-west1",
      template_gcs_path: "gs://dataflow-templates-europe-west1/latest/PubSub_Subscription_to_BigQuery",
      temp_gcs_location: `gs://\${${address("google_storage_bucket")}.name}/temp`,
      parameters: { inputSubscription: SUBSCRIPTION, outputTableSpec: TABLE },
      service_account_email: `\${${address("google_service_account")}.email}`,
      ip_configuration: "WORKER_IP_PRIVATE",
      subnetwork: network.subnetwork,
      max_workers: 3,
      enable_streaming_engine: true,
      on_delete: "drain",
    });
    expect(one("google_dataflow_job")).not.toHaveProperty("zone");
  });

  it("waits for its interfaces to be enabled and for everything that it is granted", () => {
    const { one, address, addresses } = plan((stack) => job(stack));
    const { depends_on: waits } = one("google_dataflow_job") as { depends_on: string[] };
    const needed = addresses.filter((one) => /_iam_member\./.test(one));
    expect(waits).toEqual(expect.arrayContaining(needed));
    for (const service of ["dataflow", "compute"])
      expect(waits).toContain(address("google_project_service", { service: `${service}.googleapis.com` }));
  });
});

describe("a job of a Flex template", () => {
  it("is a resource of the beta provider, of a pinned release", () => {
    const { one } = plan((stack) =>
      job(stack, { template: flex, workers: { initial: 2, max: 5, machineType: "n1-standard-2" } }),
    );
    expect(one("google_dataflow_flex_template_job")).toMatchObject({
      provider: "google-beta",
      container_spec_gcs_path: "gs://dataflow-templates-europe-west1/2026-11-03-00_RC00/flex/PubSub_to_BigQuery_Flex",
      num_workers: 2,
      max_workers: 5,
      machine_type: "n1-standard-2",
      on_delete: "drain",
    });
  });
});

describe("a job's parameters", () => {
  it("take constructs, and give the worker what it needs for each and nothing else", () => {
    const stack = testStack();
    const topic = new Topic(stack, "Orders");
    const dataset = new BigQueryDataset(stack, "Set");
    const table = new BigQueryTable(stack, "Table", { dataset, columns: pubsubColumns() });
    const files = new Bucket(stack, "Files");
    const { serviceAccount } = job(stack, {
      template: customTemplate({
        path: "gs://templates/own",
        form: "classic",
        parameters: {
          from: new Subscription(stack, "Input", { topic, deadLetter: false }),
          to: topic,
          table,
          dataset,
          code: { bucket: files, path: "udf.js" },
          out: { bucket: files, path: "out/" },
          token: { secret: new Secret(stack, "Token"), version: "1" },
          limit: 3,
          strict: true,
          mode: "fast",
        },
      }),
    });
    const { one } = planOf(stack);
    expect(one("google_dataflow_job").parameters).toEqual({
      from: "projects/acme-dev/subscriptions/web-dev-input",
      to: "projects/acme-dev/topics/web-dev-orders",
      table: "acme-dev:web_dev_set.table",
      dataset: "web_dev_set",
      code: "gs://acme-dev-web-dev-files/udf.js",
      out: "gs://acme-dev-web-dev-files/out/",
      token: "projects/acme-dev/secrets/web-dev-token/versions/1",
      limit: "3",
      strict: "true",
      mode: "fast",
    });
    const own = grantsOf(stack).filter(({ principal }) => principal === serviceAccount.principal);
    expect(own.map(({ role, resource }) => `${role} on ${resource.split("/").slice(-2).join("/")}`).sort()).toEqual([
      "roles/bigquery.dataEditor on datasets/web_dev_set",
      "roles/bigquery.dataEditor on tables/table",
      "roles/dataflow.worker on projects/acme-dev",
      "roles/pubsub.publisher on topics/web-dev-orders",
      "roles/pubsub.subscriber on subscriptions/web-dev-input",
      "roles/pubsub.viewer on subscriptions/web-dev-input",
      "roles/secretmanager.secretAccessor on secrets/web-dev-token",
      "roles/storage.objectUser on buckets/acme-dev-web-dev-files",
      "roles/storage.objectUser on buckets/acme-dev-web-dev-lines-temporary",
      "roles/storage.objectViewer on buckets/acme-dev-web-dev-files",
    ]);
  });

  it.each([
    ["MR1751", loose("PubSub_Subscription_to_BigQwery", {})],
    ["MR1752", loose("PubSub_Subscription_to_BigQuery", { ...given, outputTabelSpec: TABLE })],
    ["MR1753", loose("PubSub_Subscription_to_BigQuery", { ...given, inputSubscription: undefined })],
    ["MR1753", googleTemplate("PubSub_to_BigQuery_Flex", { ...given, inputTopic: "projects/p/topics/t" })],
    ["MR1753", googleTemplate("PubSub_to_BigQuery_Flex", { ...given, inputSubscription: undefined })],
    ["MR1753", googleTemplate("PubSub_to_BigQuery_Flex", { ...given, useStorageWriteApi: true })],
    [
      "MR1754",
      googleTemplate("PubSub_Subscription_to_BigQuery", { ...given, outputTableSpec: "acme-dev.orders.lines" }),
    ],
    ["MR1754", googleTemplate("PubSub_Subscription_to_BigQuery", { ...given, inputSubscription: "orders" })],
    [
      "MR1754",
      loose("PubSub_Subscription_to_BigQuery", { ...given, javascriptTextTransformReloadIntervalMinutes: -1 }),
    ],
    ["MR1754", loose("PubSub_to_BigQuery_Auto", { ...given, writeDisposition: "APPEND" })],
    [
      "MR1755",
      googleTemplate("PubSub_to_Kafka", {
        inputTopic: "projects/p/topics/t",
        outputTopic: "o",
        outputDeadLetterTopic: "projects/p/topics/d",
      }),
    ],
    [
      "MR1757",
      googleTemplate("PubSub_Subscription_to_BigQuery", {
        inputSubscription: SUBSCRIPTION,
        outputTableSpec: TABLE,
        outputDeadletterTable: TABLE,
      }),
    ],
    [
      "MR1758",
      googleTemplate("PubSub_Subscription_to_BigQuery", {
        inputSubscription: SUBSCRIPTION,
        outputTableSpec: TABLE,
        ...udf,
      }),
    ],
    ["MR1759", customTemplate({ path: "gs://t/own", form: "flex", parameters: { maxNumWorkers: 3 } })],
  ])("that will not do are %s", (code, template) => {
    expect(codes({ template })).toContain(code);
  });

  it("of one that fails to be written are MR1754 for a folder without its slash", () => {
    const template = (stack: MillraceStack) =>
      googleTemplate("Cloud_PubSub_to_Avro_Flex", {
        inputSubscription: SUBSCRIPTION,
        outputDirectory: { bucket: new Bucket(stack, "Out"), path: "orders" },
        avroTempDirectory: "gs://bucket/temp/",
      });
    expect(codesOf((stack) => job(stack, { template: template(stack) }))).toContain("MR1754");
  });

  it("warn of a subscription that delivers exactly once", () => {
    const found = codesOf((stack) => {
      const topic = new Topic(stack, "Orders");
      const inputSubscription = new Subscription(stack, "Input", { topic, deadLetter: false, exactlyOnce: true });
      job(stack, { template: googleTemplate("PubSub_Subscription_to_BigQuery", { ...given, inputSubscription }) });
    });
    expect(found).toContain("MR1756");
  });
});

describe("a job's settings", () => {
  const batch = googleTemplate("GCS_Text_to_Cloud_PubSub", {
    inputFilePattern: "gs://b/*.txt",
    outputTopic: "projects/p/topics/t",
  });

  it.each<[string, Partial<DataflowJobProps>]>([
    ["MR1760", { workers: { max: 0 } }],
    ["MR1760", { workers: { max: 1_001 } }],
    ["MR1760", { template: flex, workers: { initial: 4, max: 2 } }],
    ["MR1760", { workers: { initial: 1 } }],
    ["MR1761", { workers: { max: 21 } }],
    ["MR1762", { network: {} }],
    ["MR1763", { network: { subnetwork: "workers" } }],
    ["MR1764", { workers: { machineType: "e2-small" } }],
    ["MR1765", { template: batch, updateStrategy: "parallel" }],
    ["MR1765", { template: batch, onDelete: "drain" }],
    ["MR1765", { template: batch, renamedSteps: { a: "b" } }],
    ["MR1765", { template: batch, workers: { streamingEngine: true } }],
    ["MR1766", { template: batch }],
    ["MR1767", { onDelete: "cancel" }],
    ["MR1768", { renamedSteps: { a: "b" }, updateStrategy: "parallel" }],
  ])("are %s for %j", (code, props) => {
    expect(codes(props)).toContain(code);
  });

  it("are nothing to be said of when they will do", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ template: flex, workers: { initial: 1, max: 20 }, network: { publicAddresses: true } })).toEqual([]);
  });
});

describe("the catalogue", () => {
  it("holds what a name says it holds", () => {
    expect(isCatalogued("PubSub_Subscription_to_BigQuery")).toBe(true);
    expect(isCatalogued("toString")).toBe(false);
    const entries = Object.values(DATAFLOW_TEMPLATES).map(({ mode, parameters }) => [
      mode,
      Object.keys(parameters).length,
    ]);
    expect(entries.filter(([, count]) => count === 0)).toEqual([]);
    expect(entries.filter(([mode]) => mode === "streaming").length).toBeGreaterThanOrEqual(20);
  });

  it("takes no credential in plain text, which would stand in the state", () => {
    const names = Object.values(DATAFLOW_TEMPLATES).flatMap(({ parameters }) => Object.keys(parameters));
    expect(names.filter((name) => /^(token|apiKey|password)$/i.test(name))).toEqual([]);
    const { tokenSource } = DATAFLOW_TEMPLATES.Cloud_PubSub_to_Splunk.parameters;
    expect(tokenSource.choices).not.toContain("PLAINTEXT");
  });
});
