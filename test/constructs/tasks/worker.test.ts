import {
  CloudRunService,
  grantsOf,
  type MillraceStack,
  ServiceAccount,
  TaskQueueWorker,
  type TaskQueueWorkerProps,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, planOf, testStack } from "../../support/synth";

const contract = testContract({ name: "mail", retry: { attempts: 5, minBackoff: "2s", maxBackoff: "60s" } });
const handlersDir = handlersOf(contract);
const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;

const worker = (stack: MillraceStack, props: Partial<TaskQueueWorkerProps> = {}) =>
  new TaskQueueWorker(stack, "Mail", {
    contract,
    runOn: "service",
    entry: "mail.handler.ts",
    ...props,
  } as TaskQueueWorkerProps);
const codes = (props: Partial<TaskQueueWorkerProps>, of = contract) =>
  codesOf((stack) => worker(stack, { contract: of, ...props }), { handlersDir: handlersOf(of) }).filter((code) =>
    code.startsWith("MR19"),
  );

describe("a queue and its worker", () => {
  const stack = testStack({ handlersDir });
  const made = worker(stack, { perSecond: 10, retry: { attempts: 5 }, maxInstances: 2 });
  made.grantEnqueue(new ServiceAccount(stack, "Shop"));
  const { one, address, resources } = planOf(stack);
  const service = one("google_cloud_run_v2_service");
  const env = Object.fromEntries(
    service["template"].containers[0].env.map(({ name, value }: Record<string, string>) => [name, value]),
  );

  it("has the rates it is given, pauses by the contract, and no more dispatches than the worker takes", () => {
    expect(one("google_cloud_tasks_queue")).toMatchObject({
      name: "web-dev-mail",
      rate_limits: { max_dispatches_per_second: 10, max_concurrent_dispatches: 40 },
      retry_config: { max_attempts: 5, min_backoff: "2s", max_backoff: "60s" },
      stackdriver_logging_config: { sampling_ratio: 1 },
    });
  });

  it("has a worker that understands tasks, waits no shorter than its handler, and parks on the last attempt", () => {
    expect(env).toMatchObject({
      MILLRACE_DEADLINE_MS: "65000",
      MILLRACE_MAX_DELIVERY_ATTEMPTS: "5",
      MILLRACE_CALLERS: "web-dev-mail-tasks@acme-dev.iam.gserviceaccount.com",
      MILLRACE_DEAD_LETTER_TOPIC: "projects/acme-dev/topics/web-dev-mail-dead-letter",
    });
    expect(service["template"].timeout).toBe("65s");
  });

  it("is called by the identity that tasks name, and by nobody else", () => {
    const account = address("google_service_account", { account_id: "web-dev-mail-tasks" });
    const invokers = Object.values(resources("google_cloud_run_v2_service_iam_member"));
    expect(invokers.map(({ role, member }) => [role, member])).toEqual([
      ["roles/run.invoker", `serviceAccount:\${${account}.email}`],
    ]);
  });

  it("lets a producer create tasks as that identity, once the worker can carry them out", () => {
    const grants = grantsOf(stack).filter(({ principal }) => principal.includes("web-dev-shop@"));
    expect(grants.map(({ role, on }) => [role, on])).toEqual(
      expect.arrayContaining([
        ["roles/cloudtasks.enqueuer", "queue"],
        ["roles/iam.serviceAccountUser", "service account"],
      ]),
    );
    const enqueuer = one("google_cloud_tasks_queue_iam_member");
    expect(enqueuer["depends_on"]).toEqual(
      expect.arrayContaining([
        address("google_cloud_run_v2_service"),
        address("google_cloud_run_v2_service_iam_member"),
        address("google_pubsub_topic_iam_member"),
      ]),
    );
  });

  it("says what every task has in common", () => {
    const url = "https://web-dev-mail-123456789012.europe-west1.run.app";
    expect(made.taskDefaults).toEqual({
      parent: "projects/acme-dev/locations/europe-west1/queues/web-dev-mail",
      httpRequest: {
        httpMethod: "POST",
        url,
        oidcToken: { serviceAccountEmail: "web-dev-mail-tasks@acme-dev.iam.gserviceaccount.com", audience: url },
      },
      dispatchDeadline: "65s",
    });
  });

  it("watches depth, lateness and what was parked", () => {
    expect(made.alarms.map(({ id }) => id)).toEqual(["Depth", "Late", "Parked", "DeadLetterAge"]);
    expect(Object.keys(resources("google_monitoring_alert_policy"))).toHaveLength(12);
  });
});

describe("a producer", () => {
  it("is told how to make tasks", () => {
    const stack = testStack({ handlersDir });
    const producer = new CloudRunService(stack, "Shop", { image: IMAGE });
    const made = worker(stack);
    made.bindProducer(producer);
    const { one } = planOf(stack);
    const { env } = one("google_cloud_run_v2_service", { name: "web-dev-shop" })["template"].containers[0];
    expect(env).toEqual([{ name: "MAIL_TASKS", value: JSON.stringify(made.taskDefaults) }]);
  });
});

describe("a worker's numbers", () => {
  it("allow attempts that meet no instance, since a task whose attempts are used up is deleted", () => {
    const stack = testStack({ handlersDir });
    worker(stack);
    expect(planOf(stack).one("google_cloud_tasks_queue")["retry_config"]["max_attempts"]).toBe(100);
  });

  it("agree with each other", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ concurrent: 500, maxInstances: 2 })).toEqual(["MR1962"]);
    expect(codes({ retry: { attempts: 3 } })).toEqual(["MR1963"]);
    expect(codes({}, testContract({ name: "mail", order: true }))).toEqual(["MR1964"]);
  });

  it("stay within what Cloud Tasks waits", () => {
    expect(codes({}, testContract({ name: "mail", timeLimit: "40m" }))).toEqual(["MR1961"]);
    expect(codes({}, testContract({ name: "mail", timeLimit: "20m" }))).toEqual(["MR1965"]);
  });
});

describe("alarms that tell nobody", () => {
  const found = (props: Partial<TaskQueueWorkerProps>, deletionProtection = true) =>
    codesOf((stack) => worker(stack, props), { handlersDir, deletionProtection }).filter((code) => code === "MR1702");

  it("are a warning where somebody depends on the stack", () => {
    expect(found({})).toEqual(["MR1702"]);
    expect(found({}, false)).toEqual([]);
    expect(found({ alarms: false })).toEqual([]);
  });
});
