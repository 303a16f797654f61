import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudRunJob,
  CloudRunService,
  grantsOf,
  type MillraceStack,
  principal,
  ServiceAccount,
  TaskQueue,
  Topic,
  Workflow,
  WorkflowOrchestrator,
} from "../../../constructs";
import type { IPushTarget } from "../../../constructs/core";
import type { TransportName } from "../../../constructs/packaging/wrapper";
import { raw, type Steps, workflow } from "../../../constructs/workflows/builder";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, STACK, testStack } from "../../support/synth";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const PARENT = `projects/${STACK.project.id}/locations/${STACK.region}`;
const serviceOf = (stack: MillraceStack, id = "Payments", deadlineSeconds?: number) =>
  new CloudRunService(stack, id, { image: IMAGE, ...(deadlineSeconds !== undefined && { deadlineSeconds }) });
const simple = { source: "- done: {return: 1}" };

/** The definition of the only workflow of a plan, as Google reads it. */
const definitionIn = ({ one }: ReturnType<typeof plan>) =>
  (one("google_workflows_workflow").source_contents as string).replaceAll("$${", () => "${");

describe("a workflow", () => {
  it("deploys its definition with Terraform's templates escaped, and what the stack says of it", () => {
    const { one } = plan((stack) => {
      new Workflow(stack, "Orders", {
        definition: { source: 'main:\n  steps:\n    - done:\n        return: ${sys.get_env("STAGE") + "%{x}"}\n' },
        environment: { STAGE: "test" },
        description: "${literal}",
      });
    });
    expect(one("google_workflows_workflow")).toMatchObject({
      name: "web-dev-orders",
      project: STACK.project.id,
      region: STACK.region,
      source_contents: 'main:\n  steps:\n    - done:\n        return: $${sys.get_env("STAGE") + "%%{x}"}\n',
      description: "$${literal}",
      user_env_vars: { STAGE: "test" },
      call_log_level: "LOG_ERRORS_ONLY",
      execution_history_level: "EXECUTION_HISTORY_BASIC",
      deletion_protection: true,
    });
  });

  it("runs as an account of its own, which may write logs", () => {
    const { one } = plan((stack) => void new Workflow(stack, "Orders", { definition: simple }));
    expect(one("google_service_account").account_id).toBe("web-dev-orders-identity");
    expect(one("google_project_iam_member", { role: "roles/logging.logWriter" })).toBeDefined();
    const silent = plan((stack) => void new Workflow(stack, "Orders", { definition: simple, logCalls: "none" }));
    expect(silent.all("google_project_iam_member")).toEqual([]);
  });

  it("is not protected where the stack is not", () => {
    const { one } = plan((stack) => void new Workflow(stack, "Orders", { definition: simple }), {
      deletionProtection: false,
    });
    expect(one("google_workflows_workflow").deletion_protection).toBe(false);
  });

  it("lets its agent use the key before it is deployed", () => {
    const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/orders";
    const { one, address } = plan(
      (stack) => void new Workflow(stack, "Orders", { definition: simple, encryption: { kmsKeyName } }),
    );
    const { crypto_key_name: key, depends_on: before } = one("google_workflows_workflow");
    expect(key).toBe(kmsKeyName);
    expect(before).toContain(address("google_kms_crypto_key_iam_member"));
    expect(one("google_kms_crypto_key_iam_member").member).toContain("gcp-sa-workflows");
  });

  it("comes with an alarm for failed executions, and a section of the dashboard", () => {
    const { one } = plan((stack) => void new Workflow(stack, "Orders", { definition: simple }));
    const policy = one("google_monitoring_alert_policy");
    expect(policy.conditions[0].condition_threshold.filter).toBe(
      'metric.type = "workflows.googleapis.com/finished_execution_count" AND resource.type = "workflows.googleapis.com/Workflow" AND resource.labels.workflow_id = "web-dev-orders" AND resource.labels.location = "europe-west1" AND metric.labels.status = "FAILED"',
    );
    expect(one("google_monitoring_dashboard").dashboard_json).toContain("web-dev-orders");
  });

  it("reads a definition from a file of the stack's handlers, and names file, line and step of its faults", () => {
    const handlersDir = mkdtempSync(join(tmpdir(), "millrace-"));
    writeFileSync(join(handlersDir, "orders.yaml"), "main:\n  steps:\n    - done:\n        return: ${nothing}\n");
    const found = issuesOf((stack) => void new Workflow(stack, "Orders", { definition: { file: "orders.yaml" } }), {
      handlersDir,
    });
    expect(found).toMatchObject([
      {
        code: "MR6040",
        severity: "error",
        path: "web-dev/Orders",
        problem: expect.stringMatching(/^orders\.yaml:4:\d+ main\/done: /),
      },
    ]);
    rmSync(handlersDir, { recursive: true });
  });

  it("checks what it is given", () => {
    const codes = (more: object, definition: object = simple) =>
      codesOf((stack) => void new Workflow(stack, "Orders", { definition: definition as never, ...more }));
    expect(codes({})).toEqual([]);
    expect(codes({ description: "x".repeat(1_001) })).toEqual(["MR1551"]);
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`V${index}`, "x"]));
    expect(codes({ environment: many })).toEqual(["MR1552"]);
    expect(codes({ environment: { GOOGLE_X: "x" } })).toEqual(["MR1552"]);
    expect(codes({ environment: { X: "x".repeat(4_097) } })).toEqual(["MR1552"]);
    expect(codes({}, { file: "missing.yaml" })).toEqual(["MR1556"]);
    expect(codes({ tooManyWaiting: 5 })).toEqual(["MR1563"]);
    expect(codes({}, { source: "- ask: {call: http.get, args: {url: https://example.com}}" })).toEqual(["MR1558"]);
    const long = workflow((w) => {
      for (let i = 0; i < 81; i++) w.assign(`a${i}`, { [`v${i}`]: i });
    });
    expect(codes({}, long)).toEqual(["MR1559"]);
    const deep = workflow((w) => {
      const within = (w: Steps, left: number): void =>
        left === 0 ? void w.assign("set", { x: 1 }) : w.for(`level${left}`, [1], (w) => within(w, left - 1));
      within(w, 5);
    });
    expect(codes({}, deep)).toEqual(["MR1559"]);
    const again = { on: "always", maxRetries: 10 } as const;
    const storm = workflow((w) => {
      w.try("outer", (w) => void w.http("ask", { url: "https://example.com", retry: again }), { retry: again });
    });
    expect(codes({}, storm)).toEqual(["MR1564"]);
    expect(codesOf((stack) => void Workflow.fromExisting(stack, "Orders", "orders"))).toEqual(["MR1560"]);
  });
});

/** Calls a service, a topic, a queue, a job and another workflow. */
const everything = (stack: MillraceStack) => {
  const payments = serviceOf(stack);
  const topic = new Topic(stack, "Paid");
  const queue = new TaskQueue(stack, "Mail", { exhausted: "dropped" });
  const job = new CloudRunJob(stack, "Report", { image: IMAGE });
  const other = Workflow.fromExisting(stack, "Other", `${PARENT}/workflows/other`);
  return {
    payments,
    topic,
    queue,
    job,
    other,
    definition: workflow<{ readonly id: string }>("order", (w, order) => {
      w.call("charge", payments, { path: "/charge", body: { id: order.id }, retry: "not-accepted" });
      w.publish("tell", topic, { data: order, attributes: { kind: "paid" } });
      w.createTask("mail", queue, { target: payments, path: "/mail", body: { id: order.id }, deadline: "1m" });
      w.runJob("report", job, { overrides: { environment: { ORDER: "x" } }, timeout: "1d" });
      w.log("say", "done");
      return w.execute<number>("rest", other, { id: order.id });
    }),
  };
};

describe("an orchestrator", () => {
  const stack = testStack();
  const { definition } = everything(stack);
  const orchestrator = new WorkflowOrchestrator(stack, "Orders", { definition });
  const granted = grantsOf(stack)
    .filter(({ principal }) => principal === orchestrator.identity.principal)
    .map(({ role, resource }) => `${role} ${resource}`);

  it("may do what its steps do, on what they do it to, and nothing else", () =>
    expect(granted).toEqual([
      `roles/logging.logWriter projects/${STACK.project.id}`,
      `roles/workflows.invoker projects/${STACK.project.id}`,
      `roles/run.jobsExecutorWithOverrides ${PARENT}/jobs/web-dev-report`,
      `roles/run.viewer ${PARENT}/jobs/web-dev-report`,
      `roles/cloudtasks.enqueuer ${PARENT}/queues/web-dev-mail`,
      `roles/run.invoker ${PARENT}/services/web-dev-payments`,
      `roles/pubsub.publisher projects/${STACK.project.id}/topics/web-dev-paid`,
      `roles/iam.serviceAccountUser serviceAccounts/${orchestrator.identity.email}`,
    ]));

  it("says where its services are by variables, and asks for tokens of their audience", () => {
    const synthesized = plan((stack) => {
      new WorkflowOrchestrator(stack, "Orders", { definition: everything(stack).definition });
    });
    const { user_env_vars: env } = synthesized.one("google_workflows_workflow");
    expect(env).toEqual({ PAYMENTS_URL: `\${${synthesized.address("google_cloud_run_v2_service")}.uri}` });
    const { main } = JSON.parse(definitionIn(synthesized)) as { main: { steps: Record<string, { try: object }>[] } };
    expect(main.steps[0]!.charge!.try).toEqual({
      call: "http.post",
      args: {
        url: '${sys.get_env("PAYMENTS_URL") + "/charge"}',
        auth: { type: "OIDC", audience: "https://web-dev-payments-123456789012.europe-west1.run.app" },
        body: { id: "${order.id}" },
      },
    });
  });

  it("waits for its grants", () => {
    const { one, resources } = plan((stack) => {
      new WorkflowOrchestrator(stack, "Orders", { definition: everything(stack).definition });
    });
    const invoke = Object.keys(resources("google_cloud_run_v2_service_iam_member")).map(
      (name) => `google_cloud_run_v2_service_iam_member.${name}`,
    );
    expect(one("google_workflows_workflow").depends_on).toEqual(expect.arrayContaining(invoke));
  });

  it("waits for a service as long as the service may take", () => {
    const { definition } = (() => {
      const stack = testStack();
      const slow = serviceOf(stack, "Slow", 900);
      return { definition: workflow((w) => void w.call("ask", slow, { retry: "transient" })) };
    })();
    expect(definition.toJson()).toContain('"timeout":900');
    const impatient = (stack: MillraceStack) =>
      void new WorkflowOrchestrator(stack, "Orders", {
        definition: workflow(
          (w) => void w.call("ask", serviceOf(stack, "Slow", 900), { timeout: "10s", retry: "transient" }),
        ),
      });
    expect(codesOf(impatient)).toEqual(["MR1562"]);
  });

  it("is started by schedules, events and callers, each with its role", () => {
    const synthesized = plan((stack) => {
      new WorkflowOrchestrator(stack, "Orders", {
        definition: workflow((w) => w.return("done", 1)),
        schedules: { nightly: { schedule: "0 3 * * *", argument: { full: true } } },
        events: { uploads: { event: { on: "message-published", topic: new Topic(stack, "Uploads") } } },
        callers: [new ServiceAccount(stack, "Shop"), principal("group:ops@example.com")],
      });
    });
    const { http_target: target } = synthesized.one("google_cloud_scheduler_job");
    expect(target.uri).toBe(
      `https://workflowexecutions.googleapis.com/v1/${PARENT}/workflows/web-dev-orders/executions`,
    );
    expect(JSON.parse(Buffer.from(target.body as string, "base64").toString())).toEqual({ argument: '{"full":true}' });
    expect(synthesized.one("google_eventarc_trigger").destination).toEqual({
      workflow: `\${${synthesized.address("google_workflows_workflow")}.id}`,
    });
    expect(synthesized.all("google_project_iam_member", { role: "roles/workflows.invoker" })).toHaveLength(4);
  });

  it("warns where a failed execution would lose an event", () => {
    const build = (w: Steps, topic: Topic) => void w.publish("tell", topic, { data: 1 });
    const codes = codesOf((stack) => {
      const topic = new Topic(stack, "Uploads");
      new WorkflowOrchestrator(stack, "Orders", {
        definition: workflow((w) => build(w, topic)),
        events: { uploads: { event: { on: "message-published", topic } } },
      });
    });
    expect(codes).toContain("MR1557");
  });

  it("delivers to handlers what is one event however often the step is retried", () => {
    const stack = testStack();
    const payments = serviceOf(stack);
    const definition = workflow((w) => {
      w.deliver("charge", payments, { data: { id: 1 } });
      w.for("each", [1, 2], (w, n) => void w.deliver("ship", payments, { data: n, id: n as never }));
    });
    expect(definition.check()).toEqual([]);
    expect(definition.toYaml()).toContain('ce-id: ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID") + "/charge"}');
    expect(() => workflow((w) => w.for("each", [1, 2], (w) => void w.deliver("ship", payments, { data: 1 })))).toThrow(
      "each would be the same event",
    );
  });
});

describe("a step that calls a handler of a contract", () => {
  const contract = testContract();
  const found = (send: (w: Steps, target: IPushTarget) => unknown, transports: readonly TransportName[] = []) =>
    issuesOf(
      (stack) => {
        const charge = new CloudRunService(stack, "Charge", { contract, entry: "charge.handler.ts", transports });
        const definition = workflow<{ readonly id: string }>("order", (w) => void send(w, charge));
        new WorkflowOrchestrator(stack, "Orders", { definition });
      },
      { handlersDir: handlersOf(contract) },
    ).map(({ code, severity, problem, fix }) => ({ code, severity, problem, fix }));
  const retry = "transient";

  it("delivers an event: a plain request would be refused", () => {
    expect(found((w, charge) => w.call("ask", charge, { body: { id: 1 }, retry }))).toEqual([
      {
        code: "MR1566",
        severity: "error",
        problem: "main/ask sends a plain request to a handler, which takes events and answers anything else with 400",
        fix: expect.stringMatching(/^use `deliver`/),
      },
    ]);
    expect(found((w, charge) => w.call("ask", charge, { path: "/x", retry }), ["cloudEvents"])).toMatchObject([
      { code: "MR1566", severity: "error" },
    ]);
    expect(found((w, charge) => w.deliver("tell", charge, { data: { id: 1 } }), ["cloudEvents"])).toEqual([]);
  });

  it("is warned where the body is known when it runs, and might be a push that is sent on", () => {
    const body = raw<{ readonly id: string }>("order");
    expect(found((w, charge) => w.call("ask", charge, { body, retry }))).toMatchObject([
      { code: "MR1566", severity: "warning" },
    ]);
    expect(found((w, charge) => w.call("ask", charge, { body: { message: body }, retry }))).toEqual([]);
    expect(
      found((w, charge) => w.call("ask", charge, { headers: { "content-type": raw<string>("order.id") }, retry })),
    ).toEqual([]);
  });

  it("needs the transport of what it sends", () => {
    const forms: readonly (readonly [Record<string, string>, TransportName, object?])[] = [
      [{ "ce-specversion": "1.0", "ce-id": "1" }, "cloudEvents"],
      [{ "Content-Type": "application/cloudevents+json; charset=utf-8" }, "cloudEvents"],
      [{ "Content-Type": "application/cloudevents-batch+json" }, "cloudEventsBatch"],
      [{ "X-Millrace-Workflow-Execution": "1", "X-Millrace-Workflow-Step": "ask" }, "workflowSteps"],
    ];
    for (const [headers, transport] of forms) {
      const send = (w: Steps, charge: IPushTarget) => w.call("ask", charge, { headers, body: {}, retry });
      expect(found(send, ["tasks"])).toMatchObject([
        { code: "MR1338", severity: "error", fix: `set transports: ["${transport}"] on the workload` },
      ]);
      expect(found(send, [transport])).toEqual([]);
    }
    expect(found((w, charge) => w.deliver("tell", charge, { data: 1 }))).toMatchObject([{ code: "MR1338" }]);
    expect(found((w, charge) => w.deliver("tell", charge, { data: 1 }), ["eventarc"])).toEqual([]);
  });

  it("is found in YAML too, by the variable or the URL that it reads", () => {
    const url = "https://web-dev-charge-123456789012.europe-west1.run.app/x";
    const codes = (written: string, more = "") => {
      const call = `call: http.post, args: {url: '${written}', auth: {type: OIDC}, body: {id: 1}${more}}`;
      return issuesOf(
        (stack) => {
          const charge = new CloudRunService(stack, "Charge", {
            contract,
            name: "charge",
            entry: "charge.handler.ts",
            transports: ["cloudEvents"],
          });
          new WorkflowOrchestrator(stack, "Orders", {
            definition: { source: `- ask: {try: {${call}}, retry: "\${http.default_retry}"}` },
            calls: { CHARGE_URL: charge },
          });
        },
        { handlersDir: handlersOf(contract) },
      ).map(({ code }) => code);
    };
    const byVariable = '${sys.get_env("CHARGE_URL")}';
    expect(codes(byVariable)).toEqual(["MR1566"]);
    expect(codes(url)).toEqual(["MR1566"]);
    expect(codes(byVariable, ", headers: {ce-specversion: '1.0', ce-id: x}")).toEqual([]);
  });

  it("says nothing of an image, which answers what it likes", () =>
    expect(
      codesOf((stack) => {
        const image = new CloudRunService(stack, "Charge", { contract, image: IMAGE });
        new WorkflowOrchestrator(stack, "Orders", { definition: workflow((w) => w.call("ask", image, { retry })) });
      }),
    ).toEqual([]));
});

describe("an orchestrator of a definition in YAML", () => {
  const source = `
main:
  steps:
    - charge:
        try:
          call: http.post
          args: { url: '\${sys.get_env("PAYMENTS_URL") + "/charge"}', auth: { type: OIDC } }
        retry: \${http.default_retry_non_idempotent}
    - tell:
        call: googleapis.pubsub.v1.projects.topics.publish
        args: { topic: '\${sys.get_env("PAID")}', body: { messages: [{ data: e30= }] } }
    - report:
        call: googleapis.run.v1.namespaces.jobs.run
        args: { name: '\${sys.get_env("REPORT")}', location: europe-west1 }
    - rest:
        call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
        args: { workflow_id: other }
`;
  const build = (stack: MillraceStack) =>
    new WorkflowOrchestrator(stack, "Orders", {
      definition: { source },
      logCalls: "none",
      calls: {
        PAYMENTS_URL: serviceOf(stack),
        PAID: new Topic(stack, "Paid"),
        REPORT: new CloudRunJob(stack, "Report", { image: IMAGE }),
        OTHER: Workflow.fromExisting(stack, "Other", `${PARENT}/workflows/other`),
      },
    });

  it("may call what is declared, and nothing else, and is told where that is", () => {
    const stack = testStack();
    const { identity } = build(stack);
    const granted = grantsOf(stack)
      .filter(({ principal }) => principal === identity.principal)
      .map(({ role, resource }) => `${role} ${resource}`);
    expect(granted.sort()).toEqual([
      `roles/pubsub.publisher projects/${STACK.project.id}/topics/web-dev-paid`,
      `roles/run.invoker ${PARENT}/services/web-dev-payments`,
      `roles/run.jobsExecutorWithOverrides ${PARENT}/jobs/web-dev-report`,
      `roles/run.viewer ${PARENT}/jobs/web-dev-report`,
      `roles/workflows.invoker projects/${STACK.project.id}`,
    ]);
    const synthesized = planOf(stack);
    expect(synthesized.one("google_workflows_workflow").user_env_vars).toEqual({
      OTHER: `${PARENT}/workflows/other`,
      PAID: `projects/${STACK.project.id}/topics/web-dev-paid`,
      PAYMENTS_URL: `\${${synthesized.address("google_cloud_run_v2_service")}.uri}`,
      REPORT: `${PARENT}/jobs/web-dev-report`,
    });
    expect(codesOf((stack) => void build(stack))).toEqual([]);
  });

  it("is told where its identity may not call a service of the app whose URL it writes out", () => {
    const url = "https://web-dev-payments-123456789012.europe-west1.run.app/charge";
    const definition = {
      source: `- charge: {try: {call: http.post, args: {url: "${url}", auth: {type: OIDC}}}, retry: "\${http.default_retry}"}`,
    };
    const codes = (allow: boolean) =>
      codesOf((stack) => {
        const payments = serviceOf(stack);
        const calls = allow ? { calls: { PAYMENTS_URL: payments } } : {};
        new WorkflowOrchestrator(stack, "Orders", { definition, ...calls });
      });
    expect(codes(false)).toEqual(["MR1554"]);
    expect(codes(true)).toEqual([]);
  });

  it("declares nothing where the steps were built, and say it themselves", () =>
    expect(
      codesOf((stack) => {
        const definition = workflow((w) => w.return("done", 1));
        new WorkflowOrchestrator(stack, "Orders", { definition, calls: { PAID: new Topic(stack, "Paid") } });
      }),
    ).toEqual(["MR1565"]));
});

describe("a workflow whose identity may not do what its steps do", () => {
  it("is an error where it calls a service of this app", () => {
    const build = (stack: MillraceStack, allow: boolean) => {
      const payments = serviceOf(stack);
      const definition = workflow((w) => void w.call("ask", payments, { retry: "transient" }));
      const one = new Workflow(stack, "Orders", { definition });
      if (allow) payments.grantInvoke(one.identity);
    };
    expect(issuesOf((stack) => build(stack, false))).toMatchObject([
      {
        code: "MR1554",
        severity: "error",
        problem:
          "main/ask calls a service of this app, but web-dev-orders-identity@acme-dev.iam.gserviceaccount.com lacks roles/run.invoker on web-dev-payments: Google answers 403",
      },
    ]);
    expect(issuesOf((stack) => build(stack, true))).toEqual([]);
  });

  it("is a warning for a connector, which may be allowed elsewhere", () => {
    const definition = {
      source: `- tell: {call: googleapis.pubsub.v1.projects.topics.publish, args: {topic: projects/acme-dev/topics/web-dev-paid, body: {}}}`,
    };
    const build = (stack: MillraceStack, allow: boolean) => {
      const topic = new Topic(stack, "Paid");
      const one = new Workflow(stack, "Orders", { definition });
      if (allow) topic.grantPublish(one.identity);
    };
    expect(issuesOf((stack) => build(stack, false))).toMatchObject([{ code: "MR1555", severity: "warning" }]);
    expect(issuesOf((stack) => build(stack, true))).toEqual([]);
  });
});
