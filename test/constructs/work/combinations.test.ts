import { App } from "cdktf";
import * as fc from "fast-check";
import {
  CloudRunJob,
  CloudRunService,
  CloudRunWorkerPool,
  DeadLetteredSubscription,
  every,
  type HandlerTarget,
  MillraceStack,
  principal,
  ScheduledJob,
  type ScheduledJobProps,
  ServiceAccount,
  TaskQueueWorker,
  type TaskQueueWorkerProps,
  Topic,
} from "../../../constructs";
import { matchers } from "../../../testing/jest";
import { describeWithTerraform, plan } from "../../../testing/plan";
import { built, issuesOf } from "../../local/deliverability/plans";
import { handlersOf, testContract } from "../../support/handlers";
import { STACK } from "../../support/synth";

expect.extend(matchers);

/* Whatever is combined, the plan delivers: every call is allowed, every deadline is kept, nothing is granted in vain. */

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const contracts = {
  mail: testContract({ name: "mail", retry: { attempts: 5 } }),
  report: testContract({ name: "report", timeLimit: "10m", store: "memory" }),
  import: testContract({ name: "import", timeLimit: "5m" }),
  films: testContract({ name: "films", timeLimit: "40m" }),
};
const handlersDir = handlersOf(...Object.values(contracts));

interface Choice {
  readonly runOn: "service" | "function";
  readonly perSecond: number;
  readonly attempts: number | "unlimited";
  readonly producer: "workload" | "account" | "none";
  readonly schedule: string;
  readonly timeZone: string;
  readonly scheduled: "handler" | "call" | "job" | "job with overrides" | "topic" | "app engine";
  readonly tasks: number;
  readonly ofImage: boolean;
  readonly pool: boolean;
  readonly alarms: boolean;
}

const choices: fc.Arbitrary<Choice> = fc.record({
  runOn: fc.constantFrom("service", "function"),
  perSecond: fc.integer({ min: 1, max: 500 }),
  attempts: fc.oneof(fc.integer({ min: 5, max: 100 }), fc.constant("unlimited" as const)),
  producer: fc.constantFrom("workload", "account", "none"),
  schedule: fc.constantFrom(every.minutes(5), every.day("09:30"), every.week("monday", "09:00"), "every 12 hours"),
  timeZone: fc.constantFrom("Etc/UTC", "America/New_York", "Europe/Berlin"),
  scheduled: fc.constantFrom("handler", "call", "job", "job with overrides", "topic", "app engine"),
  tasks: fc.integer({ min: 1, max: 10_000 }),
  ofImage: fc.boolean(),
  pool: fc.boolean(),
  alarms: fc.boolean(),
});

function build(stack: MillraceStack, choice: Choice): void {
  const { runOn, perSecond, attempts, tasks, alarms } = choice;
  const worker = new TaskQueueWorker(stack, "Mail", {
    contract: contracts.mail,
    runOn,
    entry: "mail.handler.ts",
    perSecond,
    retry: { attempts },
    alarms,
  } as TaskQueueWorkerProps);
  if (choice.producer === "workload") worker.bindProducer(new CloudRunService(stack, "Shop", { image: IMAGE }));
  if (choice.producer === "account") worker.grantEnqueue(new ServiceAccount(stack, "Producer"));
  const job = choice.ofImage
    ? new CloudRunJob(stack, "Import", { image: IMAGE, tasks, alarms })
    : new CloudRunJob(stack, "Import", { contract: contracts.import, entry: "import.handler.ts", tasks, alarms });
  job.grantRun(principal("group:ops@example.com"));
  new ScheduledJob(stack, "Scheduled", {
    schedule: choice.schedule,
    timeZone: choice.timeZone,
    target: targetOf(stack, choice, job),
    alarms,
  });
  if (choice.pool)
    new CloudRunWorkerPool(stack, "Films", {
      contract: contracts.films,
      entry: "films.handler.ts",
      subscription: new DeadLetteredSubscription(stack, "Uploads", { topic: new Topic(stack, "Topic") }),
    });
}

function targetOf(stack: MillraceStack, { scheduled, runOn }: Choice, job: CloudRunJob): ScheduledJobProps["target"] {
  switch (scheduled) {
    case "handler":
      return { handler: { contract: contracts.report, runOn, entry: "report.handler.ts" } as HandlerTarget["handler"] };
    case "call":
      return { call: new CloudRunService(stack, "Reports", { image: IMAGE, timeout: "20m" }) };
    case "job":
      return { runJob: job };
    case "job with overrides":
      return { runJob: job, overrides: { tasks: 1 } };
    case "topic":
      return { publish: new Topic(stack, "Beats"), data: "beat" };
    default:
      return { appEngine: {}, path: "/weekly" };
  }
}

describe("queues, schedules, jobs and pools, in any combination,", () => {
  it("deliver", () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const issues = issuesOf(built((stack) => build(stack, choice), { handlersDir }));
        expect(issues.map(({ code, path, problem }) => `${code} ${path}: ${problem}`)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describeWithTerraform("Terraform", () => {
  it("accepts them, and plans nothing more once they are applied", async () => {
    const [choice] = fc.sample(choices, { numRuns: 1, seed: 7 });
    const app = new App();
    build(new MillraceStack(app, { ...STACK, handlersDir }), { ...choice!, pool: true, producer: "workload" });
    await expect(await plan(app)).toBeStable();
  });
});
