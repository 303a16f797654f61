import {
  Bucket,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  every,
  FirestoreDatabase,
  grantsOf,
  type IPipelineSource,
  type MillraceStack,
  principal,
  Topic,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
const rows = { name: "rows", writeTo: "bigquery" } as const;

const pipeline = (stack: MillraceStack, props: Partial<EventDrivenPipelineProps>) =>
  new EventDrivenPipeline(stack, "Orders", { consumers: [rows], ...props });

const codes = (build: (stack: MillraceStack) => void) => codesOf(build, { deletionProtection: false });
const SUBSCRIPTION = { name: "web-dev-rows" };

describe("a pipeline that starts from", () => {
  it("objects hears of them once its consumers are there", () => {
    const { one, address } = plan((stack) => pipeline(stack, { source: { bucket: new Bucket(stack, "In") } }));
    expect(one("google_storage_notification")).toMatchObject({
      topic: `\${${address("google_pubsub_topic", { name: "web-dev-orders-topic" })}.id}`,
      depends_on: expect.arrayContaining([address("google_pubsub_subscription", SUBSCRIPTION)]),
    });
  });

  it("audited calls has them published by a sink, and their log written", () => {
    const { one, address } = plan((stack) =>
      pipeline(stack, {
        source: {
          auditLog: {
            service: "storage.googleapis.com",
            method: "storage.objects.create",
            resourcePrefix: "projects/_/buckets/in/",
          },
        },
      }),
    );
    expect(one("google_logging_project_sink")).toMatchObject({
      name: "web-dev-orders-source",
      filter: expect.stringContaining('protoPayload.methodName = "storage.objects.create"'),
    });
    // No entry reaches the topic before its consumers and the log are there.
    const granted = one("google_pubsub_topic_iam_member", {
      member: `\${${address("google_logging_project_sink")}.writer_identity}`,
    });
    expect(granted["depends_on"]).toEqual(
      expect.arrayContaining([
        address("google_pubsub_subscription", SUBSCRIPTION),
        address("google_project_iam_audit_config"),
      ]),
    );
  });

  it("jobs of BigQuery hears of their completion", () => {
    const { one, resources } = plan((stack) => pipeline(stack, { source: { bigQueryJobs: { failures: true } } }));
    expect(one("google_logging_project_sink")["filter"]).toContain(
      '(protoPayload.serviceName = "bigquery.googleapis.com") AND (protoPayload.methodName = "jobservice.jobcompleted")',
    );
    expect(resources("google_project_iam_audit_config")).toEqual({});
  });

  it("the clock is published to by a job", () => {
    const { one, address } = plan((stack) =>
      pipeline(stack, {
        source: { schedule: every.minutes(5), timeZone: "Europe/Berlin", attributes: { kind: "beat" } },
      }),
    );
    expect(one("google_cloud_scheduler_job")).toMatchObject({
      schedule: "*/5 * * * *",
      time_zone: "Europe/Berlin",
      pubsub_target: { data: Buffer.from('{"scheduled":true}').toString("base64"), attributes: { kind: "beat" } },
      depends_on: expect.arrayContaining([address("google_pubsub_subscription", SUBSCRIPTION)]),
    });
  });

  it("several sources has each by its name", () => {
    const { addresses, one } = plan((stack) =>
      pipeline(stack, {
        sources: { Uploads: { bucket: new Bucket(stack, "In") }, Beat: { schedule: every.minutes(5) } },
      }),
    );
    expect(addresses.filter((one) => /^google_(storage_notification|cloud_scheduler)/.test(one))).toEqual([
      expect.stringMatching(/^google_cloud_scheduler_job\.Orders_Beat/),
      expect.stringMatching(/^google_storage_notification\.Orders_Uploads/),
    ]);
    expect(one("google_cloud_scheduler_job")["name"]).toBe("web-dev-orders-beat");
  });

  it("anything that binds itself gives it the topic and what to wait for", () => {
    const source: IPipelineSource = {
      bind: (scope, _id, { topic, dependsOn }) =>
        void topic.grantPublish(principal("group:partners@example.com"), { reason: scope.node.id, dependsOn }),
    };
    const { one, address } = plan((stack) => pipeline(stack, { source }));
    expect(one("google_pubsub_topic_iam_member", { member: "group:partners@example.com" })["depends_on"]).toContain(
      address("google_pubsub_subscription", SUBSCRIPTION),
    );
  });

  it("users of Firebase is refused, with what to do instead (MR1657)", () => {
    const issues = issuesOf((stack) => pipeline(stack, { source: { firebaseAuth: "user-created" } }));
    const [refused] = issues.filter(({ severity }) => severity === "error");
    expect(refused).toMatchObject({ code: "MR1657" });
    expect(refused!.fix).toMatch(/blocking function.*Gen1/s);
  });
});

describe("a pipeline that starts from documents", () => {
  const build = (stack: MillraceStack) => {
    const contract = testContract();
    return pipeline(stack, {
      source: { documents: { path: "orders/{order}", event: "created" } },
      consumers: [{ contract, runOn: "service", entry: "charge.handler.ts" }, rows],
      acknowledge: [{ code: "MR1664", reason: "a test" }],
    });
  };
  const handlersDir = handlersOf(testContract());
  const stack = testStack({ handlersDir });
  build(stack);
  const { one, address } = planOf(stack);
  const relay = { name: "web-dev-orders-source" };

  it("is told of them by a relay, which Eventarc calls and which publishes", () => {
    expect(one("google_eventarc_trigger")).toMatchObject({
      name: "web-dev-orders-source",
      destination: {
        cloud_run_service: {
          service: `\${${address("google_cloud_run_v2_service", relay)}.name}`,
          region: "europe-west1",
        },
      },
      matching_criteria: expect.arrayContaining([
        { attribute: "type", value: "google.cloud.firestore.document.v1.created" },
        { attribute: "document", value: "orders/{order}", operator: "match-path-pattern" },
      ]),
      depends_on: expect.arrayContaining([address("google_pubsub_subscription", SUBSCRIPTION)]),
    });
    const env = one("google_cloud_run_v2_service", relay)["template"].containers[0].env as object[];
    expect(env).toContainEqual({
      name: "MILLRACE_RELAY_TOPIC",
      value: "projects/acme-dev/topics/web-dev-orders-topic",
    });
  });

  it("lets the relay publish to the one topic, and do nothing else", () => {
    const [account] = Object.values(planOf(stack).resources("google_service_account")).filter(
      ({ account_id }) => account_id === "web-dev-orders-source",
    );
    expect(account).toBeDefined();
    const grants = grantsOf(stack).filter(({ principal }) => principal.includes("web-dev-orders-source@"));
    expect(grants.map(({ role, resource }) => [role, resource])).toEqual([
      ["roles/storage.objectViewer", "projects/_/buckets/acme-dev-web-dev-archives"],
      ["roles/pubsub.publisher", "projects/acme-dev/topics/web-dev-orders-topic"],
    ]);
  });

  it("says aloud that a day's outage of the relay loses events (MR1664)", () => {
    expect(
      codesOf((inner) => void pipeline(inner, { source: { documents: {} } }), { deletionProtection: false }),
    ).toEqual(["MR1664"]);
    expect(codesOf((inner) => void build(inner), { deletionProtection: false, handlersDir })).toEqual([]);
  });

  it("listens to the database it is given, where that is", () => {
    const { one } = plan((inner) => {
      const database = new FirestoreDatabase(inner, "Shop", { databaseId: "shop", location: "nam5" });
      pipeline(inner, { source: { documents: { database } } });
    });
    expect(one("google_eventarc_trigger")["location"]).toBe("us-central1");
  });
});

describe("a pipeline that starts from another one", () => {
  const charge = { contract: testContract({ publishes: ["charged"] }), runOn: "service", image } as const;
  const ship = { contract: testContract({ name: "ship" }), runOn: "service", image } as const;
  const payments = (stack: MillraceStack, props: Partial<EventDrivenPipelineProps> = {}) =>
    new EventDrivenPipeline(stack, "Payments", { consumers: [charge], ...props });
  const shipping = (stack: MillraceStack, from: EventDrivenPipeline, event = "charged") =>
    new EventDrivenPipeline(stack, "Shipping", { source: { pipeline: from, event }, consumers: [ship] });

  it("lets its publishers publish to its topic once it can take what they publish, and tells them the topic", () => {
    const stack = testStack();
    shipping(stack, payments(stack));
    const { one, address } = planOf(stack);
    const env = one("google_cloud_run_v2_service", { name: "web-dev-charge" })["template"].containers[0]
      .env as object[];
    expect(env).toContainEqual({
      name: "MILLRACE_TOPICS",
      value: "charged=projects/acme-dev/topics/web-dev-shipping-topic",
    });
    const granted = grantsOf(stack).filter(({ reasons }) => reasons.includes('publishes "charged"'));
    expect(granted.map(({ principal, resource }) => [principal, resource])).toEqual([
      [
        "serviceAccount:web-dev-charge@acme-dev.iam.gserviceaccount.com",
        "projects/acme-dev/topics/web-dev-shipping-topic",
      ],
    ]);
    const member = one("google_pubsub_topic_iam_member", {
      member: `serviceAccount:\${${address("google_service_account", { account_id: "web-dev-charge" })}.email}`,
      topic: `\${${address("google_pubsub_topic", { name: "web-dev-shipping-topic" })}.name}`,
    });
    expect(member["depends_on"]).toContain(address("google_pubsub_subscription", { name: "web-dev-ship" }));
  });

  it("knows what the other one publishes (MR1660)", () => {
    const issues = issuesOf((stack) => shipping(stack, payments(stack), "chargd"), { deletionProtection: false });
    expect(issues.filter(({ code }) => code === "MR1660")).toEqual([
      expect.objectContaining({ got: "chargd", want: "charged", path: "web-dev/Shipping" }),
    ]);
  });

  it("is not the only place an event can go to", () => {
    expect(
      codes((stack) => payments(stack, { consumers: [{ ...charge, publishTo: { charged: new Topic(stack, "T") } }] })),
    ).toEqual([]);
  });

  it("is missed where an event has no topic at all (MR1661)", () => {
    expect(codes((stack) => payments(stack))).toEqual(["MR1661"]);
  });

  it("is told of an event that a contract does not publish (MR1660)", () => {
    expect(
      codes((stack) => payments(stack, { consumers: [{ ...ship, publishTo: { shipped: new Topic(stack, "T") } }] })),
    ).toEqual(["MR1660"]);
  });

  it("shares an event's one topic with whoever else wants it (MR1662)", () => {
    const two = (stack: MillraceStack, topic?: Topic) => {
      const from = payments(stack, {
        consumers: [{ ...charge, publishTo: { charged: topic ?? new Topic(stack, "T") } }],
      });
      new EventDrivenPipeline(stack, "Shipping", {
        topic,
        source: { pipeline: from, event: "charged" },
        consumers: [ship],
      });
    };
    expect(codes((stack) => two(stack))).toEqual(["MR1662"]);
    expect(codes((stack) => two(stack, new Topic(stack, "Charged")))).toEqual([]);
  });

  it("calls its events by names that variables can be made of (MR1662)", () => {
    const odd = { ...charge, contract: testContract({ publishes: ["Order Charged"] }) };
    expect(codes((stack) => payments(stack, { consumers: [odd] }))).toEqual(["MR1662"]);
  });
});

describe("a consumer's transforms", () => {
  it("change messages before they are pushed", () => {
    const transforms = [{ functionName: "same", code: "function same(message) { return message; }" }];
    const { one } = plan((stack) =>
      pipeline(stack, { consumers: [{ contract: testContract(), runOn: "service", image, transforms }] }),
    );
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["message_transforms"]).toEqual([
      expect.objectContaining({ javascript_udf: expect.objectContaining({ function_name: "same" }) }),
    ]);
  });
});
