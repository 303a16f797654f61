import {
  CloudRunWorkerPool,
  type CloudRunWorkerPoolProps,
  DeadLetteredSubscription,
  endpoint,
  type MillraceStack,
  Subscription,
  Topic,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, plan, planOf, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const contract = testContract({ timeLimit: "30m" });
const handlersDir = handlersOf(contract);

const pulled = (stack: MillraceStack) =>
  new DeadLetteredSubscription(stack, "Charges", { topic: new Topic(stack, "Topic") });
const pool = (stack: MillraceStack, props: Partial<CloudRunWorkerPoolProps> = {}) =>
  new CloudRunWorkerPool(stack, "Pool", {
    contract,
    entry: "charge.handler.ts",
    ...("subscription" in props ? {} : { subscription: pulled(stack) }),
    ...props,
  } as CloudRunWorkerPoolProps);
const codes = (props: Partial<CloudRunWorkerPoolProps>) =>
  codesOf((stack) => pool(stack, props), { handlersDir }).filter((code) => code.startsWith("MR13"));

describe("a worker pool of a handler", () => {
  const { one, address, all } = plan((stack) => pool(stack), { handlersDir });
  const resource = one("google_cloud_run_v2_worker_pool");

  it("has as many instances as it is told, since nothing scales it", () => {
    expect(resource).toMatchObject({
      name: "web-dev-charge",
      launch_stage: "BETA",
      scaling: { scaling_mode: "MANUAL", manual_instance_count: 1 },
    });
  });

  it("runs the bundle that pulls, and tells it from where", () => {
    const [container] = resource["template"].containers;
    expect(container).toMatchObject({
      image: "europe-west1-docker.pkg.dev/serverless-runtimes/google-22/runtimes/nodejs22",
      command: ["node"],
    });
    expect(Object.fromEntries(container.env.map(({ name, value }: Record<string, string>) => [name, value]))).toEqual({
      MILLRACE_CONTRACT_HASH: contract.hash,
      MILLRACE_DEAD_LETTER_TOPIC: "projects/acme-dev/topics/web-dev-charges-dead-letter",
      MILLRACE_ENV: "dev",
      MILLRACE_FIRESTORE_DATABASE: "projects/acme-dev/databases/(default)",
      MILLRACE_STORE: "firestore",
      MILLRACE_SUBSCRIPTION: "projects/acme-dev/subscriptions/web-dev-charges",
    });
  });

  it("may pull, park and keep records before its first message", () => {
    const account = `\${${address("google_service_account")}.member}`;
    const [subscriber] = all("google_pubsub_subscription_iam_member").filter(({ member }) =>
      String(member).includes("Pool_Identity"),
    );
    expect(subscriber).toMatchObject({ role: "roles/pubsub.subscriber" });
    expect(resource["depends_on"]).toEqual(
      expect.arrayContaining([expect.stringContaining("google_pubsub_subscription_iam_member.Charges")]),
    );
    expect(account).toContain("Pool_Identity");
  });
});

describe("what is watched of a worker pool", () => {
  const stack = testStack({ handlersDir });
  const watched = pool(stack);
  const { all } = planOf(stack);
  const conditions = all("google_monitoring_alert_policy").flatMap((policy) => policy["conditions"]);
  const which =
    'resource.type = "cloud_run_worker_pool" AND resource.labels.worker_pool_name = "web-dev-charge" AND resource.labels.location = "europe-west1"';

  it("is that instances run, and that their memory lasts", () => {
    expect(watched.alarms.map(({ id }) => id)).toEqual(["NoInstance", "Memory"]);
    const [absence] = conditions.flatMap(({ condition_absent }) => condition_absent ?? []);
    expect(absence).toMatchObject({
      filter: `metric.type = "run.googleapis.com/container/instance_count" AND ${which}`,
      duration: "600s",
    });
    const [memory] = conditions.filter(({ condition_threshold }) =>
      condition_threshold?.filter.includes("worker_pool"),
    );
    expect(memory.condition_threshold).toMatchObject({
      filter: `metric.type = "run.googleapis.com/container/memory/utilizations" AND ${which}`,
      threshold_value: 0.9,
    });
  });

  it("is on the dashboard of its stack", () => {
    const board = JSON.stringify(all("google_monitoring_dashboard"));
    expect(board).toContain("cloud_run_worker_pool");
    expect(watched.sections[0]!.charts.map(({ title }) => title)).toEqual([
      "instances",
      "CPU in use, p95",
      "memory in use, p95",
      "time to start, p95, ms",
    ]);
  });

  it("is not that none run where none are meant to, and nothing when switched off", () => {
    expect(pool(testStack({ handlersDir }), { instances: 0 }).alarms.map(({ id }) => id)).toEqual(["Memory"]);
    const silent = testStack({ handlersDir });
    new CloudRunWorkerPool(silent, "Pool", { image: IMAGE, alarms: false, dashboard: false });
    const quiet = planOf(silent);
    expect(quiet.all("google_monitoring_alert_policy")).toEqual([]);
    expect(quiet.all("google_monitoring_dashboard")).toEqual([]);
  });
});

describe("a worker pool", () => {
  it("of an image needs neither contract nor subscription", () => {
    const build = (stack: MillraceStack) =>
      new CloudRunWorkerPool(stack, "Pool", {
        image: IMAGE,
        instances: 3,
        cpu: 2,
        memory: "4Gi",
        environment: { MODE: "fast" },
        secrets: { API_KEY: { secret: "api-key" } },
        vpc: { network: "n" },
      });
    const { one } = plan(build);
    const resource = one("google_cloud_run_v2_worker_pool");
    expect(resource["scaling"]["manual_instance_count"]).toBe(3);
    expect(resource["template"]).toMatchObject({
      containers: [{ image: IMAGE, resources: { limits: { cpu: "2", memory: "4Gi" } } }],
      vpc_access: { network_interfaces: [{ network: "n" }] },
    });
    expect(resource["template"].volumes).toBeUndefined();
    expect(codesOf(build)).toEqual([]);
  });

  it("is what Cloud Run and Pub/Sub take", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ instances: -1 })).toEqual(["MR1380"]);
    expect(codes({ instances: 0 })).toEqual(["MR1383"]);
    expect(codes({ cpu: 0.5 })).toEqual(["MR1309", "MR1364"]);
    expect(codes({ subscription: undefined })).toEqual(["MR1381"]);
  });

  it("pulls from nothing that pushes", () => {
    const build = (stack: MillraceStack) =>
      pool(stack, {
        subscription: new Subscription(stack, "Pushed", {
          topic: new Topic(stack, "Topic"),
          push: { target: endpoint("https://a.example.com") },
          deadLetter: false,
        }),
      });
    expect(codesOf(build, { handlersDir })).toContain("MR1382");
  });

  it("says what several instances make of order", () => {
    const ordered = testContract({ order: true });
    const build = (stack: MillraceStack) =>
      new CloudRunWorkerPool(stack, "Pool", {
        contract: ordered,
        entry: "charge.handler.ts",
        subscription: pulled(stack),
        instances: 2,
      });
    expect(codesOf(build, { handlersDir: handlersOf(ordered) })).toContain("MR1384");
  });
});
