import {
  CloudRunJob,
  type CloudRunJobProps,
  DeadLetterTopic,
  grantsOf,
  jobRunBody,
  type MillraceStack,
  principal,
  ServiceAccount,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const contract = testContract();
const handlersDir = handlersOf(contract);

const ofHandler = (stack: MillraceStack, props: Partial<CloudRunJobProps> = {}) =>
  new CloudRunJob(stack, "Import", { contract, entry: "charge.handler.ts", ...props } as CloudRunJobProps);
const ofImage = (stack: MillraceStack, props: Partial<CloudRunJobProps> = {}) =>
  new CloudRunJob(stack, "Import", { image: IMAGE, ...props });
const resource = (build: (stack: MillraceStack) => void) => plan(build, { handlersDir }).one("google_cloud_run_v2_job");
const codes = (props: Partial<CloudRunJobProps>, build = ofImage) =>
  codesOf((stack) => build(stack, props), { handlersDir });

describe("a job of a handler", () => {
  it("runs the mounted bundle on Google's image, and says where the engine finds the archive", () => {
    const job = resource((stack) => ofHandler(stack, { tasks: 100, parallelism: 10 }));
    const { task_count, parallelism, template } = job["template"];
    const [container] = template.containers;
    expect([job["name"], task_count, parallelism, template.max_retries, template.timeout]).toEqual([
      "web-dev-charge",
      100,
      10,
      3,
      "600s",
    ]);
    expect(container).toMatchObject({
      image: "europe-west1-docker.pkg.dev/serverless-runtimes/google-22/runtimes/nodejs22",
      command: ["node"],
      resources: { limits: { cpu: "1", memory: "512Mi" } },
      volume_mounts: [{ name: "code", mount_path: "/millrace" }],
    });
    expect(job["annotations"]["millrace.dev/source"]).toMatch(/^gs:.*Archive/);
    expect(container.args[0]).toContain("Import_Bundle");
  });

  it("tells the handler its contract, its store and where to park, and nothing of callers it does not have", () => {
    const [container] = resource(ofHandler)["template"].template.containers;
    expect(container.env.map(({ name }: { name: string }) => name)).toEqual([
      "MILLRACE_CONTRACT_HASH",
      "MILLRACE_DEAD_LETTER_TOPIC",
      "MILLRACE_ENV",
      "MILLRACE_FIRESTORE_DATABASE",
      "MILLRACE_STORE",
    ]);
  });

  it("waits for what its first item needs: records, parking, somebody who keeps what is parked", () => {
    const { one, address } = plan((stack) => ofHandler(stack), { handlersDir });
    expect(one("google_cloud_run_v2_job")["depends_on"]).toEqual(
      expect.arrayContaining([
        address("google_pubsub_topic_iam_member"),
        address("google_project_iam_member"),
        address("google_pubsub_subscription"),
      ]),
    );
  });

  it("parks where it is told to, and leaves the watching to whoever made that", () => {
    const stack = testStack({ handlersDir });
    const shared = new DeadLetterTopic(stack, "Shared");
    const job = ofHandler(stack, { deadLetterTopic: shared });
    expect(job.deadLetterTopic).toBe(shared);
    expect(job.alarms.map(({ id }) => id)).toEqual(["ExecutionFailed"]);
    expect(planOf(stack).all("google_pubsub_topic")).toHaveLength(1);
  });

  it("gives an attempt as long as one item may take", () => {
    const slow = testContract({ timeLimit: "30m" });
    const build = (stack: MillraceStack) =>
      new CloudRunJob(stack, "Import", { contract: slow, entry: "charge.handler.ts" });
    const { one } = plan(build, { handlersDir: handlersOf(slow) });
    expect(one("google_cloud_run_v2_job")["template"].template.timeout).toBe("1805s");
  });

  it("has no attempt that ends in the middle of an item", () => {
    expect(codes({ timeout: "30s" }, ofHandler)).toEqual(["MR1366"]);
  });

  it("warns of a task that nobody takes up again", () => {
    expect(codes({ retries: 0 }, ofHandler)).toEqual(["MR1367"]);
    expect(codes({ retries: 0 })).toEqual([]);
  });

  it("says when an execution has failed and when items were given up", () => {
    const stack = testStack({ handlersDir, counters: false });
    expect(ofHandler(stack).alarms.map(({ id }) => id)).toEqual(["ExecutionFailed", "Parked", "DeadLetterAge"]);
    const { all } = planOf(stack);
    expect(
      all("google_monitoring_alert_policy").map((policy) => policy["conditions"][0].condition_threshold.filter),
    ).toEqual([
      `metric.type = "run.googleapis.com/job/completed_execution_count" AND resource.type = "cloud_run_job" AND resource.labels.job_name = "web-dev-charge" AND resource.labels.location = "europe-west1" AND metric.labels.result = "failed"`,
      expect.stringContaining('subscription_id = "web-dev-charge-dead-letter"'),
      expect.stringContaining("oldest_unacked_message_age"),
    ]);
  });
});

describe("a job of an image", () => {
  it("mounts nothing and runs as an identity of its own", () => {
    const { one, address } = plan((stack) =>
      ofImage(stack, {
        name: "nightly",
        retries: 1,
        timeout: "2h",
        cpu: 2,
        memory: "4Gi",
        environment: { MODE: "full" },
        secrets: { API_KEY: { secret: "api-key" } },
        vpc: { network: "n", egress: "all" },
      }),
    );
    const job = one("google_cloud_run_v2_job");
    expect(job).toMatchObject({ name: "web-dev-nightly", deletion_protection: true });
    expect(job["template"]).toMatchObject({
      task_count: 1,
      parallelism: 1,
      template: {
        service_account: `\${${address("google_service_account")}.email}`,
        timeout: "7200s",
        max_retries: 1,
        vpc_access: { egress: "ALL_TRAFFIC" },
        containers: [{ image: IMAGE, resources: { limits: { cpu: "2", memory: "4Gi" } } }],
      },
    });
    expect(job["template"].template.volumes).toBeUndefined();
    expect(job["annotations"]).toBeUndefined();
  });

  it("is what Cloud Run takes", () => {
    expect(codes({ image: "example.com/app:latest" })).toEqual(["MR1308"]);
    expect(codes({ tasks: 0 })).toEqual(["MR1360"]);
    expect(codes({ tasks: 10_001 })).toEqual(["MR1360"]);
    expect(codes({ tasks: 5, parallelism: 6 })).toEqual(["MR1361"]);
    expect(codes({ retries: 11 })).toEqual(["MR1362"]);
    expect(codes({ timeout: "8d" })).toEqual(["MR1363"]);
    expect(codes({ cpu: 0.5 })).toEqual(["MR1364"]);
    expect(codes({ cpu: 2, memory: "16Gi" })).toEqual(["MR1302"]);
  });
});

describe("whoever runs a job", () => {
  it("may run it, with overrides only when it is said, and see its executions", () => {
    const stack = testStack();
    const job = ofImage(stack);
    job.grantRun(principal("group:ops@example.com"));
    job.grantRun(principal("group:data@example.com"), { overrides: true });
    job.grantWatch(principal("group:data@example.com"));
    const grants = grantsOf(stack).filter(({ principal: who }) => who.startsWith("group:"));
    expect(grants.map(({ principal: who, role, resource, on }) => [who, role, resource, on])).toEqual([
      ["group:ops@example.com", "roles/run.invoker", job.name, "job"],
      ["group:data@example.com", "roles/run.jobsExecutorWithOverrides", job.name, "job"],
      ["group:data@example.com", "roles/run.viewer", job.name, "job"],
    ]);
    expect(job.name).toBe("projects/acme-dev/locations/europe-west1/jobs/web-dev-import");
  });

  it("may be let run a job that was made elsewhere", () => {
    const stack = testStack();
    const job = CloudRunJob.fromExisting(stack, "Other", "projects/other/locations/us-east1/jobs/nightly");
    job.grantRun(new ServiceAccount(stack, "Caller"));
    expect(planOf(stack).one("google_cloud_run_v2_job_iam_member")).toMatchObject({
      project: "other",
      location: "us-east1",
      name: "nightly",
      role: "roles/run.invoker",
    });
    expect(issuesOf((one) => CloudRunJob.fromExisting(one, "Short", "nightly"))).toMatchObject([
      { code: "MR1365", got: "nightly" },
    ]);
  });

  it("says in Cloud Run's words what an execution does otherwise", () => {
    expect(jobRunBody()).toEqual({});
    expect(jobRunBody({ tasks: 3, timeout: "1h", args: ["--full"], environment: { DAY: "monday" } })).toEqual({
      overrides: {
        containerOverrides: [{ args: ["--full"], env: [{ name: "DAY", value: "monday" }] }],
        taskCount: 3,
        timeout: "3600s",
      },
    });
    expect(jobRunBody({ args: [] })).toEqual({ overrides: { containerOverrides: [{ clearArgs: true }] } });
  });
});
