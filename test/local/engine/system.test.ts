import { IssuesError } from "../../../contract/issue";
import { completeByAdapter } from "../../../local/engine/adapters";
import { loadSystem } from "../../../local/engine/load";
import { systemOf, targetOf } from "../../../local/engine/system";
import { makePlan } from "../../../local/plan/plan";
import { readStacks } from "../../../local/plan/read";
import { AGENT, NUMBER, outFolder, pipeline, PROJECT } from "./fixture";

const out = outFolder();

function run(json: unknown) {
  const plan = makePlan(readStacks(out.write({ app: json }), "app"), completeByAdapter);
  const system = systemOf(plan.resources, plan.projectNumber);
  const attributes = Object.fromEntries(plan.resources.map(({ address, attributes }) => [address, attributes]));
  return { system, attributes, issues: [...plan.issues, ...system.issues] };
}

const changed = (change: Parameters<typeof pipeline>[0]) => run(pipeline(change));
const codes = ({ issues }: ReturnType<typeof run>) =>
  issues.map(({ code, path, severity }) => `${severity} ${code} ${path}`);

describe("a system made from a plan", () => {
  const { system, issues, attributes } = run(pipeline());

  it("has nothing to complain about in a sound pipeline", () => expect(issues).toEqual([]));

  it("has the transforms and the schema of a topic, as Terraform would read them", () => {
    const definition = '{"type":"record","name":"Order","fields":[]}';
    const { system: made, issues: found } = changed((resource) => {
      resource.google_pubsub_schema = { order: { name: "order", type: "AVRO", definition } };
      Object.assign(resource.google_pubsub_topic!.orders!, {
        schema_settings: { schema: "${google_pubsub_schema.order.id}", encoding: "BINARY" },
        // cdktf writes a list; `$${` is how Terraform writes `${`.
        message_transforms: [
          { javascript_udf: { function_name: "f", code: "function f(m) { return {data: `$${m.data}!`}; }" } },
          { disabled: true, javascript_udf: [{ function_name: "g", code: "function g(m) { return m; }" }] },
        ],
      });
    });
    expect(found).toEqual([]);
    expect(made.topics[0]!.config).toEqual({
      name: `projects/${PROJECT}/topics/orders`,
      transforms: [
        { functionName: "f", code: "function f(m) { return {data: `${m.data}!`}; }" },
        { functionName: "g", code: "function g(m) { return m; }", disabled: true },
      ],
      schema: { name: `projects/${PROJECT}/schemas/order`, encoding: "BINARY", type: "AVRO", definition },
    });
  });

  it("has the plan's topics and subscriptions under their full names", () => {
    expect(system.topics.map(({ config }) => config.name)).toEqual([
      `projects/${PROJECT}/topics/orders`,
      `projects/${PROJECT}/topics/orders-dead`,
    ]);
    const [charge, kept] = system.subscriptions.map(({ config }) => config);
    expect(charge).toEqual({
      name: `projects/${PROJECT}/subscriptions/charge`,
      topic: `projects/${PROJECT}/topics/orders`,
      ackDeadlineMs: 30_000,
      retentionMs: 604_800_000,
      retainAcked: false,
      ordering: true,
      exactlyOnce: false,
      filter: 'attributes.kind = "charge"',
      retry: { minMs: 1_000, maxMs: 20_000 },
      deadLetter: { topic: `projects/${PROJECT}/topics/orders-dead`, maxAttempts: 5 },
      push: {
        endpoint: `https://charge-${NUMBER}.europe-west1.run.app/events`,
        oidc: { serviceAccountEmail: `push-charge@${PROJECT}.iam.gserviceaccount.com`, audience: "charge-audience" },
      },
    });
    expect(kept).toMatchObject({
      topic: `projects/${PROJECT}/topics/orders-dead`,
      ackDeadlineMs: 10_000,
      ordering: false,
    });
    expect(kept).not.toHaveProperty("retry");
  });

  it("has a target with its archive, its numbers and those who may invoke it", () => {
    expect(system.targets).toEqual([
      {
        address: "app/google_cloud_run_v2_service.charge",
        urls: [`https://charge-${NUMBER}.europe-west1.run.app`],
        resource: expect.objectContaining({ type: "google_cloud_run_v2_service" }),
        spec: {
          name: "charge",
          kind: "service",
          project: PROJECT,
          region: "europe-west1",
          url: `https://charge-${NUMBER}.europe-west1.run.app`,
          audiences: [`https://charge-${NUMBER}.europe-west1.run.app`, "charge-audience"],
          invokers: [`serviceAccount:push-charge@${PROJECT}.iam.gserviceaccount.com`],
          archive: expect.stringMatching(/stacks\/app\/archives\/charge\.zip$/),
          archiveDigest: expect.stringMatching(/^[0-9a-f]{32}$/),
          environment: { GREETING: "hello" },
          concurrency: 4,
          maxInstances: 2,
          timeoutMs: 30_000,
          serviceAccountEmail: `run-charge@${PROJECT}.iam.gserviceaccount.com`,
        },
      },
    ]);
  });

  it("has databases and their time-to-live fields", () => {
    const database = `projects/${PROJECT}/databases/records`;
    expect(system.databases).toEqual([database]);
    expect(system.ttls).toEqual([{ database, collectionGroup: "records", field: "expireAt" }]);
  });

  it("says of every resource how much of it happens here", () => {
    const levels = Object.fromEntries(
      system.fidelity.map(({ address, level }) => [address.replace("app/", ""), level]),
    );
    expect(levels).toMatchObject({
      "google_pubsub_topic.orders": "runs",
      "google_cloud_run_v2_service.charge": "runs",
      "google_cloud_run_v2_service_iam_member.invoke": "runs",
      "google_firestore_field.ttl": "runs",
      "google_storage_bucket.code": "runs",
      "google_monitoring_alert_policy.dead": "stored",
    });
    expect(system.fidelity.find(({ type }) => type === "google_pubsub_topic")!.constructPath).toBe("app/Orders/Topic");
  });

  it("computes the addresses and ids that Google would", () => {
    expect(attributes["google_cloud_run_v2_service_iam_member.invoke"]!.id).toBe(
      `projects/${PROJECT}/locations/europe-west1/services/charge/roles/run.invoker/serviceAccount:push-charge@${PROJECT}.iam.gserviceaccount.com`,
    );
    expect(attributes["google_service_account.push"]).toMatchObject({
      id: `projects/${PROJECT}/serviceAccounts/push-charge@${PROJECT}.iam.gserviceaccount.com`,
      unique_id: expect.stringMatching(/^\d{21}$/),
    });
    expect(attributes["google_pubsub_topic.orders"]!.terraform_labels).toEqual({
      "goog-terraform-provisioned": "true",
      team: "a",
    });
    expect(attributes["google_monitoring_alert_policy.dead"]!.name).toMatch(
      /^projects\/demo-project\/alertPolicies\/\d{19}$/,
    );
    // md5 of "zip"
    expect(attributes["google_storage_bucket_object.charge"]!.md5hexhash).toBe("adcdbd79a8d84175c229b192aadc02f2");
  });
});

describe("a function of the second generation", () => {
  const { system, issues } = changed((resource) => {
    resource.google_cloudfunctions2_function = {
      audit: {
        name: "audit",
        location: "europe-west1",
        build_config: {
          entry_point: "handler",
          runtime: "nodejs22",
          source: { storage_source: { bucket: "code", object: "charge.zip" } },
        },
        service_config: { environment_variables: { A: "1" } },
      },
    };
    resource.google_cloud_run_v2_service_iam_member!.audit = {
      name: "${google_cloudfunctions2_function.audit.service_config[0].service}",
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "${google_service_account.push.member}",
    };
    resource.google_pubsub_subscription!.audit = {
      name: "audit",
      topic: "orders",
      push_config: {
        push_endpoint: "${google_cloudfunctions2_function.audit.url}",
        oidc_token: { service_account_email: "${google_service_account.push.email}" },
      },
    };
  });

  it("is a target that answers to both of its addresses, invoked through its service", () => {
    expect(issues).toEqual([]);
    const url = `https://europe-west1-${PROJECT}.cloudfunctions.net/audit`;
    const target = targetOf(system.targets, `${url}?x=1`)!;
    expect(target.urls).toEqual([`https://audit-${NUMBER}.europe-west1.run.app`, url]);
    expect(target.spec).toMatchObject({
      kind: "function",
      entryPoint: "handler",
      concurrency: 1,
      timeoutMs: 60_000,
      environment: { A: "1" },
      invokers: [`serviceAccount:push-charge@${PROJECT}.iam.gserviceaccount.com`],
      serviceAccountEmail: `${NUMBER}-compute@developer.gserviceaccount.com`,
    });
    expect(targetOf(system.targets, `${url}ed`)).toBeUndefined();
    const audience = system.subscriptions.find(({ config }) => config.name.endsWith("/audit"))!.config.push!.oidc!
      .audience;
    expect(audience).toBe(url);
  });
});

describe("dead-lettering", () => {
  const [subscription, topic] = [`projects/${PROJECT}/subscriptions/charge`, `projects/${PROJECT}/topics/orders-dead`];

  it("is allowed by both grants to Pub/Sub's own identity", () => {
    expect(run(pipeline()).system.canDeadLetter(subscription, topic)).toBe(true);
  });

  it.each(["google_pubsub_topic_iam_member", "google_pubsub_subscription_iam_member"])(
    "stops without the %s",
    (type) => {
      const result = changed((resource) => void delete resource[type]);
      // The number is read from the agents the plan names; one is left.
      expect(result.system.canDeadLetter(subscription, topic)).toBe(false);
      expect(codes(result)).toEqual(["warning MR4026 app/google_pubsub_subscription.charge"]);
    },
  );

  it("is allowed by a grant on the project as well", () => {
    const { system, issues } = changed((resource) => {
      delete resource.google_pubsub_topic_iam_member;
      resource.google_project_iam_member = { p: { project: PROJECT, role: "roles/pubsub.publisher", member: AGENT } };
    });
    expect(issues).toEqual([]);
    expect(system.canDeadLetter(subscription, topic)).toBe(true);
  });
});

describe("what a plan gets wrong", () => {
  it.each<[string, Parameters<typeof pipeline>[0], string[]]>([
    [
      "an argument without which nothing can be made",
      (r) => void delete r.google_pubsub_topic!.dead!.name,
      ["error MR4014 app/google_pubsub_topic.dead"],
    ],
    [
      "text where a number belongs",
      (r) => void (r.google_pubsub_subscription!.kept!.ack_deadline_seconds = "soon"),
      ["error MR4015 app/google_pubsub_subscription.kept.ack_deadline_seconds"],
    ],
    [
      "a duration that is none",
      (r) => void (r.google_pubsub_subscription!.charge!.retry_policy = { minimum_backoff: "10 s" }),
      ["error MR4015 app/google_pubsub_subscription.charge.retry_policy.minimum_backoff"],
    ],
    [
      "an endpoint that is no URL",
      (r) => void (r.google_pubsub_subscription!.kept!.push_config = { push_endpoint: "charge" }),
      ["error MR4015 app/google_pubsub_subscription.kept.push_config.push_endpoint"],
    ],
    [
      "a type that is not simulated",
      (r) => void (r.google_redis_instance = { r: {} }),
      ["warning MR4016 app/google_redis_instance.r"],
    ],
    [
      "arguments that are not simulated, each by name",
      (r) =>
        Object.assign(r.google_pubsub_subscription!.kept!, {
          cloud_storage_config: { bucket: "code", avro_config: { use_topic_schema: true } },
        }),
      ["warning MR4017 app/google_pubsub_subscription.kept.cloud_storage_config.avro_config.use_topic_schema"],
    ],
    [
      "a schema of nobody, which no message is checked against",
      (r) =>
        void (r.google_pubsub_topic!.orders!.schema_settings = {
          schema: "projects/other/schemas/order",
          encoding: "JSON",
        }),
      ["warning MR4034 app/google_pubsub_topic.orders.schema_settings"],
    ],
    [
      "a command and a volume beside an archive, which they do not start",
      (r) => {
        const template = r.google_cloud_run_v2_service!.charge!.template as Record<string, unknown>;
        template.containers = [{ image: "node", command: ["node"] }];
        template.volumes = [{ name: "data", gcs: { bucket: "other" } }];
      },
      [
        "warning MR4017 app/google_cloud_run_v2_service.charge.template.containers.command",
        "warning MR4017 app/google_cloud_run_v2_service.charge.template.volumes.name",
        "warning MR4017 app/google_cloud_run_v2_service.charge.template.volumes.gcs.bucket",
      ],
    ],
    [
      "nothing about a command that starts the archive from its mounted bucket",
      (r) => {
        const template = r.google_cloud_run_v2_service!.charge!.template as Record<string, unknown>;
        template.containers = [{ image: "node", command: ["node"], args: ["/code/charge.cjs"] }];
        template.volumes = [{ name: "code", gcs: { bucket: "code" } }];
      },
      [],
    ],
    [
      "an archive that is not there",
      (r) => void (r.google_storage_bucket_object!.charge!.source = "archives/gone.zip"),
      ["error MR4018 app/google_storage_bucket_object.charge"],
    ],
    [
      "a topic of nobody",
      (r) => void (r.google_pubsub_subscription!.kept!.topic = "elsewhere"),
      ["warning MR4019 app/google_pubsub_subscription.kept"],
    ],
    [
      "a container image",
      (r) => void delete r.google_cloud_run_v2_service!.charge!.build_config,
      [
        "warning MR4020 app/google_cloud_run_v2_service.charge",
        "warning MR4022 app/google_pubsub_subscription.charge.push_config",
      ],
    ],
    [
      "a push identity of nobody",
      (r) => {
        (r.google_pubsub_subscription!.charge!.push_config as { oidc_token: unknown }).oidc_token = {
          service_account_email: "other@elsewhere.iam.gserviceaccount.com",
        };
        r.google_cloud_run_v2_service_iam_member!.invoke!.member =
          "serviceAccount:other@elsewhere.iam.gserviceaccount.com";
      },
      ["warning MR4021 app/google_pubsub_subscription.charge.push_config"],
    ],
    [
      "a push to the internet",
      (r) => void (r.google_pubsub_subscription!.kept!.push_config = { push_endpoint: "https://example.com/x" }),
      ["warning MR4022 app/google_pubsub_subscription.kept.push_config"],
    ],
    [
      "a push identity without the invoker role",
      (r) => void delete r.google_cloud_run_v2_service_iam_member,
      ["warning MR4023 app/google_pubsub_subscription.charge.push_config"],
    ],
    [
      "a source that nothing uploads",
      (r) =>
        void ((r.google_cloud_run_v2_service!.charge!.build_config as Record<string, unknown>).source_location =
          "gs://code/other.zip"),
      [
        "error MR4024 app/google_cloud_run_v2_service.charge",
        "warning MR4022 app/google_pubsub_subscription.charge.push_config",
      ],
    ],
    [
      "a notification that may not publish, of a bucket of nobody",
      (r) =>
        void (r.google_storage_notification = { n: { bucket: "theirs", topic: "orders", payload_format: "NONE" } }),
      ["warning MR4019 app/google_storage_notification.n", "warning MR4033 app/google_storage_notification.n"],
    ],
    [
      "a trigger that may not receive, for objects that may not be published, of a service of nobody",
      (r) =>
        void (r.google_eventarc_trigger = {
          t: {
            name: "t",
            location: "eu",
            service_account: "${google_service_account.push.email}",
            matching_criteria: [
              { attribute: "type", value: "google.cloud.storage.object.v1.finalized" },
              { attribute: "bucket", value: "code" },
            ],
            destination: { cloud_run_service: { service: "nobody" } },
          },
        }),
      [
        "warning MR4022 app/google_eventarc_trigger.t.destination",
        "warning MR4033 app/google_eventarc_trigger.t",
        "warning MR4033 app/google_eventarc_trigger.t",
      ],
    ],
    [
      "a log sink whose filter is not understood here, and that may not publish",
      (r) =>
        void (r.google_logging_project_sink = {
          s: {
            name: "s",
            destination: `pubsub.googleapis.com/projects/${PROJECT}/topics/orders`,
            filter: "sample(a, 1)",
          },
        }),
      ["warning MR4032 app/google_logging_project_sink.s.filter", "warning MR4033 app/google_logging_project_sink.s"],
    ],
    [
      "two topics of one name",
      (r) => void (r.google_pubsub_topic!.again = { name: "orders" }),
      ["error MR4025 app/google_pubsub_topic.again"],
    ],
  ])("%s", (_, change, expected) => expect(codes(changed(change))).toEqual(expected));

  it("misses project and region once per resource", () => {
    const { issues } = run({ ...pipeline(), provider: {} });
    const topic = issues.filter(({ path }) => path === "app/google_pubsub_topic.orders");
    expect(topic.map(({ problem }) => problem)).toEqual(["has no project, and neither has its provider"]);
  });
});

describe("loading a stack", () => {
  it("throws the errors of a plan, all of them and no warning", () => {
    const folder = out.write({
      app: pipeline((resource) => {
        delete resource.google_pubsub_topic!.dead!.name;
        resource.google_redis_instance = { r: { name: "${google_redis_instanze.x.id}" } };
      }),
    });
    const load = () => loadSystem(folder, "app");
    expect(load).toThrow(IssuesError);
    expect(load).toThrow(/^MR4005 .*\nMR4014 .*$/);
  });

  it("throws the errors of the system, once the plan is sound", () => {
    const change = (resource: Record<string, Record<string, unknown>>) =>
      void (resource.google_pubsub_topic!.again = { name: "orders" });
    expect(() => loadSystem(out.write({ app: pipeline(change) }), "app")).toThrow(/^MR4025 [^\n]*$/);
  });

  it("returns plan and system otherwise", () => {
    const { plan, system } = loadSystem(out.write({ app: pipeline() }), "app");
    expect(plan.stacks).toEqual(["app"]);
    expect(system.targets).toHaveLength(1);
  });
});

describe("a job of Cloud Scheduler", () => {
  const job = (config: object) =>
    changed((resource) => void (resource.google_cloud_scheduler_job = { j: { name: "j", ...config } }));
  const where = "app/google_cloud_scheduler_job.j";
  const url = `https://charge-${NUMBER}.europe-west1.run.app/run`;
  const oidc = (email: string) => ({ oidc_token: { service_account_email: email } });

  it("may start a workflow of the plan as an account that was let start it", () => {
    const parent = `projects/${PROJECT}/locations/europe-west1/workflows`;
    const starts = (workflow: string, role: string) =>
      changed((resource) => {
        const email = `push-charge@${PROJECT}.iam.gserviceaccount.com`;
        resource.google_cloud_scheduler_job = {
          j: {
            name: "j",
            schedule: "0 9 * * *",
            http_target: {
              uri: `https://workflowexecutions.googleapis.com/v1/${parent}/${workflow}/executions`,
              oauth_token: { service_account_email: email },
            },
          },
        };
        resource.google_workflows_workflow = {
          w: { name: "orders", region: "europe-west1", source_contents: "- done: {return: 1}" },
        };
        resource.google_project_iam_member = { w: { project: PROJECT, role, member: `serviceAccount:${email}` } };
      });
    expect(codes(starts("orders", "roles/workflows.invoker"))).toEqual([]);
    expect(codes(starts("orders", "roles/workflows.viewer"))).toEqual([`warning MR4023 ${where}.http_target`]);
    expect(codes(starts("others", "roles/workflows.invoker"))).toEqual([`warning MR4022 ${where}.http_target`]);
  });

  it("must be called, timed and aimed as Google accepts it", () => {
    expect(
      codes(
        job({
          schedule: "0 9 * * 9",
          http_target: { uri: url, ...oidc(`push-charge@${PROJECT}.iam.gserviceaccount.com`) },
        }),
      ),
    ).toEqual([`error MR4030 ${where}.schedule`]);
    expect(codes(job({ schedule: "@daily", time_zone: "Berlin", pubsub_target: { topic_name: "orders" } }))).toEqual([
      `error MR4030 ${where}.schedule`,
      `error MR4015 ${where}.time_zone`,
    ]);
  });

  it("is warned about when its runs cannot arrive", () => {
    const schedule = "0 9 * * 1";
    expect(codes(job({ schedule, pubsub_target: { topic_name: "nobodys", data: "" } }))).toEqual([
      `warning MR4019 ${where}`,
    ]);
    expect(codes(job({ schedule, http_target: { uri: "https://example.com/" } }))).toEqual([
      `warning MR4022 ${where}.http_target`,
    ]);
    expect(codes(job({ schedule, http_target: { uri: url } }))).toEqual([`warning MR4023 ${where}.http_target`]);
    expect(codes(job({ schedule, http_target: { uri: url, ...oidc("x@y.z") } }))).toEqual([
      `warning MR4021 ${where}.http_target`,
      `warning MR4023 ${where}.http_target`,
    ]);
  });

  it("with an App Engine target is stored", () =>
    expect(job({ schedule: "0 9 * * 1", app_engine_http_target: { relative_uri: "/x" } }).system).toMatchObject({
      jobs: [],
      fidelity: expect.arrayContaining([expect.objectContaining({ address: where, level: "stored" })]) as unknown[],
    }));
});
