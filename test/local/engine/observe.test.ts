import * as fc from "fast-check";
import { adapters, completeByAdapter } from "../../../local/engine/adapters";
import { type Live, readerOf } from "../../../local/engine/adapters/adapter";
import { emptyDraft } from "../../../local/engine/draft";
import type { SubscriptionConfig, TopicConfig } from "../../../local/engine/pubsub";
import type { JobStatus } from "../../../local/engine/scheduler";
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
  readonly jobs?: readonly Pick<JobStatus, "config">[];
}

function observed(resource: PlannedResource, { topics = [], subscriptions = [], jobs = [] }: There) {
  const live: Live = {
    pubsub: { topics: () => topics, subscriptions: () => subscriptions },
    scheduler: { jobs: () => jobs.map(({ config }) => ({ config, running: false })) },
  };
  return adapters.get(resource.type)!.observe!(readerFor(resource), live);
}

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

  it("shows the retention of a topic, and that it has none", () => {
    const topic = planned("google_pubsub_topic", { name: "t", message_retention_duration: "600s" });
    const name = `projects/${PROJECT}/topics/t`;
    for (const found of [{ name, retentionMs: 1_200_000 }, { name }])
      expect(asked(refreshed(topic, { topics: [found] })).topics.map(({ config }) => config)).toEqual([found]);
  });

  it("shows that a job is paused", () => {
    const job = planned("google_cloud_scheduler_job", {
      name: "j",
      schedule: "* * * * *",
      pubsub_target: [{ topic_name: "a", data: "eA==" }],
    });
    const { config } = asked(job).jobs[0]!;
    expect(observed(job, { jobs: [{ config }] })).toEqual({});
    const paused = { ...config, paused: true };
    expect(observed(job, { jobs: [{ config: paused }] })).toEqual({ paused: true, state: "PAUSED" });
  });

  it.each(["google_pubsub_topic", "google_pubsub_subscription", "google_cloud_scheduler_job"])(
    "is its end, when the %s is not there",
    (type) => {
      const config = { name: "x", topic: "a", schedule: "* * * * *", pubsub_target: [{ topic_name: "a" }] };
      expect(observed(planned(type, config), {})).toBe("gone");
    },
  );
});
