import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AlertPolicy,
  type AlarmCondition,
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  CloudFunction,
  CloudRunService,
  DeadLetteredSubscription,
  every,
  pubsubColumns,
  SchedulerJob,
  ServiceAccount,
  Subscription,
  TaskQueue,
  Topic,
} from "../../constructs";
import { root } from "../repo/tree";
import { handlersOf, testContract } from "../support/handlers";
import { type Attributes, codesOf, plan } from "../support/synth";
import { compositionPlans } from "./reach/compositions";
import { specimenPlans } from "./reach/specimens";

/* The traps of the provider in docs/traps.md that constructs walk around. */

const image = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;
const contract = testContract();
const handlersDir = handlersOf(contract);

const service = plan((stack) => new CloudRunService(stack, "Api", { image })).one("google_cloud_run_v2_service");
const built = (environment: Record<string, string> = {}) =>
  plan((stack) => new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts", environment }), {
    handlersDir,
  }).one("google_cloudfunctions2_function");

describe("a service", () => {
  const [container] = service.template.containers;

  it("says everything that the API would fill in, and ignores what it cannot say", () => {
    expect(service.template.scaling).toEqual({ min_instance_count: 0, max_instance_count: 10 });
    expect(container.resources.limits).toEqual({ cpu: "1", memory: "512Mi" });
    expect(service.lifecycle.ignore_changes).toEqual(
      expect.arrayContaining(["scaling", "client", "client_version", "annotations"]),
    );
  });

  it("says that idle instances cost nothing", () => expect(container.resources.cpu_idle).toBe(true));

  it("is protected by what the environment says, on and off", () => {
    const protectedBy = (deletionProtection: boolean) =>
      plan((stack) => new CloudRunService(stack, "Api", { image }), { deletionProtection }).one(
        "google_cloud_run_v2_service",
      )["deletion_protection"] as boolean;
    expect([protectedBy(true), protectedBy(false)]).toEqual([true, false]);
  });
});

describe("a function", () => {
  it("sorts its variables, is never without any, and keeps traffic on its latest revision", () => {
    const { service_config: config } = built({ ZONE: "z", A: "a" });
    const names = Object.keys(config.environment_variables as object);
    expect(names).toEqual([...names].sort());
    expect(Object.keys(built().service_config.environment_variables as object)).toContain("MILLRACE_CONTRACT_HASH");
    expect(config.all_traffic_on_latest_revision).toBe(true);
  });

  it("has one update policy, and a source that is named after its content", () => {
    const { build_config: build } = built();
    expect(Object.keys(build as object).filter((key) => key.endsWith("_update_policy"))).toEqual([
      "automatic_update_policy",
    ]);
    expect(build.source.storage_source.object).toContain("google_storage_bucket_object");
    const object = plan((stack) => new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts" }), {
      handlersDir,
    }).one("google_storage_bucket_object");
    expect(object).toMatchObject({ name: expect.stringMatching(/-[0-9a-f]{16}\.zip$/), deletion_policy: "ABANDON" });
  });
});

describe("a subscription", () => {
  const { one } = plan(
    (stack) => new Subscription(stack, "S", { topic: new Topic(stack, "T"), deadLetter: false, retention: "7d" }),
  );

  it("never expires, and writes durations as the API returns them", () => {
    expect(one("google_pubsub_subscription")).toMatchObject({
      expiration_policy: { ttl: "" },
      message_retention_duration: "604800s",
      retry_policy: { minimum_backoff: "10s", maximum_backoff: "600s" },
    });
  });

  it("that writes to BigQuery as somebody else is warned of with MR1142", () => {
    const codes = (own: boolean) =>
      codesOf((stack) => {
        const table = new BigQueryTable(stack, "Rows", {
          dataset: new BigQueryDataset(stack, "Sales"),
          columns: pubsubColumns(),
        });
        const identity = own ? new ServiceAccount(stack, "Writer") : undefined;
        new Subscription(stack, "S", {
          topic: new Topic(stack, "T"),
          deadLetter: false,
          bigQuery: { table, identity },
        });
      });
    expect(codes(true)).toEqual(["MR1142"]);
    expect(codes(false)).toEqual([]);
  });
});

describe("what would be replaced with what it holds", () => {
  it("is protected where the environment says so", () => {
    const { all } = plan(
      (stack) => {
        new DeadLetteredSubscription(stack, "S", { topic: new Topic(stack, "T") });
        new BigQueryTable(stack, "Rows", { dataset: new BigQueryDataset(stack, "Sales"), columns: pubsubColumns() });
        new TaskQueue(stack, "Later", { exhausted: "dropped" });
      },
      { deletionProtection: true },
    );
    for (const type of ["google_pubsub_topic", "google_pubsub_subscription", "google_cloud_tasks_queue"])
      expect(all(type).map(({ lifecycle }) => lifecycle?.prevent_destroy as boolean)).not.toContain(undefined);
    expect(all("google_bigquery_table")[0]!["deletion_protection"]).toBe(true);
  });
});

describe("a bucket", () => {
  const bucket = plan((stack) => new Bucket(stack, "Files", { deleteAfter: "365d" })).one("google_storage_bucket");

  it("says what the project would say otherwise", () => {
    expect(bucket).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      soft_delete_policy: { retention_duration_seconds: 604_800 },
    });
  });

  it("has no rule with an age of zero", () => {
    const ages = (bucket["lifecycle_rule"] as { condition: Record<string, number> }[]).flatMap(({ condition }) =>
      Object.values(condition),
    );
    expect(ages.filter((age) => age === 0)).toEqual([]);
    expect(codesOf((stack) => new Bucket(stack, "Files", { deleteAfter: "0s" }))).not.toEqual([]);
  });
});

describe("a job that publishes", () => {
  it("ignores the deadline that the API ignores, and has no headers of its own", () => {
    const { one } = plan(
      (stack) =>
        new SchedulerJob(stack, "Beat", {
          schedule: every.minutes(5),
          target: { publish: new Topic(stack, "T"), data: "x" },
        }),
    );
    expect(one("google_cloud_scheduler_job")).toMatchObject({ lifecycle: { ignore_changes: ["attempt_deadline"] } });
    expect(one("google_cloud_scheduler_job")).not.toHaveProperty("http_target");
  });
});

describe("jobs of one stack", () => {
  it("are changed one after another, since Cloud Scheduler refuses changes at the same time", () => {
    const { json } = plan((stack) => {
      const target = { publish: new Topic(stack, "T"), data: "x" };
      for (const id of ["A", "B", "C"]) new SchedulerJob(stack, id, { schedule: every.minutes(5), target });
    });
    const jobs = Object.entries(json["resource"].google_cloud_scheduler_job as Record<string, Attributes>);
    const [a, b, c] = jobs.map(([name, { depends_on }]) => {
      const on = (depends_on as string[]).filter((one) => one.startsWith("google_cloud_scheduler_job."));
      return { address: `google_cloud_scheduler_job.${name}`, on };
    });
    expect([a!.on, b!.on, c!.on]).toEqual([[], [a!.address], [b!.address]]);
  });
});

describe("an alarm on the log", () => {
  it("watches lines and needs no metric that would have to exist first", () => {
    const condition: AlarmCondition = { title: "failed", log: "severity>=ERROR" };
    const alarm = { id: "A", title: "a", severity: "ERROR", conditions: [condition], runbook: "look" } as const;
    const { one, addresses } = plan((stack) => new AlertPolicy(stack, "A", { alarm }));
    expect(one("google_monitoring_alert_policy")["conditions"][0]).toHaveProperty("condition_matched_log");
    expect(addresses.filter((address) => address.startsWith("google_logging_metric"))).toEqual([]);
  });
});

/** What every resource of a type must be like, whichever construct made it: the table at the end of docs/traps.md. */
const EVERYWHERE: Readonly<Record<string, readonly [type: string, holds: (attributes: Attributes) => boolean]>> = {
  "a worker pool says how it scales": [
    "google_cloud_run_v2_worker_pool",
    ({ scaling }) => scaling.scaling_mode === "MANUAL",
  ],
  "a job of Dataflow names no experiments": ["google_dataflow_job", (job) => !("additional_experiments" in job)],
  "a workflow says its region and its name": [
    "google_workflows_workflow",
    ({ region, name }) => Boolean(region && name),
  ],
  "an API stays enabled": ["google_project_service", (api) => api.disable_on_destroy === false],
  "a queue overrides no query": [
    "google_cloud_tasks_queue",
    (queue) => !JSON.stringify(queue).includes("query_override"),
  ],
  "a job of Scheduler has no header without a value and no token among them": [
    "google_cloud_scheduler_job",
    ({ http_target: http }) =>
      Object.entries((http?.headers ?? {}) as object).every(([name, value]) => value && !/^authorization$/i.test(name)),
  ],
  "a trigger names the identity and the region of what it calls": [
    "google_eventarc_trigger",
    ({ service_account, destination: { cloud_run_service: run } }) => Boolean(service_account && (!run || run.region)),
  ],
  "a function has no trigger of its own": ["google_cloudfunctions2_function", (one) => !("event_trigger" in one)],
  "an alarm waits for whole minutes": [
    "google_monitoring_alert_policy",
    (policy) => [...JSON.stringify(policy).matchAll(/"duration":"(\d+)s"/g)].every(([, s]) => Number(s) % 60 === 0),
  ],
};

describe("of everything that constructs make,", () => {
  const plans = [...specimenPlans(), ...compositionPlans()];

  it.each(Object.entries(EVERYWHERE))("%s", (_what, [type, holds]) => {
    const all = plans.flatMap(({ json }) =>
      Object.values((json["resource"][type] ?? {}) as Record<string, Attributes>),
    );
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((attributes) => !holds(attributes))).toEqual([]);
  });

  it("nothing is left to a zone, which Dataflow would take from the provider", () => {
    expect(plans.filter(({ json }) => JSON.stringify(json["provider"]).includes("zone"))).toEqual([]);
  });
});

describe("the page of traps", () => {
  it("is about the release of the bindings that is installed", () => {
    const index = join(root, "node_modules/@cdktf/provider-google/lib/provider/index.js");
    expect(readFileSync(index, "utf8")).toContain("providerVersion: '6.50.0'");
  });
});
