import {
  BigQueryDataset,
  type BigQueryDatasetProps,
  BigQueryTable,
  type BigQueryTableProps,
  type MillraceStack,
  principal,
  pubsubColumns,
} from "../../../constructs";
import { codesOf, issuesOf, plan } from "../../support/synth";

const table =
  (props: Partial<BigQueryTableProps> = {}) =>
  (stack: MillraceStack) =>
    new BigQueryTable(stack, "Placed", {
      dataset: new BigQueryDataset(stack, "OrderEvents"),
      columns: pubsubColumns(),
      ...props,
    });

describe("a dataset", () => {
  it("is in the stack's region, has a legal id and no access list", () => {
    const dataset = plan((stack) => new BigQueryDataset(stack, "OrderEvents")).one("google_bigquery_dataset");
    expect(dataset).toMatchObject({
      dataset_id: "web_dev_order_events",
      location: "europe-west1",
      delete_contents_on_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
    expect(dataset["access"]).toBeUndefined();
  });

  it("says what it is told", () => {
    const props: BigQueryDatasetProps = {
      location: "EU",
      description: "orders",
      tableExpiration: "90d",
      partitionExpiration: "30d",
      timeTravel: "2d",
      storageBilling: "physical",
      deleteContents: true,
    };
    expect(plan((stack) => new BigQueryDataset(stack, "D", props)).one("google_bigquery_dataset")).toMatchObject({
      location: "EU",
      default_table_expiration_ms: 7_776_000_000,
      default_partition_expiration_ms: 2_592_000_000,
      max_time_travel_hours: "48",
      storage_billing_model: "PHYSICAL",
      delete_contents_on_destroy: true,
    });
  });

  it("grants reading and writing on itself alone", () => {
    const { all } = plan((stack) => {
      const dataset = new BigQueryDataset(stack, "D");
      dataset.grantRead(principal("group:readers@example.com"));
      dataset.grantWrite(principal("group:writers@example.com"));
      BigQueryDataset.fromExisting(stack, "E", "other.events").grantRead(principal("group:readers@example.com"));
    });
    expect(all("google_bigquery_dataset_iam_member").map(({ role, dataset_id }) => [role, dataset_id])).toEqual([
      ["roles/bigquery.dataViewer", expect.stringMatching(/^\$\{google_bigquery_dataset\./)],
      ["roles/bigquery.dataEditor", expect.stringMatching(/^\$\{google_bigquery_dataset\./)],
      ["roles/bigquery.dataViewer", "events"],
    ]);
  });

  it.each<[string, BigQueryDatasetProps]>([
    ["MR1804", { tableExpiration: "59m" }],
    ["MR1804", { timeTravel: "1d" }],
    ["MR1804", { timeTravel: "8d" }],
    ["MR1804", { timeTravel: "60h" }],
    ["MR1010", { name: "order events" }],
  ])("is refused with %s for %j", (code, props) => {
    expect(codesOf((stack) => new BigQueryDataset(stack, "D", props))).toEqual([code]);
  });

  it("made elsewhere needs its full name, whatever the form of the project's id", () => {
    expect(codesOf((stack) => BigQueryDataset.fromExisting(stack, "D", "events"))).toEqual(["MR1801"]);
    plan((stack) => {
      const { projectId, datasetId } = BigQueryDataset.fromExisting(stack, "D", "example.com:acme.events");
      expect([projectId, datasetId]).toEqual(["example.com:acme", "events"]);
    });
  });
});

describe("a table", () => {
  it("has its columns, its partitions and protection against being destroyed", () => {
    const { one, address } = plan(
      table({
        partition: { by: "publish_time", unit: "day", expiration: "400d", filterRequired: true },
        clusterBy: ["subscription_name"],
      }),
    );
    expect(one("google_bigquery_table")).toMatchObject({
      dataset_id: `\${${address("google_bigquery_dataset")}.dataset_id}`,
      table_id: "placed",
      schema: JSON.stringify(pubsubColumns()),
      time_partitioning: { type: "DAY", field: "publish_time", expiration_ms: 34_560_000_000 },
      require_partition_filter: true,
      clustering: ["subscription_name"],
      deletion_protection: true,
    });
  });

  it("may be destroyed where the stack allows it", () => {
    expect(plan(table(), { deletionProtection: false }).one("google_bigquery_table")["deletion_protection"]).toBe(
      false,
    );
  });

  it("is known by project, dataset and table, with dots", () => {
    plan((stack) => expect(table()(stack).name).toBe("acme-dev.web_dev_order_events.placed"));
  });

  it("grants reading, writing and describing on itself alone", () => {
    const { all } = plan((stack) => {
      const made = table()(stack);
      made.grantRead(principal("group:a@example.com"));
      const other = BigQueryTable.fromExisting(stack, "Other", "other.events.placed");
      other.grantWrite(principal("group:a@example.com"));
      other.grantDescribe(principal("group:a@example.com"));
    });
    expect(all("google_bigquery_table_iam_member")).toMatchObject([
      { role: "roles/bigquery.dataViewer", table_id: expect.stringMatching(/^\$\{google_bigquery_table\./) },
      { role: "roles/bigquery.dataEditor", project: "other", dataset_id: "events", table_id: "placed" },
      { role: "roles/bigquery.metadataViewer", project: "other", dataset_id: "events", table_id: "placed" },
    ]);
  });

  it.each<[string, Partial<BigQueryTableProps>]>([
    ["MR1802", { partition: { by: "time", unit: "day" } }],
    ["MR1802", { clusterBy: ["customer"] }],
    ["MR1803", { columns: [...pubsubColumns(), { name: "DATA", type: "STRING" }] }],
    ["MR1805", { clusterBy: ["data", "subscription_name", "message_id", "publish_time", "attributes"] }],
    ["MR1010", { name: "orders placed" }],
  ])("is %s for %j", (code, props) => {
    expect(codesOf(table(props))).toEqual([code]);
  });

  it.each(["placed", "events.placed", "acme:events.placed"])("made elsewhere needs its full name, not %s", (name) => {
    expect(codesOf((stack) => BigQueryTable.fromExisting(stack, "T", name))).toEqual(["MR1801"]);
  });

  it("has a name of its own within its dataset", () => {
    const twice = issuesOf((stack) => {
      const dataset = new BigQueryDataset(stack, "D");
      for (const id of ["A", "B"]) new BigQueryTable(stack, id, { dataset, name: "placed", columns: pubsubColumns() });
    });
    expect(twice).toMatchObject([{ code: "MR1011", got: "acme-dev.web_dev_d.placed" }]);
  });
});
