import { tmpdir } from "node:os";
import { App } from "cdktf";
import {
  CloudRunService,
  endpoint,
  grantsOf,
  MillraceStack,
  ServiceAccount,
  TaskQueue,
  type TaskQueueProps,
} from "../../../constructs";
import { QUEUE_GENERATION } from "../../../constructs/tasks/queue";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, plan, planOf, STACK, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const NAME = "projects/acme-dev/locations/europe-west1/queues/web-dev-mails";

const queue = (stack: MillraceStack, props: TaskQueueProps = {}) =>
  new TaskQueue(stack, "Mails", { exhausted: "dropped", ...props });
const codes = (props: TaskQueueProps) => codesOf((stack) => queue(stack, props));

describe("a queue", () => {
  it("has Google's own rates and retries unless told otherwise, and logs", () => {
    const { one, address } = plan((stack) => queue(stack));
    expect(one("google_cloud_tasks_queue")).toMatchObject({
      name: "web-dev-mails",
      location: "europe-west1",
      rate_limits: { max_dispatches_per_second: 500, max_concurrent_dispatches: 1_000 },
      retry_config: {
        max_attempts: 100,
        max_retry_duration: "0s",
        min_backoff: "0.1s",
        max_backoff: "3600s",
        max_doublings: 16,
      },
      stackdriver_logging_config: { sampling_ratio: 1 },
      lifecycle: { prevent_destroy: true },
      depends_on: [address("google_project_service", { service: "cloudtasks.googleapis.com" })],
    });
  });

  it("says what it is told", () => {
    const retry = { attempts: 5, maxDuration: "1h", minBackoff: "5s", maxBackoff: "5m", maxDoublings: 3 } as const;
    const { one } = plan((stack) => queue(stack, { perSecond: 10, concurrent: 20, retry, logShare: 0.1 }));
    expect(one("google_cloud_tasks_queue")).toMatchObject({
      rate_limits: { max_dispatches_per_second: 10, max_concurrent_dispatches: 20 },
      retry_config: {
        max_attempts: 5,
        max_retry_duration: "3600s",
        min_backoff: "5s",
        max_backoff: "300s",
        max_doublings: 3,
      },
      stackdriver_logging_config: { sampling_ratio: 0.1 },
    });
  });
});

describe("a grant to enqueue", () => {
  const parties = (stack: MillraceStack) => ({
    shop: new ServiceAccount(stack, "Shop"),
    caller: new ServiceAccount(stack, "Caller"),
    target: new CloudRunService(stack, "Mailer", { image: IMAGE }),
  });

  it("is enqueuer on the queue, actAs on the identity, and the identity invoker of the target", () => {
    const stack = testStack();
    const { shop, caller, target } = parties(stack);
    const made = queue(stack);
    expect(made.name).toBe(NAME);
    expect(made.grantEnqueue(shop, { as: caller, target })).toHaveLength(3);
    const summary = grantsOf(stack).map(({ principal, role, resource }) => [principal, role, resource]);
    expect(summary).toEqual(
      expect.arrayContaining([
        [shop.principal, "roles/cloudtasks.enqueuer", NAME],
        [shop.principal, "roles/iam.serviceAccountUser", `serviceAccounts/${caller.email}`],
        [caller.principal, "roles/run.invoker", target.name],
      ]),
    );
    expect(summary).toHaveLength(3);
    expect(planOf(stack).one("google_cloud_tasks_queue_iam_member")).toMatchObject({
      location: "europe-west1",
      project: "acme-dev",
      role: "roles/cloudtasks.enqueuer",
    });
  });

  it("is known to the handler behind the target, which must be packaged to understand tasks", () => {
    const contract = testContract();
    const enqueue = (transports?: readonly "tasks"[]) => (stack: MillraceStack) => {
      const target = new CloudRunService(stack, "Charge", { contract, entry: "charge.handler.ts", transports });
      const as = new ServiceAccount(stack, "Caller");
      queue(stack).grantEnqueue(new ServiceAccount(stack, "Shop"), { as, target });
    };
    const given = { handlersDir: handlersOf(contract) };
    expect(codesOf(enqueue(), given)).toEqual(["MR1338"]);
    expect(codesOf(enqueue(["tasks"]), given)).toEqual([]);
    const { env } = plan(enqueue(["tasks"]), given).one("google_cloud_run_v2_service")["template"].containers[0];
    expect(env).toContainEqual({
      name: "MILLRACE_CALLERS",
      value: "web-dev-caller@acme-dev.iam.gserviceaccount.com",
    });
  });

  it("can be made on a queue of somebody else, and for a target that no role guards", () => {
    const { one, resources } = plan((stack) => {
      const { shop, caller } = parties(stack);
      const theirs = TaskQueue.fromExisting(stack, "Theirs", "projects/acme-mail/locations/us-east1/queues/out");
      theirs.grantEnqueue(shop, { as: caller, target: endpoint("https://mail.example.com") });
    });
    expect(one("google_cloud_tasks_queue_iam_member")).toMatchObject({
      project: "acme-mail",
      location: "us-east1",
      name: "out",
    });
    expect(resources("google_cloud_run_v2_service_iam_member")).toEqual({});
  });

  it("needs the queue's full name", () =>
    expect(codesOf((stack) => TaskQueue.fromExisting(stack, "Theirs", "out"))).toEqual(["MR1959"]));
});

describe("the rules of a queue", () => {
  it.each<[string, TaskQueueProps]>([
    ["MR1951", { perSecond: 0 }],
    ["MR1951", { perSecond: 501 }],
    ["MR1952", { concurrent: 0 }],
    ["MR1952", { concurrent: 5_001 }],
    ["MR1953", { retry: { attempts: 0 } }],
    ["MR1953", { retry: { attempts: 1.5 } }],
    ["MR1954", { retry: { minBackoff: "2m", maxBackoff: "1m" } }],
    ["MR1954", { retry: { maxDoublings: -1 } }],
    ["MR1955", { retry: { attempts: "unlimited" } }],
    ["MR1956", { exhausted: undefined }],
    ["MR1957", { logShare: 1.1 }],
    ["MR1958", { concurrent: 1 }],
    ["MR1006", { retry: { maxBackoff: "soon" as "1s" } }],
  ])("find %s in %j", (code, props) => expect(codes(props)).toEqual([code]));

  it("leave a queue alone that says what becomes of exhausted tasks", () => {
    expect(codes({ exhausted: "parked-by-handler" })).toEqual([]);
    expect(codes({ perSecond: 0.5, retry: { attempts: 1 } })).toEqual([]);
  });
});

describe("a queue's name", () => {
  const nameOf = (props: TaskQueueProps, context?: string) => {
    const app = new App({ outdir: tmpdir(), context: context ? { [QUEUE_GENERATION]: context } : {} });
    return queue(new MillraceStack(app, STACK), props).queueId;
  };

  it("changes with its generation: a deleted queue's name stays taken for days", () => {
    expect(nameOf({})).toBe("web-dev-mails");
    expect(nameOf({ generation: 2 })).toBe("web-dev-mails-2");
    expect(nameOf({ name: "post", generation: 3 })).toBe("web-dev-post-3");
    expect(nameOf({}, "4")).toBe("web-dev-mails-4");
    expect(nameOf({ generation: 5 }, "4")).toBe("web-dev-mails-5");
  });

  it("has whole generations", () => {
    expect(codes({ generation: 0 })).toEqual(["MR1960"]);
    expect(codes({ generation: 1.5 })).toContain("MR1960");
  });
});

describe("where a queue sends its tasks", () => {
  it("may be one target, whatever they say, called as an identity that may call it", () => {
    const stack = testStack();
    const target = new CloudRunService(stack, "Mailer", { image: IMAGE });
    const as = new ServiceAccount(stack, "Tasks");
    queue(stack, { routing: { target, as, path: "/send", method: "PUT", headers: { "x-from": "queue" } } });
    const { one, address } = planOf(stack);
    const found = one("google_cloud_tasks_queue");
    expect(found["http_target"]).toEqual({
      http_method: "PUT",
      uri_override: {
        scheme: "HTTPS",
        host: "web-dev-mailer-123456789012.europe-west1.run.app",
        path_override: { path: "/send" },
        uri_override_enforce_mode: "ALWAYS",
      },
      header_overrides: [{ header: { key: "x-from", value: "queue" } }],
      oidc_token: {
        service_account_email: `\${${address("google_service_account", { account_id: "web-dev-tasks" })}.email}`,
        audience: "https://web-dev-mailer-123456789012.europe-west1.run.app",
      },
    });
    expect(found["depends_on"]).toContain(address("google_cloud_run_v2_service_iam_member"));
  });

  it("may be a target for those tasks only that name none", () => {
    const { one } = plan((stack) =>
      queue(stack, {
        routing: {
          target: endpoint("http://127.0.0.1:8080"),
          as: new ServiceAccount(stack, "Tasks"),
          enforce: "if-missing",
        },
      }),
    );
    expect(one("google_cloud_tasks_queue")["http_target"]["uri_override"]).toEqual({
      scheme: "HTTP",
      host: "127.0.0.1",
      port: "8080",
      uri_override_enforce_mode: "IF_NOT_EXISTS",
    });
  });

  it("may be a service of App Engine", () => {
    const { one } = plan((stack) => queue(stack, { appEngine: { service: "mail", version: "v1", instance: "i" } }));
    expect(one("google_cloud_tasks_queue")["app_engine_routing_override"]).toEqual({
      service: "mail",
      version: "v1",
      instance: "i",
    });
  });
});
