import {
  CloudRunJob,
  type CloudRunJobProps,
  endpoint,
  every,
  grantsOf,
  type MillraceStack,
  ScheduledJob,
  type ScheduledJobProps,
  Topic,
} from "../../../constructs";
import { retriesThatFit } from "../../../constructs/scheduler/retries";
import { absenceSeconds } from "../../../constructs/scheduler/watch";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, planOf, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const contract = testContract({ name: "report", timeLimit: "10m", retry: { attempts: 4, minBackoff: "30s" } });
const handlersDir = handlersOf(contract);

const report = { contract, runOn: "service", entry: "report.handler.ts" } as const;
const job = (stack: MillraceStack, props: Partial<ScheduledJobProps> = {}) =>
  new ScheduledJob(stack, "Weekly", {
    schedule: every.week("monday", "09:00"),
    timeZone: "America/New_York",
    target: { handler: report, input: { report_type: "weekly" } },
    ...props,
  });
const codes = (build: (stack: MillraceStack) => unknown) =>
  codesOf((stack) => void build(stack), { handlersDir }).filter((code) => code.startsWith("MR19"));

describe("a handler on a schedule", () => {
  const stack = testStack({ handlersDir });
  const made = job(stack);
  const { one, address, all } = planOf(stack);
  const scheduled = one("google_cloud_scheduler_job");

  it("is called at the hour of its zone, with its input, and waited for as long as it may take", () => {
    expect(scheduled).toMatchObject({
      name: "web-dev-report",
      schedule: "0 9 * * 1",
      time_zone: "America/New_York",
      attempt_deadline: "605s",
      http_target: {
        http_method: "POST",
        headers: { "Content-Type": "application/json" },
        body: Buffer.from('{"report_type":"weekly"}').toString("base64"),
        oidc_token: { audience: "https://web-dev-report-123456789012.europe-west1.run.app" },
      },
    });
    expect(one("google_cloud_run_v2_service")["template"].timeout).toBe("605s");
  });

  it("is tried again as the contract says, and parks on the last attempt", () => {
    expect(scheduled["retry_config"]).toMatchObject({
      retry_count: 4,
      min_backoff_duration: "30s",
      max_backoff_duration: "600s",
    });
    const { env } = one("google_cloud_run_v2_service")["template"].containers[0];
    expect(Object.fromEntries(env.map(({ name, value }: Record<string, string>) => [name, value]))).toMatchObject({
      MILLRACE_MAX_DELIVERY_ATTEMPTS: "5",
      MILLRACE_DEADLINE_MS: "605000",
      MILLRACE_CALLERS: made.identity!.email,
      MILLRACE_DEAD_LETTER_TOPIC: made.deadLetterTopic!.name,
    });
  });

  it("is called by an identity that may do nothing else, and not before it can park", () => {
    expect(grantsOf(stack).filter(({ principal }) => principal === made.identity!.principal)).toEqual([
      expect.objectContaining({ role: "roles/run.invoker", on: "service" }),
    ]);
    expect(scheduled["depends_on"]).toEqual(
      expect.arrayContaining([
        address("google_cloud_run_v2_service"),
        address("google_cloud_run_v2_service_iam_member"),
        address("google_pubsub_topic_iam_member"),
        address("google_pubsub_subscription"),
      ]),
    );
  });

  it("tells somebody of a run that fails, and of a job that is paused or deleted", () => {
    const [condition] = one("google_monitoring_alert_policy", {
      display_name: "web-dev-report: a run failed, or runs were stopped",
    })["conditions"] as { condition_matched_log: { filter: string } }[];
    const { filter } = condition!.condition_matched_log;
    expect(filter).toContain('resource.labels.job_id="web-dev-report"');
    expect(filter).toContain('methodName=~"(PauseJob|DeleteJob)$"');
    // A week is longer than Cloud Monitoring waits for anything.
    expect(made.alarms.map(({ id }) => id)).toEqual(["RunFailed"]);
    expect(all("google_monitoring_alert_policy")).toHaveLength(11);
  });
});

describe("a run that is missed", () => {
  it("is noticed where runs are less than a day apart", () => {
    const stack = testStack({ handlersDir });
    const { alarms } = job(stack, { schedule: every.minutes(5) });
    expect(alarms.map(({ id }) => id)).toEqual(["RunFailed", "RunMissed"]);
    expect(alarms[1]!.conditions).toEqual([
      expect.objectContaining({
        absentForSeconds: 1_200,
        metric: expect.objectContaining({
          type: "run.googleapis.com/request_count",
          metricLabels: { response_code_class: "2xx" },
        }),
      }),
    ]);
  });

  it.each([
    [300_000, 1_200],
    [3_600_000, 4_500],
    [22 * 3_600_000, 80_100],
    [23 * 3_600_000, 83_700],
    [24 * 3_600_000, undefined],
  ])("with %i ms between runs shows after %p s", (gap, seconds) => expect(absenceSeconds(gap)).toBe(seconds));

  it("of every day is noticed by what 25 hours have brought, the longest day's too; a rarer one is not", () => {
    const conditionOf = (schedule: string) => {
      const stack = testStack({ handlersDir });
      const { alarms } = job(stack, { schedule, timeZone: "Europe/Berlin" });
      expect(alarms[0]!.id).toBe("RunFailed");
      const policy = planOf(stack)
        .all("google_monitoring_alert_policy")
        .find(({ display_name: name }) => String(name).endsWith("a run was missed"));
      return policy?.["conditions"][0].condition_threshold as object | undefined;
    };
    expect(conditionOf(every.day("09:30"))).toMatchObject({
      filter: expect.stringContaining("run.googleapis.com/request_count") as string,
      aggregations: [
        { alignment_period: "90000s", per_series_aligner: "ALIGN_DELTA", cross_series_reducer: "REDUCE_SUM" },
      ],
      comparison: "COMPARISON_LT",
      threshold_value: 1,
      duration: "1800s",
      evaluation_missing_data: "EVALUATION_MISSING_DATA_ACTIVE",
    });
    expect(conditionOf(every.week("monday", "09:00"))).toBeUndefined();
  });

  it("shows in executions of a job and in messages of a topic too", () => {
    const missed = (build: (stack: MillraceStack) => ScheduledJobProps["target"]) => {
      const stack = testStack();
      const { alarms } = job(stack, { schedule: every.hours(1), target: build(stack) });
      const [condition] = alarms.find(({ id }) => id === "RunMissed")?.conditions ?? [];
      return condition && "metric" in condition ? condition.metric.type : undefined;
    };
    expect(missed((stack) => ({ runJob: new CloudRunJob(stack, "J", { image: IMAGE }) }))).toBe(
      "run.googleapis.com/job/completed_execution_count",
    );
    expect(missed((stack) => ({ publish: new Topic(stack, "T"), data: "x" }))).toBe(
      "pubsub.googleapis.com/topic/send_request_count",
    );
    expect(missed(() => ({ call: endpoint("https://a.example.com") }))).toBeUndefined();
  });
});

describe("retries of a handler", () => {
  it("end before the next run is due", () => {
    const { manifest } = testContract({ retry: { attempts: 8, minBackoff: "10s", maxBackoff: "600s" } });
    expect(retriesThatFit(manifest).attempts).toBe(5);
    // 10 + 20 + 40 s fit into two minutes, another 80 s do not.
    expect(retriesThatFit(manifest, 120_000).attempts).toBe(3);
    expect(retriesThatFit(manifest, 5_000).attempts).toBe(0);
  });

  it("are what is said where something is said", () => {
    const stack = testStack({ handlersDir });
    job(stack, { retry: { attempts: 1 } });
    expect(planOf(stack).one("google_cloud_scheduler_job")["retry_config"]["retry_count"]).toBe(1);
  });
});

describe("overlap", () => {
  const runs = (props: Partial<CloudRunJobProps>, more: Partial<ScheduledJobProps> = {}) =>
    codes((stack) =>
      job(stack, {
        schedule: every.hours(1),
        target: { runJob: new CloudRunJob(stack, "J", { image: IMAGE, ...props }) },
        ...more,
      }),
    );

  it("of a handler is held back by Cloud Scheduler, which waits for the answer", () =>
    expect(codes((stack) => job(stack, { overlap: "forbid" }))).toEqual([]));

  it("of a job's executions is held by their length", () => {
    expect(runs({ timeout: "10m", retries: 2 }, { overlap: "forbid" })).toEqual([]);
    expect(runs({ timeout: "30m", retries: 2 }, { overlap: "forbid" })).toEqual(["MR1916"]);
    expect(runs({ timeout: "30m", retries: 2 })).toEqual(["MR1917"]);
    expect(runs({ timeout: "30m", retries: 2 }, { overlap: "allow" })).toEqual([]);
    // Ten tasks, two at a time: five rounds of an attempt.
    expect(runs({ timeout: "15m", retries: 0, tasks: 10, parallelism: 2 })).toEqual(["MR1917"]);
  });

  it("of what a topic's subscribers do cannot be forbidden", () =>
    expect(
      codes((stack) => job(stack, { target: { publish: new Topic(stack, "T"), data: "x" }, overlap: "forbid" })),
    ).toEqual(["MR1916"]));
});

describe("a handler that Cloud Scheduler would not wait for", () => {
  it("is an error that says what to do instead", () => {
    const slow = testContract({ name: "slow", timeLimit: "40m" });
    const found = codesOf(
      (stack) => job(stack, { target: { handler: { contract: slow, runOn: "service", entry: "slow.handler.ts" } } }),
      { handlersDir: handlersOf(slow) },
    );
    expect(found).toContain("MR1915");
  });
});
