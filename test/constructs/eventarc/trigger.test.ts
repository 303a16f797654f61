import {
  Bucket,
  CloudRunService,
  endpoint,
  EventarcTrigger,
  type EventarcTriggerProps,
  EVENTS,
  FirestoreDatabase,
  GoogleEventsEncryption,
  grantsOf,
  type MillraceStack,
  Topic,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
const service = (stack: MillraceStack) => new CloudRunService(stack, "Charge", { image, contract: testContract() });
const MAY_LOSE = [{ code: "MR1652", reason: "a preview can be made again" }] as const;

const trigger = (stack: MillraceStack, props: Partial<EventarcTriggerProps> & Pick<EventarcTriggerProps, "event">) =>
  new EventarcTrigger(stack, "Seen", { target: service(stack), acknowledge: MAY_LOSE, ...props });

/** What a trigger filters by, as Terraform will read it. */
const criteriaOf = (build: (stack: MillraceStack) => void) =>
  plan(build).one("google_eventarc_trigger")["matching_criteria"] as object[];

describe("the filter of a trigger", () => {
  it.each(["object-finalized", "object-deleted", "object-archived", "object-metadata-updated"] as const)(
    "of %s names the bucket, and the trigger is where the bucket is",
    (on) => {
      const { one, address } = plan((stack) =>
        trigger(stack, { event: { on, bucket: new Bucket(stack, "Uploads", { location: "EU" }) } }),
      );
      const bucket = `\${${address("google_storage_bucket")}.name}`;
      expect(one("google_eventarc_trigger")).toMatchObject({
        location: "eu",
        event_data_content_type: "application/json",
        matching_criteria: [
          { attribute: "type", value: EVENTS[on].type },
          { attribute: "bucket", value: bucket },
        ],
      });
      expect(one("google_eventarc_trigger")).not.toHaveProperty("transport");
    },
  );

  it("of messages is their type alone, and the topic is the transport", () => {
    const { one, address } = plan((stack) =>
      trigger(stack, { event: { on: "message-published", topic: new Topic(stack, "Orders") } }),
    );
    expect(one("google_eventarc_trigger")).toMatchObject({
      location: "europe-west1",
      matching_criteria: [{ attribute: "type", value: "google.cloud.pubsub.topic.v1.messagePublished" }],
      transport: { pubsub: { topic: `\${${address("google_pubsub_topic")}.id}` } },
    });
  });

  it("of audited calls names service and method, and matches the resource by a pattern only if it is one", () => {
    const audited = (resource: string) =>
      criteriaOf((stack) =>
        trigger(stack, {
          event: { on: "audit-log", service: "storage.googleapis.com", method: "storage.objects.create", resource },
        }),
      );
    const base = [
      { attribute: "type", value: "google.cloud.audit.log.v1.written" },
      { attribute: "serviceName", value: "storage.googleapis.com" },
      { attribute: "methodName", value: "storage.objects.create" },
    ];
    expect(audited("projects/_/buckets/in/objects/*")).toEqual([
      ...base,
      { attribute: "resourceName", value: "projects/_/buckets/in/objects/*", operator: "match-path-pattern" },
    ]);
    expect(audited("projects/_/buckets/in")).toEqual([
      ...base,
      { attribute: "resourceName", value: "projects/_/buckets/in" },
    ]);
  });

  it("of BigQuery's jobs is the audit log of their completion, heard of everywhere", () => {
    const { one, resources } = plan((stack) => trigger(stack, { event: { on: "bigquery-job-completed" } }));
    expect(one("google_eventarc_trigger")).toMatchObject({
      location: "global",
      matching_criteria: [
        { attribute: "type", value: "google.cloud.audit.log.v1.written" },
        { attribute: "serviceName", value: "bigquery.googleapis.com" },
        { attribute: "methodName", value: "jobservice.jobcompleted" },
      ],
    });
    // Google writes these logs whatever a project says.
    expect(resources("google_project_iam_audit_config")).toEqual({});
  });

  it("of documents names database and document, and their data is Protobuf", () => {
    const { one, address } = plan((stack) =>
      trigger(stack, {
        event: {
          on: "document-updated",
          database: new FirestoreDatabase(stack, "Store", { location: "eur3" }),
          document: "orders/{order}",
          authContext: true,
        },
      }),
    );
    expect(one("google_eventarc_trigger")).toMatchObject({
      // Eventarc has no multi-region for documents.
      location: "europe-west4",
      event_data_content_type: "application/protobuf",
      matching_criteria: [
        { attribute: "type", value: "google.cloud.firestore.document.v1.updated.withAuthContext" },
        { attribute: "database", value: `\${${address("google_firestore_database")}.name}` },
        { attribute: "document", value: "orders/{order}", operator: "match-path-pattern" },
      ],
    });
  });

  it("of a channel is its own, and the trigger is where the channel is", () => {
    const channel = "projects/acme-dev/locations/us-central1/channels/partner";
    const { one } = plan((stack) =>
      trigger(stack, { event: { on: "channel", channel, type: "partner.v1.done", attributes: { shop: "7" } } }),
    );
    expect(one("google_eventarc_trigger")).toMatchObject({
      location: "us-central1",
      channel,
      matching_criteria: [
        { attribute: "type", value: "partner.v1.done" },
        { attribute: "shop", value: "7" },
      ],
    });
  });

  it.each(Object.entries(EVENTS))("has every attribute that %s requires", (name, kind) => {
    const events = {
      object: (stack: MillraceStack) => ({ bucket: new Bucket(stack, "Uploads") }),
      document: () => ({}),
      message: (stack: MillraceStack) => ({ topic: new Topic(stack, "Orders") }),
      audit: () => ({ service: "storage.googleapis.com", method: "storage.objects.get" }),
    };
    const more = events[name.split("-")[0] as keyof typeof events];
    const found = criteriaOf((stack) =>
      trigger(stack, { event: { on: name, ...more(stack) } as EventarcTriggerProps["event"] }),
    );
    const needed = Object.entries(kind.attributes).flatMap(([attribute, { required }]) =>
      required ? [attribute] : [],
    );
    const attributes = found.map((one) => (one as { attribute: string }).attribute);
    expect(attributes).toEqual(expect.arrayContaining(["type", ...needed]));
  });
});

describe("the grants of a trigger", () => {
  const rolesOf = (build: (stack: MillraceStack) => void) => {
    const stack = testStack();
    build(stack);
    return grantsOf(stack).map(({ principal, role, resource }) => [
      principal.replace(/@.*/, "").replace("serviceAccount:", ""),
      role.replace("roles/", ""),
      resource.replace("projects/acme-dev", "p"),
    ]);
  };
  const identity = "web-dev-seen-event";

  it("let its identity receive events and call the one service, and Pub/Sub make its tokens", () => {
    const roles = rolesOf((stack) => trigger(stack, { event: { on: "document-written" }, name: "seen" }));
    expect(roles).toEqual(
      expect.arrayContaining([
        [identity, "eventarc.eventReceiver", "p"],
        [identity, "run.invoker", "p/locations/europe-west1/services/web-dev-charge"],
        [
          "service-123456789012",
          "iam.serviceAccountTokenCreator",
          `serviceAccounts/${identity}@acme-dev.iam.gserviceaccount.com`,
        ],
        ["service-123456789012", "eventarc.serviceAgent", "p"],
      ]),
    );
    expect(roles).toHaveLength(4);
  });

  it("leave out the receiver's role for messages, which do not need it", () => {
    const roles = rolesOf((stack) =>
      trigger(stack, { event: { on: "message-published", topic: new Topic(stack, "Orders") } }),
    );
    expect(roles.map(([, role]) => role)).not.toContain("eventarc.eventReceiver");
  });

  it("let Cloud Storage publish to the topic that Eventarc will make", () => {
    const roles = rolesOf((stack) =>
      trigger(stack, { event: { on: "object-finalized", bucket: new Bucket(stack, "Uploads") } }),
    );
    expect(roles).toContainEqual(["service-123456789012", "pubsub.publisher", "p"]);
  });

  it("exist before the trigger, and have had time to take effect", () => {
    const { one, address } = plan((stack) => trigger(stack, { event: { on: "document-written" } }));
    const before = one("google_eventarc_trigger")["depends_on"] as string[];
    expect(before).toEqual(
      expect.arrayContaining([
        address("time_sleep", { create_duration: "120s" }),
        address("google_project_iam_member", {
          role: "roles/eventarc.eventReceiver",
          member: one("google_project_iam_member", { role: "roles/eventarc.eventReceiver" })["member"] as string,
        }),
        address("google_cloud_run_v2_service_iam_member"),
      ]),
    );
  });
});

describe("a handler behind a trigger", () => {
  it("is told the trigger's identity and the addresses that its tokens may be for", () => {
    const contract = testContract();
    const { one } = plan(
      (stack) => {
        const target = new CloudRunService(stack, "Charge", {
          contract,
          entry: "charge.handler.ts",
          transports: ["cloudEvents"],
        });
        new EventarcTrigger(stack, "Seen", { event: { on: "document-written" }, target, acknowledge: MAY_LOSE });
      },
      { handlersDir: handlersOf(contract) },
    );
    const env = one("google_cloud_run_v2_service")["template"].containers[0].env as { name: string; value: string }[];
    const value = (name: string) => env.find((one) => one.name === name)?.value;
    expect(value("MILLRACE_CALLERS")).toMatch(/^web-dev-.*@acme-dev\.iam\.gserviceaccount\.com$/);
    expect(value("MILLRACE_AUDIENCE")).toBe(
      "https://web-dev-charge-123456789012.europe-west1.run.app,https://web-dev-charge-*",
    );
  });

  it("must have been packaged to understand CloudEvents", () => {
    const contract = testContract();
    const build = (stack: MillraceStack) => {
      const target = new CloudRunService(stack, "Charge", { contract, entry: "charge.handler.ts" });
      new EventarcTrigger(stack, "Seen", { event: { on: "document-written" }, target, acknowledge: MAY_LOSE });
    };
    expect(() => plan(build, { handlersDir: handlersOf(contract) })).toThrow(
      /MR1338 web-dev\/Charge: .* what Eventarc sends.* set transports: \["cloudEvents"\]/,
    );
  });

  it("keeps what the user has set", () => {
    const contract = testContract();
    const { text } = plan(
      (stack) => {
        const target = new CloudRunService(stack, "Charge", {
          contract,
          entry: "charge.handler.ts",
          transports: ["eventarc"],
          environment: { MILLRACE_CALLERS: "me@example.com" },
        });
        new EventarcTrigger(stack, "Seen", { event: { on: "document-written" }, target, acknowledge: MAY_LOSE });
      },
      { handlersDir: handlersOf(contract) },
    );
    expect(text).toContain('"value": "me@example.com"');
  });
});

describe("what is wrong with a trigger", () => {
  const codes = (build: (stack: MillraceStack) => void) => codesOf(build, { deletionProtection: false });
  const document = { on: "document-written" } as const;

  it("is nothing, once it is accepted that an event may be lost", () => {
    expect(codes((stack) => trigger(stack, { event: document }))).toEqual([]);
  });

  it("is said aloud where a dead letter would go nowhere, with the way that has one (MR1652)", () => {
    const [issue] = issuesOf((stack) =>
      trigger(stack, {
        event: { on: "object-finalized", bucket: new Bucket(stack, "Uploads") },
        acknowledge: [],
      }),
    );
    expect(issue).toMatchObject({ code: "MR1652", severity: "warning" });
    expect(issue!.fix).toMatch(/BucketNotification/);
  });

  it.each([
    ["documents outside a region", { event: document, location: "eur3" }],
    ["messages everywhere", { event: "message", location: "global" }],
    ["calls in a multi-region", { event: "audit", location: "eu" }],
    ["objects of a bucket that is nobody knows where", { event: "bucket" }],
    ["documents of a database that is nobody knows where", { event: "database" }],
  ] as [string, { event: string | EventarcTriggerProps["event"]; location?: string }][])(
    "is the place of %s (MR1650)",
    (_title, { event, location }) => {
      expect(
        codes((stack) => {
          const events = {
            message: () => ({ on: "message-published", topic: new Topic(stack, "Orders") }) as const,
            audit: () => ({ on: "audit-log", service: "a.googleapis.com", method: "m", log: "data-read" }) as const,
            bucket: () => ({ on: "object-deleted", bucket: Bucket.fromExisting(stack, "B", "theirs") }) as const,
            database: () =>
              ({
                ...document,
                database: FirestoreDatabase.fromExisting(stack, "D", "projects/acme-dev/databases/other"),
              }) as const,
          };
          trigger(stack, {
            event: typeof event === "string" ? events[event as keyof typeof events]() : event,
            location,
          });
        }),
      ).toEqual(["MR1650"]);
    },
  );

  it("is nothing where an existing bucket says where it is", () => {
    expect(
      codes((stack) =>
        trigger(stack, { event: { on: "object-deleted", bucket: Bucket.fromExisting(stack, "B", "theirs", "US") } }),
      ),
    ).toEqual([]);
  });

  it("is a place other than its bucket's (MR1651)", () => {
    const event = (stack: MillraceStack) => ({ on: "object-deleted", bucket: new Bucket(stack, "B") }) as const;
    expect(codes((stack) => trigger(stack, { event: event(stack), location: "us" }))).toEqual(["MR1651"]);
  });

  it("is a target that Eventarc cannot name (MR1653)", () => {
    expect(codes((stack) => trigger(stack, { event: document, target: endpoint("https://a.example.com") }))).toEqual([
      "MR1653",
    ]);
    const theirs = (stack: MillraceStack) =>
      CloudRunService.fromExisting(stack, "T", "projects/other/locations/europe-west1/services/s", "https://s.run.app");
    expect(codes((stack) => trigger(stack, { event: document, target: theirs(stack) }))).toEqual(["MR1653"]);
  });

  it("is a topic of another project (MR1655)", () => {
    const topic = (stack: MillraceStack) => Topic.fromExisting(stack, "T", "projects/other/topics/orders");
    expect(codes((stack) => trigger(stack, { event: { on: "message-published", topic: topic(stack) } }))).toEqual([
      "MR1655",
    ]);
  });

  it("is a workflow that gets an event once (MR1656)", () => {
    const target = (stack: MillraceStack) => ({
      workflow: "projects/acme-dev/locations/europe-west1/workflows/w",
      dependables: [],
      grantInvoke: (grantee: Parameters<Topic["grantPublish"]>[0]) => new Topic(stack, "X").grantPublish(grantee),
    });
    expect(codes((stack) => trigger(stack, { event: document, target: target(stack) }))).toEqual(["MR1656"]);
  });

  it.each(["orders", "orders/{order}/items", "orders//items", ""])(
    "is a pattern that no document matches: %j (MR1658)",
    (document) => {
      expect(codes((stack) => trigger(stack, { event: { on: "document-written", document } }))).toEqual(["MR1658"]);
    },
  );

  it.each(["orders/{order}", "orders/*", "shops/**", "{any=**}", "shops/7/orders/{order}"])(
    "is not a pattern like %j",
    (document) => {
      expect(codes((stack) => trigger(stack, { event: { on: "document-written", document } }))).toEqual([]);
    },
  );
});

describe("the key of Google's own events", () => {
  const encryption = { kmsKeyName: "projects/keys/locations/europe-west1/keyRings/r/cryptoKeys/k" };

  it("may be used by Eventarc's agent before it is named", () => {
    const stack = testStack();
    new GoogleEventsEncryption(stack, "Key", { encryption });
    const { one, address } = planOf(stack);
    expect(one("google_eventarc_google_channel_config")).toMatchObject({
      name: "projects/acme-dev/locations/europe-west1/googleChannelConfig",
      crypto_key_name: encryption.kmsKeyName,
      depends_on: expect.arrayContaining([address("google_kms_crypto_key_iam_member")]),
    });
    expect(grantsOf(stack).map(({ principal }) => principal)).toEqual([
      "serviceAccount:service-123456789012@gcp-sa-eventarc.iam.gserviceaccount.com",
    ]);
  });

  it("is one for a project and a location (MR1011)", () => {
    expect(
      codesOf((stack) => {
        new GoogleEventsEncryption(stack, "A", { encryption });
        new GoogleEventsEncryption(stack, "B", { encryption });
      }),
    ).toEqual(["MR1011"]);
  });
});
