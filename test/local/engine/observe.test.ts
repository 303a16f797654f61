import * as fc from "fast-check";
import { adapters, completeByAdapter } from "../../../local/engine/adapters";
import { type Live, readerOf } from "../../../local/engine/adapters/adapter";
import { type Draft, emptyDraft } from "../../../local/engine/draft";
import type { SubscriptionConfig, TopicConfig } from "../../../local/engine/pubsub";
import type { RunJobConfig } from "../../../local/engine/jobs";
import type { JobConfig } from "../../../local/engine/scheduler";
import type { BucketConfig, StoredObject } from "../../../local/engine/storage";
import type { QueueConfig } from "../../../local/engine/tasks";
import type { WorkflowConfig } from "../../../local/engine/workflows";
import type { PlannedResource, ResourceConfig } from "../../../local/plan/plan";
import type { Attributes } from "../../../local/plan/values";
import { PROJECT } from "./fixture";

const context = { projectNumber: () => "1", report: () => {} };

function planned(type: string, config: Attributes): PlannedResource {
  const resource: ResourceConfig = {
    mode: "managed",
    type,
    address: `${type}.one`,
    stack: "app",
    directory: "/",
    config,
    provider: { project: PROJECT, region: "europe-west1" },
  };
  return { ...resource, attributes: completeByAdapter(resource, context)! };
}

const readerFor = (resource: PlannedResource) => readerOf(resource, resource.attributes, context);

/** What the engine is asked for by a resource. */
function asked(resource: PlannedResource) {
  const draft = emptyDraft(() => {});
  adapters.get(resource.type)!.contribute!(readerFor(resource), resource, draft);
  return draft;
}

interface There {
  readonly topics?: readonly TopicConfig[];
  readonly subscriptions?: readonly SubscriptionConfig[];
  readonly jobs?: readonly JobConfig[];
  readonly queues?: readonly QueueConfig[];
  readonly workflows?: readonly WorkflowConfig[];
  readonly runJobs?: readonly RunJobConfig[];
  readonly buckets?: readonly BucketConfig[];
}

function liveOf(there: There): Live {
  const { topics = [], subscriptions = [], jobs = [], queues = [], workflows = [], runJobs = [], buckets = [] } = there;
  return {
    pubsub: { topics: () => topics, subscriptions: () => subscriptions },
    scheduler: { jobs: () => jobs.map((config) => ({ config, running: false })) },
    tasks: { queues: () => queues.map((config) => ({ config, tasks: 0, dispatching: 0, paused: false })) },
    workflows: { workflows: () => workflows.map((config) => ({ id: "1", config })) },
    runJobs: { jobs: () => runJobs },
    storage: { buckets: () => buckets, list: () => ({ items: [], prefixes: [] }) },
  };
}

const observed = (resource: PlannedResource, there: There) =>
  adapters.get(resource.type)!.observe!(readerFor(resource), liveOf(there));

/** The resource as Terraform has it after a refresh. */
const refreshed = (resource: PlannedResource, found: There): PlannedResource => {
  const seen = observed(resource, found);
  if (seen === "gone") throw new Error("it is gone");
  return { ...resource, attributes: { ...resource.attributes, ...seen } };
};

const seconds = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * 1_000);
const topicName = fc.constantFrom("a", "b").map((name) => `projects/${PROJECT}/topics/${name}`);
const email = fc.constantFrom("a@p.iam.gserviceaccount.com", "b@p.iam.gserviceaccount.com");
const url = fc.constantFrom("https://a.example/x", "https://b.example");

const transforms = fc.uniqueArray(
  fc.record(
    {
      functionName: fc.constantFrom("f", "g"),
      code: fc.constant("function f() {}"),
      disabled: fc.constant(true as const),
    },
    { requiredKeys: ["functionName", "code"] },
  ),
  { minLength: 1, maxLength: 2, selector: ({ functionName }) => functionName },
);

/** Everything that a client may make of a subscription. */
const subscriptions: fc.Arbitrary<SubscriptionConfig> = fc
  .record({
    topic: topicName,
    ackDeadlineMs: seconds(10, 600),
    retentionMs: seconds(600, 604_800),
    retainAcked: fc.boolean(),
    ordering: fc.boolean(),
    exactlyOnce: fc.boolean(),
    filter: fc.option(fc.constantFrom('attributes.a = "b"', "attributes:c"), { nil: undefined }),
    transforms: fc.option(transforms, { nil: undefined }),
    retry: fc.option(fc.record({ minMs: seconds(0, 600), maxMs: seconds(0, 600) }), { nil: undefined }),
    deadLetter: fc.option(fc.record({ topic: topicName, maxAttempts: fc.integer({ min: 5, max: 100 }) }), {
      nil: undefined,
    }),
    push: fc.option(
      fc.record(
        {
          endpoint: url,
          oidc: fc.record({ serviceAccountEmail: email, audience: url }),
          unwrapped: fc.record({ writeMetadata: fc.boolean() }),
        },
        { requiredKeys: ["endpoint"] },
      ),
      { nil: undefined },
    ),
  })
  .map((given) => {
    const set = Object.entries(given).filter(([, value]) => value !== undefined);
    return { name: `projects/${PROJECT}/subscriptions/s`, ...Object.fromEntries(set) } as SubscriptionConfig;
  });

describe("what a resource holds", () => {
  const bucket = planned("google_storage_bucket", { name: "files", location: "EU" });
  const noncurrent = { name: "old.txt", deletedMs: 1 } as StoredObject;
  const live = (buckets: readonly BucketConfig[]): Live => ({
    ...liveOf({ buckets }),
    storage: {
      buckets: () => buckets,
      list: (_, options) => ({ items: options?.versions ? [noncurrent] : [], prefixes: [] }),
    },
  });
  const held = (of: PlannedResource, others: readonly PlannedResource[], there = live([])) =>
    adapters
      .get(of.type)!
      .contents!.of(readerFor(of), there, others)
      .map(({ name }) => name);

  it("is the objects of a bucket, noncurrent ones and those of the plan too", () => {
    const object = (of: string) =>
      planned("google_storage_bucket_object", { name: "code.zip", bucket: of, content: "x" });
    const { config } = asked(bucket).buckets[0]!;
    expect(held(bucket, [bucket, object("files"), object("others")])).toEqual(["code.zip"]);
    expect(held(bucket, [bucket], live([config]))).toEqual(["old.txt"]);
  });

  it("is the tables of a dataset, of that one alone", () => {
    const dataset = planned("google_bigquery_dataset", { dataset_id: "rows" });
    const table = (of: string) => planned("google_bigquery_table", { dataset_id: of, table_id: "paid" });
    expect(held(dataset, [dataset, table("rows"), table("rows2")])).toEqual(["paid"]);
    expect(held(dataset, [dataset, bucket])).toEqual([]);
  });
});

describe("what has become of a resource", () => {
  const resource = planned("google_pubsub_subscription", { name: "s", topic: "a", retry_policy: [{}] });

  it("is nothing when nobody has touched it", () => {
    const { config } = asked(resource).subscriptions[0]!;
    expect(observed(resource, { subscriptions: [config] })).toEqual({});
  });

  it("is written so that it says again what is there, whatever a client has made of a subscription", () => {
    fc.assert(
      fc.property(subscriptions, (config) => {
        const after = refreshed(resource, { subscriptions: [config] });
        expect(asked(after).subscriptions.map((draft) => draft.config)).toEqual([config]);
      }),
    );
  });

  it("names only what differs", () => {
    const { config } = asked(resource).subscriptions[0]!;
    const found = { ...config, ackDeadlineMs: 45_000 };
    expect(observed(resource, { subscriptions: [found] })).toEqual({ ack_deadline_seconds: 45 });
  });

  it("shows the retention and the transforms of a topic, and that it has none", () => {
    const topic = planned("google_pubsub_topic", { name: "t", message_retention_duration: "600s" });
    const name = `projects/${PROJECT}/topics/t`;
    for (const found of [
      { name, retentionMs: 1_200_000 },
      { name, transforms: [{ functionName: "f", code: "function f() {}" }] },
      { name },
    ])
      expect(asked(refreshed(topic, { topics: [found] })).topics.map(({ config }) => config)).toEqual([found]);
  });

  it("shows that a job is paused", () => {
    const job = planned("google_cloud_scheduler_job", {
      name: "j",
      schedule: "* * * * *",
      pubsub_target: [{ topic_name: "a", data: "eA==" }],
    });
    const { config } = asked(job).jobs[0]!;
    expect(observed(job, { jobs: [config] })).toEqual({});
    expect(observed(job, { jobs: [{ ...config, paused: true }] })).toEqual({ paused: true, state: "PAUSED" });
  });

  it("shows the limits of a queue", () => {
    const queue = planned("google_cloud_tasks_queue", { name: "q", location: "europe-west1" });
    const { config } = asked(queue).queues[0]!;
    expect(observed(queue, { queues: [config] })).toEqual({});
    const found = {
      ...config,
      rate: { perSecond: 3, concurrent: 4 },
      retry: { attempts: 5, maxDurationMs: 60_000, minMs: 2_000, maxMs: 30_000, doublings: 2 },
    };
    expect(asked(refreshed(queue, { queues: [found] })).queues.map((draft) => draft.config)).toEqual([found]);
  });

  it("shows the definition, the account and the variables of a workflow", () => {
    const workflow = planned("google_workflows_workflow", { name: "w", source_contents: "main: {}" });
    const { config } = asked(workflow).workflows[0]!;
    expect(observed(workflow, { workflows: [config] })).toEqual({});
    const found = { ...config, source: "main: []", serviceAccountEmail: "a@b.c", env: { A: "b" } };
    expect(asked(refreshed(workflow, { workflows: [found] })).workflows.map((draft) => draft.config)).toEqual([found]);
  });

  it("shows the settings of a job of Cloud Run beside what nobody has changed", () => {
    const job = planned("google_cloud_run_v2_job", {
      name: "j",
      location: "europe-west1",
      annotations: { "millrace.dev/source": "gs://b/o" },
      template: [{ task_count: 2, template: [{ max_retries: 1, containers: [{ image: "i" }] }] }],
    });
    const [{ name, settings, program }] = asked(job).runJobs as [Draft["runJobs"][number]];
    const config: RunJobConfig = { name, ...settings, program: { ...program, archive: "/a" } };
    expect(observed(job, { runJobs: [config] })).toEqual({});
    const found = { tasks: 3, parallelism: 2, retries: 0, timeoutMs: 60_000 };
    for (const [field, value] of Object.entries(found)) {
      const after = refreshed(job, { runJobs: [{ ...config, [field]: value }] });
      expect(asked(after).runJobs[0]!.settings).toEqual({ ...settings, [field]: value });
      expect(JSON.stringify(after.attributes)).toContain('"image":"i"');
    }
  });

  const somewhere = { name: "x", location: "europe-west1", region: "europe-west1" };
  it.each<[string, Attributes]>([
    ["google_pubsub_topic", {}],
    ["google_pubsub_subscription", { topic: "a" }],
    ["google_cloud_scheduler_job", { schedule: "* * * * *", pubsub_target: [{ topic_name: "a" }] }],
    ["google_cloud_tasks_queue", {}],
    ["google_workflows_workflow", { source_contents: "main: {}" }],
    ["google_cloud_run_v2_job", { annotations: { "millrace.dev/source": "gs://b/o" } }],
    ["google_storage_bucket", {}],
  ])("is its end, when the %s is not there", (type, config) => {
    expect(observed(planned(type, { ...somewhere, ...config }), {})).toBe("gone");
  });

  it("covers every type whose things a client may change", () => {
    const observable = [...adapters.values()]
      .filter((adapter) => adapter.observe !== undefined)
      .map(({ type }) => type);
    expect(observable.sort()).toEqual([
      "google_cloud_run_v2_job",
      "google_cloud_scheduler_job",
      "google_cloud_tasks_queue",
      "google_pubsub_subscription",
      "google_pubsub_topic",
      "google_storage_bucket",
      "google_workflows_workflow",
    ]);
  });

  it.each<[string, Attributes]>([
    ["google_cloud_scheduler_job", { schedule: "* * * * *", app_engine_http_target: [{ relative_uri: "/" }] }],
    ["google_cloud_run_v2_job", { template: [{ template: [{ containers: [{ image: "i" }] }] }] }],
  ])("is not asked of a %s that does not run here", (type, config) => {
    expect(observed(planned(type, { ...somewhere, ...config }), {})).toEqual({});
  });
});
