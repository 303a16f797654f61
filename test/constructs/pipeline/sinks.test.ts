import * as fc from "fast-check";
import {
  BigQueryTable,
  Bucket,
  type BucketSource,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  grantsOf,
  type MillraceStack,
  ServiceAccount,
  type SinkProps,
  Topic,
} from "../../../constructs";
import { testContract } from "../../support/handlers";
import { codesOf, plan, planOf, testStack } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
const charge = { contract: testContract(), runOn: "service", image } as const;
const rows: SinkProps = { name: "rows", writeTo: "bigquery" };
const files: SinkProps = { name: "files", writeTo: "cloud-storage" };

const pipeline = (stack: MillraceStack, props: Partial<EventDrivenPipelineProps> = {}) =>
  new EventDrivenPipeline(stack, "Orders", { consumers: [charge, rows, files], ...props });

describe("the sinks of a pipeline", () => {
  it("keep every event as it is, with its metadata, beside the handlers", () => {
    const { one, address } = plan((stack) => pipeline(stack));
    const topic = `\${${address("google_pubsub_topic", { name: "web-dev-orders-topic" })}.id}`;
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["topic"]).toBe(topic);
    expect(one("google_pubsub_subscription", { name: "web-dev-rows" })).toMatchObject({
      topic,
      bigquery_config: { write_metadata: true },
      dead_letter_policy: { max_delivery_attempts: 10 },
    });
    expect(one("google_pubsub_subscription", { name: "web-dev-files" })).toMatchObject({
      topic,
      cloud_storage_config: { avro_config: { write_metadata: true } },
      ack_deadline_seconds: 300,
    });
    expect(one("google_bigquery_dataset")["dataset_id"]).toBe("web_dev_rows");
    expect(one("google_storage_bucket")["name"]).toBe("acme-dev-web-dev-files");
  });

  it("have nothing wrong with them", () => {
    expect(codesOf((stack) => pipeline(stack), { deletionProtection: false })).toEqual([]);
  });

  it("are told what and where", () => {
    const { one, resources } = plan((stack) =>
      pipeline(stack, {
        consumers: [
          {
            ...rows,
            writeTo: "bigquery",
            table: BigQueryTable.fromExisting(stack, "T", "other.events.orders"),
            columnsFrom: "table",
            writeMetadata: false,
            filter: "attributes:paid",
          },
          {
            ...files,
            writeTo: "cloud-storage",
            bucket: Bucket.fromExisting(stack, "B", "keep"),
            maxDuration: "10m",
            filenamePrefix: "orders/",
            avro: { writeMetadata: false },
          },
        ],
      }),
    );
    expect(one("google_pubsub_subscription", { name: "web-dev-rows" })).toMatchObject({
      filter: "attributes:paid",
      bigquery_config: { table: "other.events.orders", use_table_schema: true, write_metadata: false },
    });
    expect(one("google_pubsub_subscription", { name: "web-dev-files" })).toMatchObject({
      ack_deadline_seconds: 600,
      cloud_storage_config: {
        bucket: "keep",
        max_duration: "600s",
        filename_prefix: "orders/",
        avro_config: { write_metadata: false },
      },
    });
    expect(resources("google_bigquery_table")).toEqual({});
  });

  it("and handlers encrypt dead letters as the events they come from", () => {
    const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/orders";
    const { all } = plan((stack) => pipeline(stack, { topic: new Topic(stack, "T", { encryption: { kmsKeyName } }) }));
    const keys = all("google_pubsub_topic").map(({ name, kms_key_name }) => [name, kms_key_name]);
    expect(keys).toHaveLength(4);
    expect(keys.filter(([, key]) => key !== kmsKeyName)).toEqual([]);
  });

  it("need names of their own", () => {
    const consumers = [charge, { ...rows, name: "charge" }];
    expect(codesOf((stack) => pipeline(stack, { consumers }), { deletionProtection: false })).toEqual(["MR1502"]);
  });

  it("can be all there is, and need no database then", () => {
    const { resources } = plan((stack) => expect(pipeline(stack, { consumers: [rows] }).store).toBeUndefined());
    expect(resources("google_firestore_database")).toEqual({});
  });

  it("have alarms that speak of dead letters, and of no pushes", () => {
    plan((stack) => {
      const { alarms, sinks } = pipeline(stack, { consumers: [rows] });
      expect(alarms.map(({ id }) => id)).toEqual(["DeadLetters", "DeadLetterAge", "BacklogAge"]);
      expect(Object.keys(sinks)).toEqual(["rows"]);
    });
  });

  it("are ready before anybody publishes", () => {
    const result = plan((stack) => pipeline(stack, { publishers: [new ServiceAccount(stack, "Shop")] }));
    const shop = result.address("google_service_account", { account_id: "web-dev-shop" });
    const publish = result
      .all("google_pubsub_topic_iam_member")
      .find(({ member }) => member === `serviceAccount:\${${shop}.email}`)!;
    for (const name of ["web-dev-rows", "web-dev-files", "web-dev-charge"])
      expect(publish["depends_on"]).toContain(result.address("google_pubsub_subscription", { name }));
  });
});

describe("a bucket as the source of a pipeline", () => {
  const source = (stack: MillraceStack, more: Partial<BucketSource> = {}): BucketSource => ({
    bucket: new Bucket(stack, "Uploads"),
    ...more,
  });

  it("publishes what happens in it once every consumer is ready", () => {
    const stack = testStack();
    pipeline(stack, { source: source(stack, { events: ["finalized"], prefix: "in/" }) });
    const { one, address } = planOf(stack);
    const notification = one("google_storage_notification");
    expect(notification).toMatchObject({
      topic: `\${${address("google_pubsub_topic", { name: "web-dev-orders-topic" })}.id}`,
      event_types: ["OBJECT_FINALIZE"],
      object_name_prefix: "in/",
    });
    for (const name of ["web-dev-rows", "web-dev-files", "web-dev-charge"])
      expect(notification["depends_on"]).toContain(address("google_pubsub_subscription", { name }));
    const publishers = grantsOf(stack).filter(({ resource }) => resource.endsWith("/topics/web-dev-orders-topic"));
    expect(publishers).toMatchObject([
      {
        principal: "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
        role: "roles/pubsub.publisher",
      },
    ]);
  });

  it("would be told of a circle", () => {
    const resource = { a: { x: { depends_on: ["b.y"] } }, b: { y: { name: "${a.x.id}" } } };
    expect(circleIn({ resource })).toBe("a.x");
    expect(circleIn({ resource: { ...resource, b: { y: {} } } })).toBeUndefined();
  });

  it("makes plans without circles, whatever consumes its events", () => {
    fc.assert(
      fc.property(
        fc.subarray([charge, rows, files], { minLength: 1 }),
        fc.boolean(),
        fc.boolean(),
        (consumers, withSource, withPublisher) => {
          const { json } = plan(
            (stack) =>
              pipeline(stack, {
                consumers,
                ...(withSource && { source: source(stack) }),
                ...(withPublisher && { publishers: [new ServiceAccount(stack, "Shop")] }),
              }),
            { deletionProtection: false },
          );
          expect(circleIn(json as Plan)).toBeUndefined();
        },
      ),
      { numRuns: 15 },
    );
  });
});

interface Plan {
  readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The first address that, by references and depends_on, waits for itself. */
function circleIn({ resource, data = {} }: Plan): string | undefined {
  const nodes = new Map<string, string>();
  for (const [prefix, types] of [["", resource] as const, ["data.", data] as const])
    for (const [type, byName] of Object.entries(types))
      for (const [name, attributes] of Object.entries(byName)) {
        const { "//": _path, ...rest } = attributes as Record<string, unknown>;
        nodes.set(`${prefix}${type}.${name}`, JSON.stringify(rest));
      }
  const edges = new Map([...nodes].map(([at, text]) => [at, [...nodes.keys()].filter((to) => mentions(text, to))]));
  const done = new Set<string>();
  const visit = (at: string, path: readonly string[]): string | undefined => {
    if (path.includes(at)) return at;
    if (done.has(at)) return undefined;
    const circle = edges
      .get(at)!
      .map((to) => visit(to, [...path, at]))
      .find(Boolean);
    done.add(at);
    return circle;
  };
  return [...nodes.keys()].map((at) => visit(at, [])).find(Boolean);
}

const mentions = (text: string, address: string) =>
  text.includes(`"${address}"`) || text.includes(`\${${address}.`) || text.includes(`\${${address}}`);
