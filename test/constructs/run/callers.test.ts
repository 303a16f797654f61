import {
  CloudRunService,
  EventarcTrigger,
  grantsOf,
  principal,
  SchedulerJob,
  ServiceAccount,
  Subscription,
  TaskQueue,
  Topic,
  WorkflowOrchestrator,
} from "../../../constructs";
import type { IPushTarget, MillraceStack } from "../../../constructs/core";
import { workflow } from "../../../constructs/workflows/builder";
import { handlersOf, testContract } from "../../support/handlers";
import { planOf, testStack } from "../../support/synth";

const contract = testContract();

/** Everything that calls a target, each by itself. */
const CALLERS: Readonly<Record<string, (stack: MillraceStack, target: IPushTarget) => void>> = {
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
function called(by: readonly ((stack: MillraceStack, target: IPushTarget) => void)[]) {
  const stack = testStack({ handlersDir: handlersOf(contract), deletionProtection: false });
  const service = new CloudRunService(stack, "Charge", {
    contract,
    entry: "charge.handler.ts",
    transports: ["tasks", "scheduler", "cloudEvents"],
  });
  for (const build of by) build(stack, service);
  const { one } = planOf(stack);
  const env = one("google_cloud_run_v2_service")["template"].containers[0].env as { name: string; value: string }[];
  return {
    told: env.find(({ name }) => name === "MILLRACE_CALLERS")?.value.split(",") ?? [],
    may: grantsOf(stack).flatMap(({ role, resource, principal: who }) =>
      role === "roles/run.invoker" && resource === service.name ? [who] : [],
    ),
  };
}

describe("the runtime of a handler", () => {
  it.each(Object.entries(CALLERS))("is told of %s", (_who, build) => {
    const { told, may } = called([build]);
    expect(may).toHaveLength(1);
    expect(told.map((email) => `serviceAccount:${email}`)).toEqual(may);
  });

  it("is told of a group by nobody: its runtime takes events of accounts", () => {
    const group = (_stack: MillraceStack, target: IPushTarget) =>
      void target.grantInvoke(principal("group:shop@example.com"));
    expect(called([group, CALLERS["a job of Cloud Scheduler"]!]).told).toEqual([
      expect.stringMatching(/^web-dev-nightly-[a-z]+@acme-dev\./),
    ]);
  });
});
