import {
  CloudRunJob,
  grantsOf,
  type IStartableWorkflow,
  type MillraceStack,
  principal,
  type ScheduledTarget,
  SchedulerJob,
} from "../../../constructs";
import { codesOf, planOf, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;

const runJob = (stack: MillraceStack) => new CloudRunJob(stack, "Nightly", { image: IMAGE });
const job = (stack: MillraceStack, target: ScheduledTarget) =>
  new SchedulerJob(stack, "Weekly", { schedule: "0 9 * * 1", target });
const codes = (build: (stack: MillraceStack) => ScheduledTarget) =>
  codesOf((stack) => job(stack, build(stack))).filter((code) => !code.startsWith("MR17"));

const decoded = (body: string) => JSON.parse(Buffer.from(body, "base64").toString()) as unknown;

describe("a schedule that runs a Cloud Run job", () => {
  it("asks Google's API with an access token, as an identity that may run this job and do nothing else", () => {
    const stack = testStack();
    const { identity } = job(stack, { runJob: runJob(stack) });
    const { one, address } = planOf(stack);
    const account = address("google_service_account", { account_id: "web-dev-weekly-identity" });
    expect(one("google_cloud_scheduler_job")["http_target"]).toEqual({
      uri: "https://run.googleapis.com/v2/projects/acme-dev/locations/europe-west1/jobs/web-dev-nightly:run",
      http_method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "e30=",
      oauth_token: {
        service_account_email: `\${${account}.email}`,
        scope: "https://www.googleapis.com/auth/cloud-platform",
      },
    });
    expect(one("google_cloud_scheduler_job")["depends_on"]).toEqual(
      expect.arrayContaining([address("google_cloud_run_v2_job"), address("google_cloud_run_v2_job_iam_member")]),
    );
    expect(grantsOf(stack).filter((one) => one.principal === identity!.principal)).toEqual([
      expect.objectContaining({ role: "roles/run.invoker", on: "job" }),
    ]);
  });

  it("needs another role to override, and says what", () => {
    const stack = testStack();
    job(stack, { runJob: runJob(stack), overrides: { tasks: 2, environment: { DAY: "${day}" } } });
    const { one } = planOf(stack);
    expect(one("google_cloud_run_v2_job_iam_member")["role"]).toBe("roles/run.jobsExecutorWithOverrides");
    expect(decoded(one("google_cloud_scheduler_job")["http_target"].body as string)).toEqual({
      overrides: { taskCount: 2, containerOverrides: [{ env: [{ name: "DAY", value: "${day}" }] }] },
    });
  });

  it("keeps overrides within what a job may have", () => {
    const overriding = (overrides: object) => codes((stack) => ({ runJob: runJob(stack), overrides }));
    expect(overriding({ tasks: 10_001 })).toEqual(["MR1368"]);
    expect(overriding({ timeout: "8d" })).toEqual(["MR1368"]);
    expect(overriding({ timeout: "soon" })).toEqual(["MR1006"]);
    expect(overriding({ environment: { CLOUD_RUN_TASK_INDEX: "1" } })).toEqual(["MR1368"]);
    expect(overriding({ tasks: 3, timeout: "7d", args: [] })).toEqual([]);
  });
});

describe("a schedule that starts a workflow", () => {
  it("gives the argument as JSON inside JSON", () => {
    const stack = testStack();
    const grants: string[] = [];
    const workflow: IStartableWorkflow = {
      name: "projects/acme-dev/locations/europe-west1/workflows/orders",
      dependables: [],
      grantInvoke: (grantee, reason) => {
        grants.push(`${grantee.principal} ${reason}`);
        return runJob(stack).grantRun(principal("group:x@example.com"));
      },
    };
    const { name } = job(stack, { startWorkflow: workflow, argument: { day: "monday" } });
    const target = planOf(stack).one("google_cloud_scheduler_job")["http_target"];
    expect(target.uri).toBe(
      "https://workflowexecutions.googleapis.com/v1/projects/acme-dev/locations/europe-west1/workflows/orders/executions",
    );
    expect(decoded(target.body as string)).toEqual({ argument: '{"day":"monday"}' });
    expect(grants).toEqual([
      `serviceAccount:web-dev-weekly-identity@acme-dev.iam.gserviceaccount.com starts it for ${name}`,
    ]);
  });
});

describe("a schedule that calls App Engine", () => {
  const appEngine = (more: object = {}) => ({
    appEngine: { service: "reports", version: "v1" },
    path: "/tasks/weekly",
    ...more,
  });

  it("needs no identity: App Engine tells Google's own calls apart", () => {
    const stack = testStack();
    expect(job(stack, appEngine({ body: "{}", headers: { a: "b" }, attemptDeadline: "2h" })).identity).toBeUndefined();
    expect(planOf(stack).one("google_cloud_scheduler_job")).toMatchObject({
      attempt_deadline: "7200s",
      app_engine_http_target: {
        relative_uri: "/tasks/weekly",
        http_method: "POST",
        headers: { a: "b" },
        body: "e30=",
        app_engine_routing: { service: "reports", version: "v1" },
      },
    });
  });

  it("is what Cloud Scheduler takes", () => {
    expect(codes(() => appEngine({ attemptDeadline: "24h" }))).toEqual([]);
    expect(codes(() => appEngine({ attemptDeadline: "25h" }))).toEqual(["MR1903"]);
    expect(codes(() => appEngine({ path: "tasks" }))).toEqual(["MR1914"]);
    expect(codes(() => appEngine({ method: "GET", body: "x" }))).toEqual(["MR1910"]);
    expect(codes(() => appEngine({ headers: { "X-AppEngine-Cron": "true" } }))).toEqual(["MR1911"]);
  });
});
