import {
  CloudRunService,
  endpoint,
  every,
  grantsOf,
  type MillraceStack,
  SchedulerJob,
  type SchedulerJobProps,
  ServiceAccount,
  Topic,
} from "../../../constructs";
import { parseSchedule } from "../../../language/schedule";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;

const service = (stack: MillraceStack) => new CloudRunService(stack, "Reports", { image: IMAGE });

const job = (stack: MillraceStack, props: Partial<SchedulerJobProps> = {}) =>
  new SchedulerJob(stack, "Weekly", {
    schedule: every.week("monday", "09:00"),
    target: { call: service(stack) },
    ...props,
  });
const calling = (target: object) => (stack: MillraceStack) =>
  job(stack, { target: { call: endpoint("https://reports.example.com"), ...target } });
const codes = (props: Partial<SchedulerJobProps>) => codesOf((stack) => job(stack, props));

describe("a job that calls a service", () => {
  it("calls it as an identity of its own that may do nothing else", () => {
    const stack = testStack();
    const { identity } = job(stack);
    const { one, address } = planOf(stack);
    const account = address("google_service_account", { account_id: "web-dev-weekly-identity" });
    expect(one("google_cloud_scheduler_job")).toMatchObject({
      name: "web-dev-weekly",
      region: "europe-west1",
      schedule: "0 9 * * 1",
      time_zone: "Etc/UTC",
      attempt_deadline: "180s",
      retry_config: { retry_count: 0 },
      http_target: {
        uri: `\${${address("google_cloud_run_v2_service")}.uri}`,
        http_method: "POST",
        oidc_token: {
          service_account_email: `\${${account}.email}`,
          audience: "https://web-dev-reports-123456789012.europe-west1.run.app",
        },
      },
    });
    expect(grantsOf(stack).filter(({ principal }) => principal === identity!.principal)).toEqual([
      expect.objectContaining({ role: "roles/run.invoker", on: "service" }),
    ]);
  });

  it("tells a handler behind it who calls, and refuses one that was not packaged to understand the call", () => {
    const contract = testContract();
    const handler = (transports?: readonly "scheduler"[]) => (stack: MillraceStack) =>
      new SchedulerJob(stack, "Weekly", {
        schedule: every.week("monday", "09:00"),
        target: {
          call: new CloudRunService(stack, "Charge", { contract, entry: "charge.handler.ts", transports }),
        },
      });
    const given = { handlersDir: handlersOf(contract) };
    expect(codesOf(handler(), given)).toEqual(["MR1338"]);
    expect(codesOf(handler(["scheduler"]), given)).toEqual([]);
    const { env } = plan(handler(["scheduler"]), given).one("google_cloud_run_v2_service")["template"].containers[0];
    expect(env).toContainEqual({
      name: "MILLRACE_CALLERS",
      value: "web-dev-weekly-identity@acme-dev.iam.gserviceaccount.com",
    });
  });

  it("waits for the API, the service and the grant", () => {
    const { one, address } = plan((stack) => job(stack));
    expect(one("google_cloud_scheduler_job")["depends_on"]).toEqual([
      address("google_project_service", { service: "cloudscheduler.googleapis.com" }),
      address("google_cloud_run_v2_service"),
      address("google_cloud_run_v2_service_iam_member"),
    ]);
  });

  it("waits for an answer as long as the service may take", () => {
    const slow = (stack: MillraceStack) =>
      job(stack, { target: { call: new CloudRunService(stack, "Slow", { image: IMAGE, timeout: "20m" }) } });
    expect(plan(slow).one("google_cloud_scheduler_job")["attempt_deadline"]).toBe("1200s");
  });

  it("says what it is told", () => {
    const { one } = plan((stack) =>
      job(stack, {
        schedule: "1st,third monday of month 09:00",
        timeZone: "Europe/Berlin",
        description: "costs ${amount}",
        paused: true,
        retry: { attempts: 2, minBackoff: "10s", maxBackoff: "5m", maxDoublings: 3, maxDuration: "10m" },
        target: {
          call: endpoint("https://reports.example.com", { audience: "reports" }),
          path: "/weekly?full=1",
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: "{}",
          identity: ServiceAccount.fromExisting(stack, "Caller", "cron@acme-dev.iam.gserviceaccount.com"),
          attemptDeadline: "5m",
        },
      }),
    );
    expect(one("google_cloud_scheduler_job")).toMatchObject({
      schedule: "1st,third monday of month 09:00",
      time_zone: "Europe/Berlin",
      description: "costs $${amount}",
      paused: true,
      attempt_deadline: "300s",
      retry_config: {
        retry_count: 2,
        min_backoff_duration: "10s",
        max_backoff_duration: "300s",
        max_doublings: 3,
        max_retry_duration: "600s",
      },
      http_target: {
        uri: "https://reports.example.com/weekly?full=1",
        http_method: "PUT",
        headers: { "content-type": "application/json" },
        body: "e30=",
        oidc_token: { service_account_email: "cron@acme-dev.iam.gserviceaccount.com", audience: "reports" },
      },
    });
  });
});

describe("a job that publishes", () => {
  const beat = (stack: MillraceStack) =>
    new SchedulerJob(stack, "Beat", {
      schedule: every.minutes(5),
      target: { publish: new Topic(stack, "Health"), data: "beat", attributes: { kind: "health" } },
    });

  it("needs no identity, and leaves out the deadline, which would be a diff for ever", () => {
    const { one, address, resources } = plan(beat);
    const found = one("google_cloud_scheduler_job");
    expect(found).toMatchObject({
      schedule: "*/5 * * * *",
      pubsub_target: {
        topic_name: `\${${address("google_pubsub_topic")}.id}`,
        data: "YmVhdA==",
        attributes: { kind: "health" },
      },
      lifecycle: { ignore_changes: ["attempt_deadline"] },
    });
    expect(found).not.toHaveProperty("attempt_deadline");
    expect(resources("google_service_account")).toEqual({});
  });
});

describe("the rules of a job", () => {
  it("refuse what Cloud Scheduler does not read, with every place", () => {
    const found = issuesOf((stack) => job(stack, { schedule: "60 25 * * 1" }));
    expect(found.map(({ code, problem }) => `${code} ${problem}`)).toEqual([
      expect.stringContaining('MR1901 "60 25 * * 1", at character 1: minute'),
      expect.stringContaining('MR1901 "60 25 * * 1", at character 4: hour'),
    ]);
  });

  it.each<[string, Partial<SchedulerJobProps>]>([
    ["MR1902", { timeZone: "Berlin" }],
    ["MR1905", { retry: { attempts: 6 } }],
    ["MR1905", { retry: { attempts: 1, minBackoff: "2m", maxBackoff: "1m" } }],
    ["MR1905", { retry: { attempts: 1, maxDoublings: 0.5 } }],
    ["MR1906", { schedule: every.minutes(1), retry: { attempts: 5 } }],
    ["MR1907", { schedule: every.day("02:30"), timeZone: "Europe/Berlin" }],
    ["MR1913", { description: "x".repeat(501) }],
    ["MR1006", { retry: { minBackoff: "soon" as "1s" } }],
  ])("find %s in %j", (code, props) => expect(codes(props)).toEqual([code]));

  it.each<[string, object]>([
    ["MR1903", { attemptDeadline: "10s" }],
    ["MR1903", { attemptDeadline: "31m" }],
    ["MR1910", { method: "GET", body: "x" }],
    ["MR1911", { headers: { "X-Google-Project": "x", "content-length": "3" } }],
    ["MR1912", { call: endpoint("http://reports.example.com") }],
    ["MR1904", { call: endpoint("https://a.example.com", { requestTimeoutSeconds: 300 }), attemptDeadline: "60s" }],
    ["MR1904", { call: endpoint("https://a.example.com", { requestTimeoutSeconds: 3_600 }) }],
  ])("find %s in a call of %j", (code, target) => expect(codesOf(calling(target))).toEqual([code]));

  it("want a message that Pub/Sub takes, on a topic of the same project", () => {
    const codesAt = (name: string, data?: string) =>
      codesOf((stack) => job(stack, { target: { publish: Topic.fromExisting(stack, "T", name), data } }));
    expect(codesAt("projects/acme-dev/topics/t")).toEqual(["MR1908"]);
    expect(codesAt("projects/other-project/topics/t", "x")).toEqual(["MR1909"]);
  });

  it("leave a job alone whose retries fit and whose hour exists", () =>
    expect(codes({ schedule: every.day("09:30"), timeZone: "Europe/Berlin", retry: { attempts: 5 } })).toEqual([]));
});

describe("the usual schedules", () => {
  it.each([
    [every.minutes(1), "* * * * *"],
    [every.minutes(15), "*/15 * * * *"],
    [every.hours(1, 30), "30 * * * *"],
    [every.hours(6), "0 */6 * * *"],
    [every.day("00:05"), "5 0 * * *"],
    [every.workday("17:45"), "45 17 * * 1-5"],
    [every.week("sunday", "09:00"), "0 9 * * 0"],
    [every.month(1, "06:00"), "0 6 1 * *"],
  ])("%s", (text, cron) => {
    expect(text).toBe(cron);
    expect(parseSchedule(text).ok).toBe(true);
  });

  it.each([every.minutes(0), every.day("24:00"), every.month(32, "09:00"), every.day("9" as "9:00")])(
    "are refused like any other where they say what cannot be: %j",
    (schedule) => expect(codes({ schedule })).toContain("MR1901"),
  );
});
