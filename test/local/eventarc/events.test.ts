import { join } from "node:path";
import { Storage } from "@google-cloud/storage";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { decodeDocumentEvent } from "../../../runtime/transports";
import { NUMBER, outFolder, pipeline, PROJECT } from "../engine/fixture";
import { recorder, type Seen, seenIn } from "../engine/handler";

const STORAGE_AGENT = `serviceAccount:service-${NUMBER}@gs-project-accounts.iam.gserviceaccount.com`;
const RECEIVER = "serviceAccount:push-charge@demo-project.iam.gserviceaccount.com";

const out = outFolder();
const seenFile = join(out.root, "seen");

const trigger = (name: string, criteria: Record<string, string>, more: object = {}) => ({
  name,
  location: "europe-west1",
  service_account: "${google_service_account.push.email}",
  matching_criteria: Object.entries(criteria).map(([attribute, value]) => ({
    attribute,
    value,
    ...(/[*{]/.test(value) && { operator: "match-path-pattern" }),
  })),
  destination: { cloud_run_service: { service: "${google_cloud_run_v2_service.charge.name}", path: `/${name}` } },
  ...more,
});

const executed = { destination: { workflow: "${google_workflows_workflow.imports.id}" } };

/** The pipeline of the fixture, with everything that events come from. */
const plan = () =>
  pipeline((r) => {
    Object.assign(r.google_pubsub_topic!, { uploads: { name: "uploads" }, audited: { name: "audited" } });
    Object.assign(r.google_storage_bucket!, {
      incoming: { name: "incoming", location: "europe-west1" },
      far: { name: "far", location: "US" },
    });
    r.google_storage_notification = {
      n: {
        bucket: "${google_storage_bucket.incoming.name}",
        topic: "${google_pubsub_topic.uploads.id}",
        payload_format: "JSON_API_V1",
        event_types: ["OBJECT_FINALIZE", "OBJECT_DELETE"],
        object_name_prefix: "in/",
        custom_attributes: { team: "a" },
      },
    };
    r.google_pubsub_topic_iam_member!.uploads = {
      topic: "${google_pubsub_topic.uploads.id}",
      role: "roles/pubsub.publisher",
      member: STORAGE_AGENT,
    };
    r.google_pubsub_topic_iam_member!.audited = {
      topic: "${google_pubsub_topic.audited.id}",
      role: "roles/pubsub.publisher",
      member: "${google_logging_project_sink.created.writer_identity}",
    };
    r.google_pubsub_subscription!.uploads = { name: "uploads", topic: "${google_pubsub_topic.uploads.id}" };
    r.google_pubsub_subscription!.audited = { name: "audited", topic: "${google_pubsub_topic.audited.id}" };
    r.google_project_iam_member = {
      receive: { project: PROJECT, role: "roles/eventarc.eventReceiver", member: RECEIVER },
      publish: { project: PROJECT, role: "roles/pubsub.publisher", member: STORAGE_AGENT },
      start: { project: PROJECT, role: "roles/workflows.invoker", member: RECEIVER },
    };
    r.google_workflows_workflow = {
      imports: {
        name: "imports",
        region: "europe-west1",
        service_account: "${google_service_account.push.email}",
        source_contents: JSON.stringify({
          main: { params: ["event"], steps: [{ done: { return: "$${event.type}" } }] },
        }),
      },
    };
    r.google_logging_project_sink = {
      created: {
        name: "created",
        destination: "pubsub.googleapis.com/${google_pubsub_topic.audited.id}",
        filter: 'protoPayload.methodName = "storage.objects.create"',
        exclusions: [{ name: "robots", filter: 'protoPayload.authenticationInfo.principalEmail : "robot"' }],
      },
    };
    const object = "google.cloud.storage.object.v1";
    const document = "google.cloud.firestore.document.v1";
    r.google_eventarc_trigger = {
      finalized: trigger("finalized", { type: `${object}.finalized`, bucket: "incoming" }),
      // The bucket is elsewhere, so nothing is ever sent.
      far: trigger("far", { type: `${object}.finalized`, bucket: "far" }),
      written: trigger("written", { type: `${document}.written`, database: "records", document: "orders/{order}" }),
      updated: trigger("updated", { type: `${document}.updated`, database: "records" }),
      audited: trigger("audited", {
        type: "google.cloud.audit.log.v1.written",
        serviceName: "storage.googleapis.com",
        methodName: "storage.objects.create",
        resourceName: "projects/_/buckets/incoming/objects/*",
      }),
      message: trigger(
        "message",
        { type: "google.cloud.pubsub.topic.v1.messagePublished" },
        { transport: { pubsub: { topic: "${google_pubsub_topic.audited.id}" } } },
      ),
      partner: trigger("partner", { type: "partner.v1.done", shop: "7" }),
      imported: trigger("imported", { type: `${object}.finalized`, bucket: "incoming" }, executed),
      ordered: trigger("ordered", { type: `${document}.created`, database: "records" }, executed),
      heard: trigger(
        "heard",
        { type: "google.cloud.pubsub.topic.v1.messagePublished" },
        { ...executed, transport: { pubsub: { topic: "${google_pubsub_topic.audited.id}" } } },
      ),
    };
  });

let engine: Engine;
const warnings: string[] = [];
beforeAll(async () => {
  const outDir = out.write({ app: plan() }, recorder);
  const environment = () => ({ SEEN: seenFile });
  engine = await startEngine({ outDir, stateDir: join(out.root, "state"), stack: "app", ephemeral: true, environment });
  warnings.push(...engine.warnings.map(({ code, path }) => `${code} ${path}`));
});
afterAll(() => engine.stop());

const client = () =>
  new Storage({
    apiEndpoint: engine.endpoints.storage,
    projectId: PROJECT,
    retryOptions: { autoRetry: false, maxRetries: 0 },
    authClient: { getRequestHeaders: async () => new Headers(), request: fetch } as never,
  });

/** What a trigger's path has seen so far. */
const seenBy = async (path: string): Promise<Seen[]> => {
  expect(await engine.idle()).toBe(true);
  return seenIn(seenFile).filter(({ url }) => url.startsWith(`/${path}?`));
};
const eventOf = ({ headers }: Seen) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("ce-") || name === "content-type"));
const pulled = (name: string) => {
  const subscription = engine.pubsub.subscription(`projects/${PROJECT}/subscriptions/${name}`);
  const deliveries = subscription.take(100);
  subscription.acknowledge(deliveries.map(({ ackId }) => ackId));
  return deliveries.map(({ message }) => message);
};
const write = (name: string, fields: object | null) => {
  const database = `projects/${PROJECT}/databases/records`;
  const base = { name: `${database}/documents/${name}`, segments: name.split("/"), transforms: [] };
  engine.firestore.commit(database, [
    fields === null ? { ...base, kind: "delete", fields: {} } : { ...base, kind: "update", fields: fields as never },
  ]);
};

it("has nothing to say against the plan", () => {
  expect(warnings).toEqual([]);
});

describe("an object that is put into a bucket", () => {
  it("is told to the bucket's topic, with Google's attributes", async () => {
    await client().bucket("incoming").file("in/a.csv").save("1", { resumable: false, contentType: "text/csv" });
    await client().bucket("incoming").file("out/b.csv").save("2", { resumable: false });
    await client().bucket("incoming").file("in/a.csv").save("3", { resumable: false });
    const messages = pulled("uploads");
    expect(messages.map(({ attributes }) => [attributes["eventType"], attributes["objectId"]])).toEqual([
      ["OBJECT_FINALIZE", "in/a.csv"],
      ["OBJECT_FINALIZE", "in/a.csv"],
      ["OBJECT_DELETE", "in/a.csv"],
    ]);
    const [first, second, deleted] = messages;
    expect(first!.attributes).toEqual({
      team: "a",
      notificationConfig: expect.stringMatching(/^projects\/_\/buckets\/incoming\/notificationConfigs\/\d+$/),
      eventType: "OBJECT_FINALIZE",
      payloadFormat: "JSON_API_V1",
      bucketId: "incoming",
      objectId: "in/a.csv",
      objectGeneration: expect.stringMatching(/^\d+$/),
      eventTime: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(second!.attributes["overwroteGeneration"]).toBe(first!.attributes["objectGeneration"]);
    expect(deleted!.attributes["overwrittenByGeneration"]).toBe(second!.attributes["objectGeneration"]);
    expect(JSON.parse(first!.data.toString())).toMatchObject({
      kind: "storage#object",
      bucket: "incoming",
      name: "in/a.csv",
      contentType: "text/csv",
      size: "1",
      metageneration: "1",
    });
  });

  it("is an event for a trigger, in binary mode, with a token of the trigger's identity", async () => {
    await client().bucket("incoming").file("naïve 100%.txt").save("1", { resumable: false });
    const seen = (await seenBy("finalized")).at(-1)!;
    expect(seen.url).toBe("/finalized?__GCP_CloudEventsMode=CE_PUBSUB_BINDING");
    expect(eventOf(seen)).toEqual({
      "content-type": "application/json",
      "ce-id": expect.stringMatching(/^\d+$/),
      "ce-source": "//storage.googleapis.com/projects/_/buckets/incoming",
      "ce-specversion": "1.0",
      "ce-type": "google.cloud.storage.object.v1.finalized",
      "ce-subject": "objects/na%C3%AFve 100%25.txt",
      "ce-time": expect.stringMatching(/^\d{4}-.*Z$/),
      "ce-bucket": "incoming",
      "ce-dataschema": expect.stringContaining("storage/v1/data.proto"),
    });
    expect(JSON.parse(seen.body)).toMatchObject({ bucket: "incoming", name: "naïve 100%.txt", size: "1" });
    const claims = seen.headers["authorization"]!.split(".")[1]!;
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      email: RECEIVER.replace("serviceAccount:", ""),
      aud: expect.stringContaining("run.app"),
    });
  });

  it("is nothing to a trigger that is elsewhere", async () => {
    await client().bucket("far").file("a").save("1", { resumable: false });
    expect(await seenBy("far")).toEqual([]);
  });
});

describe("a document that is written", () => {
  it("is an event for those whose pattern it fits, as Protobuf with what was and what is", async () => {
    write("orders/7", { total: { integerValue: "3" }, name: { stringValue: "a" } });
    write("orders/7", { total: { integerValue: "4" }, name: { stringValue: "a" } });
    write("shops/1", { name: { stringValue: "b" } });
    write("orders/7", null);
    const seen = await seenBy("written");
    expect(seen.map(({ headers }) => headers["ce-document"])).toEqual(["orders/7", "orders/7", "orders/7"]);
    expect(eventOf(seen[1]!)).toEqual({
      "content-type": "application/protobuf",
      "ce-id": expect.stringMatching(/^\d+$/),
      "ce-source": "//firestore.googleapis.com/projects/demo-project/databases/records",
      "ce-specversion": "1.0",
      "ce-type": "google.cloud.firestore.document.v1.written",
      "ce-subject": "documents/orders/7",
      "ce-time": expect.stringMatching(/^\d{4}-.*Z$/),
      "ce-database": "records",
      "ce-namespace": "(default)",
      "ce-document": "orders/7",
      "ce-project": PROJECT,
      "ce-dataschema": expect.stringContaining("firestore/v1/data.proto"),
    });
    expect(new Set(seen.map(({ headers }) => headers["ce-id"])).size).toBe(3);
  });

  it("is an update only where something has changed", async () => {
    const before = (await seenBy("updated")).length;
    write("orders/8", { total: { integerValue: "3" } });
    write("orders/8", { total: { integerValue: "3" } });
    expect(await seenBy("updated")).toHaveLength(before);
    write("orders/8", { total: { integerValue: "5" } });
    expect(await seenBy("updated")).toHaveLength(before + 1);
  });

  it("whose name does not fit into a header comes as the message that carries it", async () => {
    write("orders/trailing ", { total: { integerValue: "3" } });
    const seen = (await seenBy("written")).at(-1)!;
    expect(seen.headers["ce-type"]).toBeUndefined();
    const { message } = JSON.parse(seen.body) as { message: { attributes: Record<string, string>; data: string } };
    expect(message.attributes).toMatchObject({
      "ce-document": "orders/trailing ",
      "ce-datacontenttype": "application/protobuf",
    });
    expect(decodeDocumentEvent(Buffer.from(message.data, "base64"))).toMatchObject({
      value: { name: expect.stringMatching(/orders\/trailing $/), fields: { total: { integerValue: "3" } } },
    });
  });
});

describe("a call that is told to the engine", () => {
  const protoPayload = {
    serviceName: "storage.googleapis.com",
    methodName: "storage.objects.create",
    resourceName: "projects/_/buckets/incoming/objects/a.csv",
    authenticationInfo: { principalEmail: "me@example.com" },
  };
  const tell = (entry: object) =>
    fetch(`${engine.endpoints.control}/emit`, { method: "POST", body: JSON.stringify({ logEntry: entry }) });

  it("is published by the sinks that let it through, and is an event for triggers", async () => {
    const reached = await (await tell({ protoPayload })).json();
    expect(reached).toEqual({
      sinks: [`projects/${PROJECT}/sinks/created`],
      triggers: [`projects/${PROJECT}/locations/europe-west1/triggers/audited`],
    });
    const [message] = pulled("audited");
    expect(message!.attributes).toEqual({ "logging.googleapis.com/timestamp": expect.stringMatching(/^\d{4}/) });
    expect(JSON.parse(message!.data.toString())).toMatchObject({
      protoPayload,
      logName: `projects/${PROJECT}/logs/cloudaudit.googleapis.com%2Fdata_access`,
    });
    const [seen] = await seenBy("audited");
    expect(eventOf(seen!)).toMatchObject({
      "ce-type": "google.cloud.audit.log.v1.written",
      "ce-source": `//cloudaudit.googleapis.com/projects/${PROJECT}/logs/data_access`,
      "ce-subject": "storage.googleapis.com/projects/_/buckets/incoming/objects/a.csv",
      "ce-servicename": "storage.googleapis.com",
      "ce-methodname": "storage.objects.create",
      "ce-resourcename": "projects/_/buckets/incoming/objects/a.csv",
    });
    expect(JSON.parse(seen!.body)).toMatchObject({ protoPayload });
  });

  it("is a message of the topic that is a trigger's transport, as Pub/Sub's own event", async () => {
    const [seen] = await seenBy("message");
    expect(eventOf(seen!)).toMatchObject({
      "content-type": "application/json",
      "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
      "ce-source": `//pubsub.googleapis.com/projects/${PROJECT}/topics/audited`,
    });
    expect(JSON.parse(seen!.body)).toMatchObject({
      message: { data: expect.any(String), messageId: seen!.headers["ce-id"] },
      subscription: expect.stringMatching(/subscriptions\/eventarc-europe-west1-message-sub-\d{3}$/),
    });
  });

  it.each([
    [
      "an exclusion leaves it out",
      { protoPayload: { ...protoPayload, authenticationInfo: { principalEmail: "robot" } } },
    ],
    ["the filter does not let it through", { protoPayload: { ...protoPayload, methodName: "storage.objects.get" } }],
    ["it is of another project", { logName: "projects/other/logs/x", protoPayload }],
  ])("reaches no sink where %s", async (_title, entry) => {
    expect(await (await tell(entry)).json()).toMatchObject({ sinks: [] });
  });

  it("of another place is nothing to a trigger of this one", async () => {
    const resource = { labels: { location: "us-central1" } };
    expect(await (await tell({ protoPayload, resource })).json()).toMatchObject({ triggers: [] });
  });

  it.each(["{", "[]", "{}", '{"event":{"type":"a"}}', '{"logEntry":7}'])("is refused when it is %s", async (body) => {
    const response = await fetch(`${engine.endpoints.control}/emit`, { method: "POST", body });
    expect(response.status).toBe(400);
  });

  it("may be a partner's event", async () => {
    const event = { type: "partner.v1.done", source: "//partner", attributes: { shop: "7" }, data: { a: 1 } };
    expect(engine.emit({ event }).triggers).toHaveLength(1);
    expect(engine.emit({ event: { ...event, attributes: { shop: "8" } } }).triggers).toEqual([]);
    const [seen] = await seenBy("partner");
    expect(eventOf(seen!)).toMatchObject({ "ce-type": "partner.v1.done", "ce-source": "//partner", "ce-shop": "7" });
    expect(seen!.body).toBe('{"a":1}');
  });
});

describe("a workflow is executed with the event for its argument", () => {
  const argumentsOf = async (type: string) => {
    expect(await engine.idle()).toBe(true);
    const executions = engine.workflows.list(`projects/${PROJECT}/locations/europe-west1/workflows/imports`);
    const done = executions.map(({ state, argument, result }) => ({ state, result, event: JSON.parse(argument) }));
    expect(done.filter(({ state, result, event }) => state !== "SUCCEEDED" || result !== `"${event.type}"`)).toEqual(
      [],
    );
    return done.map(({ event }) => event as Record<string, unknown>).filter((event) => event["type"] === type);
  };

  it("with an object as JSON", async () => {
    await client().bucket("incoming").file("flow.csv").save("1", { resumable: false });
    const [event] = await argumentsOf("google.cloud.storage.object.v1.finalized");
    expect(event).toMatchObject({
      source: "//storage.googleapis.com/projects/_/buckets/incoming",
      subject: "objects/flow.csv",
      bucket: "incoming",
      datacontenttype: "application/json",
      data: { bucket: "incoming", name: "flow.csv", size: "1" },
    });
  });

  it("with a document as Protobuf in base64", async () => {
    write("flows/1", { total: { integerValue: "3" } });
    const [event] = await argumentsOf("google.cloud.firestore.document.v1.created");
    expect(decodeDocumentEvent(Buffer.from(event!["data"] as string, "base64"))).toMatchObject({
      value: { fields: { total: { integerValue: "3" } } },
    });
  });

  it("with a message", async () => {
    engine.pubsub.publish(`projects/${PROJECT}/topics/audited`, [
      { data: Buffer.from("hello"), attributes: { a: "b" }, orderingKey: "" },
    ]);
    const [event] = await argumentsOf("google.cloud.pubsub.topic.v1.messagePublished");
    const data = Buffer.from("hello").toString("base64");
    expect(event).toMatchObject({ data: { message: { data, attributes: { a: "b" } } } });
  });
});

describe("without its grant", () => {
  const quiet = async (change: (resource: ReturnType<typeof plan>["resource"]) => void) => {
    const json = plan();
    change(json.resource);
    const outDir = out.write({ app: json }, recorder);
    const silent = await startEngine({ outDir, stateDir: join(out.root, "quiet"), stack: "app", ephemeral: true });
    try {
      silent.storage.insert("incoming", "in/a", Buffer.from("1"));
      const reached = silent.emit({
        logEntry: {
          protoPayload: {
            serviceName: "storage.googleapis.com",
            methodName: "storage.objects.create",
            resourceName: "projects/_/buckets/incoming/objects/a",
          },
        },
      });
      const uploads = silent.pubsub.subscription(`projects/${PROJECT}/subscriptions/uploads`).stats().unacked;
      const codes = silent.warnings.map(({ code }) => code);
      return { reached, uploads, codes };
    } finally {
      await silent.stop();
    }
  };

  it("nothing publishes and nobody receives, and the start says so", async () => {
    const { reached, uploads, codes } = await quiet((r) => {
      delete r.google_project_iam_member;
      delete r.google_pubsub_topic_iam_member!.uploads;
      delete r.google_pubsub_topic_iam_member!.audited;
    });
    expect(uploads).toBe(0);
    expect(reached).toEqual({ sinks: [], triggers: [] });
    expect(new Set(codes)).toEqual(new Set(["MR4033"]));
  });
});
