import { type Caller, CALLERS, type Contract } from "../../../contract";
import {
  CloudRunJob,
  CloudRunService,
  CloudRunWorkerPool,
  EventarcTrigger,
  EventDrivenPipeline,
  grantsOf,
  principal,
  ScheduledJob,
  SchedulerJob,
  ServiceAccount,
  Subscription,
  TaskQueue,
  TaskQueueWorker,
  Topic,
  WorkflowOrchestrator,
} from "../../../constructs";
import { findingsOf, type IPushTarget, type MillraceStack } from "../../../constructs/core";
import { workflow } from "../../../constructs/workflows/builder";
import { handlersOf, testContract } from "../../support/handlers";
import { planOf, testStack } from "../../support/synth";

/** The kind of caller that each of these is for a contract. */
const KINDS: Readonly<Record<string, Caller>> = {
  "a push subscription": "pubsub",
  "a job of Cloud Scheduler": "scheduler",
  "who creates tasks for it": "tasks",
  "a queue that sends its tasks there": "tasks",
  "a trigger of Eventarc": "eventarc",
  "a workflow": "workflows",
  "an account that was let call it": "direct",
};

/** Whatever is in it, nothing is packaged. */
const IMAGE = `europe-docker.pkg.dev/acme/images/charge@sha256:${"0".repeat(64)}`;

/** Everything that calls a target, each by itself. */
const CALLS: Readonly<Record<string, (stack: MillraceStack, target: IPushTarget) => void>> = {
  "a push subscription": (stack, target) => {
    const topic = new Topic(stack, "Placed");
    new Subscription(stack, "Push", { topic, push: { target }, ackDeadline: "65s", deadLetter: false });
  },
  "a job of Cloud Scheduler": (stack, call) => {
    new SchedulerJob(stack, "Nightly", { schedule: "0 3 * * *", target: { call } });
  },
  "who creates tasks for it": (stack, target) => {
    const queue = new TaskQueue(stack, "Queue");
    queue.grantEnqueue(new ServiceAccount(stack, "Shop"), { as: new ServiceAccount(stack, "Tasks"), target });
  },
  "a queue that sends its tasks there": (stack, target) => {
    new TaskQueue(stack, "Queue", { routing: { target, as: new ServiceAccount(stack, "Tasks") } });
  },
  "a trigger of Eventarc": (stack, target) => {
    const acknowledge = [{ code: "MR1601", reason: "what is lost is read again" }] as const;
    new EventarcTrigger(stack, "Seen", { event: { on: "document-written" }, target, acknowledge });
  },
  "a workflow": (stack, target) => {
    new WorkflowOrchestrator(stack, "Orders", {
      definition: workflow((w) => w.deliver("charge", target, { data: 1 })),
    });
  },
  "an account that was let call it": (_stack, target) => {
    target.grantInvoke(principal("serviceAccount:shop@acme-shop.iam.gserviceaccount.com"));
  },
};

/** A handler's service, who may call it, and whom its runtime was told of. */
function called(by: readonly ((stack: MillraceStack, target: IPushTarget) => void)[], contract = testContract()) {
  const stack = testStack({ deletionProtection: false });
  const service = new CloudRunService(stack, "Charge", { contract, image: IMAGE });
  for (const build of by) build(stack, service);
  const { errors } = findingsOf(stack);
  const env = () =>
    planOf(stack).one("google_cloud_run_v2_service")["template"].containers[0].env as { name: string; value: string }[];
  return {
    errors,
    /** Of a plan that can be written. */
    told: () =>
      env()
        .find(({ name }) => name === "MILLRACE_CALLERS")
        ?.value.split(",") ?? [],
    may: grantsOf(stack).flatMap(({ role, resource, principal: who }) =>
      role === "roles/run.invoker" && resource === service.name ? [who] : [],
    ),
  };
}

describe("the runtime of a handler", () => {
  it.each(Object.entries(CALLS))("is told of %s", (_who, build) => {
    const { told, may } = called([build]);
    expect(may).toHaveLength(1);
    expect(told().map((email) => `serviceAccount:${email}`)).toEqual(may);
  });

  it("is told of a group by nobody: its runtime takes events of accounts", () => {
    const group = (_stack: MillraceStack, target: IPushTarget) =>
      void target.grantInvoke(principal("group:shop@example.com"));
    expect(called([group, CALLS["a job of Cloud Scheduler"]!]).told()).toEqual([
      expect.stringMatching(/^web-dev-nightly-[a-z]+@acme-dev\./),
    ]);
  });
});

describe("a contract that names its callers", () => {
  it.each(Object.entries(CALLS))("is told of %s as what it is", (who, build) => {
    const { told, may, errors } = called([build], testContract({ callers: [KINDS[who]!] }));
    expect(errors).toEqual([]);
    expect(told().map((one) => one.replace(/^[a-z]+:/, "serviceAccount:"))).toEqual(may);
    expect(told().map((one) => one.split(":")[0])).toEqual([KINDS[who]]);
  });

  it.each(Object.entries(CALLS))("refuses at synth %s where it names others (MR1339)", (who, build) => {
    const from = KINDS[who]!;
    const others = (Object.keys(CALLERS) as Caller[]).filter((caller) => caller !== from).sort();
    expect(called([build], testContract({ callers: others })).errors).toEqual([
      expect.objectContaining({
        code: "MR1339",
        path: "web-dev/Charge",
        got: from,
        want: others.join(", "),
        fix: `add "${from}" to the contract's callers, or wire one of ${others.join(", ")}`,
      }),
    ]);
  });

  it("takes an account that calls in two ways as both, and once with the role alone", () => {
    const account = (stack: MillraceStack) =>
      (stack.node.tryFindChild("Both") as ServiceAccount | undefined) ?? new ServiceAccount(stack, "Both");
    const { told } = called(
      [
        (stack, target) => void new TaskQueue(stack, "Queue", { routing: { target, as: account(stack) } }),
        (stack, call) => {
          const target = { call, identity: account(stack) };
          new SchedulerJob(stack, "Nightly", { schedule: "0 3 * * *", target });
        },
        (stack, target) => void target.grantInvoke(account(stack)),
      ],
      testContract({ callers: ["scheduler", "tasks"] }),
    );
    expect(told().map((one) => one.split(":")[0])).toEqual(["tasks", "scheduler"]);
  });

  const named = (callers: readonly Caller[]) => {
    const contract = testContract({ callers, store: "firestore" });
    const stack = testStack({ handlersDir: handlersOf(contract), deletionProtection: false });
    const entry = "charge.handler.ts";
    new EventDrivenPipeline(stack, "Pushed", {
      consumers: [{ contract, runOn: "service", image: IMAGE, redrive: { entry } }],
    });
    return {
      stack,
      contract,
      issues: () => findingsOf(stack).errors.map(({ code: one, path, got }) => [one, path, got]),
    };
  };

  it("is pulled for by a worker pool where it names Pub/Sub, and run by a job where it names that", () => {
    const { stack, contract, issues } = named(["pubsub"]);
    new CloudRunWorkerPool(stack, "Pool", { contract, image: IMAGE, name: "pool", subscription: aSubscription(stack) });
    expect(issues()).toEqual([]);
    new CloudRunJob(stack, "Job", { contract, image: IMAGE, name: "job" });
    expect(issues()).toEqual([["MR1339", "web-dev/Job", "job"]]);
  });

  it("is given its dead letters by a redrive job, whatever it names", () => {
    const { stack, contract, issues } = named(["tasks"]);
    new CloudRunWorkerPool(stack, "Pool", { contract, image: IMAGE, name: "pool", subscription: aSubscription(stack) });
    expect(issues()).toEqual([
      ["MR1339", "web-dev/Pool", "pubsub"],
      ["MR1339", "web-dev/Pushed/charge/Service", "pubsub"],
    ]);
  });

  it("is called by the queue or the schedule that it was made with", () => {
    const build = (callers: readonly Caller[]) => {
      const contracts = ["mail", "report"].map((name) => testContract({ name, callers, store: "firestore" }));
      const [mail, report] = contracts as [Contract, Contract];
      const stack = testStack({ deletionProtection: false });
      const worker = new TaskQueueWorker(stack, "Mails", {
        contract: mail,
        runOn: "service",
        image: IMAGE,
      });
      worker.grantEnqueue(new ServiceAccount(stack, "Shop"));
      new ScheduledJob(stack, "Reports", {
        schedule: "0 3 * * *",
        target: { handler: { contract: report, runOn: "service", image: IMAGE } },
      });
      const told = () =>
        planOf(stack)
          .all("google_cloud_run_v2_service")
          .map(({ template }) => template.containers[0].env as { name: string; value: string }[])
          .map((env) => env.find(({ name }) => name === "MILLRACE_CALLERS")?.value.split(":")[0]);
      return { told, errors: findingsOf(stack).errors.map(({ code, path, got }) => [code, path, got]) };
    };
    const wired = build(["scheduler", "tasks"]);
    expect([wired.errors, wired.told()]).toEqual([[], ["tasks", "scheduler"]]);
    expect(build(["pubsub"]).errors).toEqual([
      ["MR1339", "web-dev/Mails/Handler/Service", "tasks"],
      ["MR1339", "web-dev/Reports/Handler/Service", "scheduler"],
    ]);
  });
});

const aSubscription = (stack: MillraceStack) =>
  new Subscription(stack, "Pull", { topic: new Topic(stack, "Pulled"), deadLetter: false });
