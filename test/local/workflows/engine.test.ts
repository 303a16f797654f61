import { join } from "node:path";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { completeByAdapter } from "../../../local/engine/adapters";
import { systemOf } from "../../../local/engine/system";
import { makePlan } from "../../../local/plan/plan";
import { readStacks } from "../../../local/plan/read";
import { NUMBER, outFolder, pipeline, PROJECT } from "../engine/fixture";
import { recorder, seenIn } from "../engine/handler";

const out = outFolder();
const PARENT = `projects/${PROJECT}/locations/europe-west1`;
const ORDERS = `${PARENT}/workflows/orders`;

/** As a construct writes it: Terraform's templates escaped. */
const escaped = (definition: object) => JSON.stringify(definition).replaceAll("${", () => "$${");

const definition = {
  main: {
    params: ["order"],
    steps: [
      {
        charge: {
          call: "http.post",
          args: {
            url: '${sys.get_env("CHARGE_URL") + "/charge"}',
            auth: { type: "OIDC", audience: "charge-audience" },
            body: { id: "${order.id}" },
          },
          result: "charged",
        },
      },
      {
        publish: {
          call: "googleapis.pubsub.v1.projects.topics.publish",
          args: {
            topic: '${"projects/" + sys.get_env("GOOGLE_CLOUD_PROJECT_ID") + "/topics/orders"}',
            body: { messages: [{ data: "${base64.encode(json.encode(order))}", attributes: { kind: "charge" } }] },
          },
          result: "published",
        },
      },
      {
        keep: {
          call: "googleapis.firestore.v1.projects.databases.documents.patch",
          args: {
            name: '${"projects/" + sys.get_env("GOOGLE_CLOUD_PROJECT_ID") + "/databases/records/documents/orders/" + order.id}',
            body: { fields: { state: { stringValue: "charged" } } },
          },
          result: "kept",
        },
      },
      {
        child: {
          call: "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run",
          args: {
            workflow_id: "child",
            location: "europe-west1",
            project_id: PROJECT,
            argument: { n: 20 },
          },
          result: "doubled",
        },
      },
      {
        task: {
          call: "googleapis.cloudtasks.v2.projects.locations.queues.tasks.create",
          args: {
            parent: `${PARENT}/queues/mail`,
            body: {
              task: {
                httpRequest: {
                  url: '${sys.get_env("CHARGE_URL") + "/mail"}',
                  httpMethod: "POST",
                  oidcToken: {
                    serviceAccountEmail: `flow@${PROJECT}.iam.gserviceaccount.com`,
                    audience: "charge-audience",
                  },
                },
              },
            },
          },
          result: "task",
        },
      },
      {
        done: {
          return: {
            code: "${charged.code}",
            messages: "${len(published.messageIds)}",
            state: "${kept.fields.state.stringValue}",
            doubled: "${doubled}",
            task: '${text.match_regex(task.name, "/queues/mail/tasks/")}',
          },
        },
      },
    ],
  },
};

const withWorkflow: Parameters<typeof pipeline>[0] = (resource) => {
  resource.google_service_account!.flow = { account_id: "flow" };
  resource.google_cloud_run_v2_service_iam_member!.flow = {
    name: "${google_cloud_run_v2_service.charge.name}",
    location: "${google_cloud_run_v2_service.charge.location}",
    role: "roles/run.invoker",
    member: "${google_service_account.flow.member}",
  };
  resource.google_cloud_tasks_queue = { mail: { name: "mail", location: "europe-west1" } };
  const member = "${google_service_account.flow.member}";
  resource.google_pubsub_topic_iam_member!.flow = {
    topic: "${google_pubsub_topic.orders.id}",
    role: "roles/pubsub.publisher",
    member,
  };
  resource.google_cloud_tasks_queue_iam_member = {
    flow: { name: "mail", location: "europe-west1", role: "roles/cloudtasks.enqueuer", member },
  };
  resource.google_project_iam_member = {
    datastore: { project: PROJECT, role: "roles/datastore.user", member },
    workflows: { project: PROJECT, role: "roles/workflows.invoker", member },
  };
  resource.google_workflows_workflow = {
    orders: {
      name: "orders",
      region: "europe-west1",
      service_account: "${google_service_account.flow.id}",
      user_env_vars: { CHARGE_URL: "${google_cloud_run_v2_service.charge.uri}" },
      source_contents: escaped(definition),
    },
    child: {
      name_prefix: "chi",
      region: "europe-west1",
      source_contents: escaped({ main: { params: ["a"], steps: [{ done: { return: "${a.n * 2}" } }] } }),
    },
  };
  resource.google_workflows_workflow.child!.name = "child";
};

describe("the workflows of a plan", () => {
  const outDir = out.write({ app: pipeline(withWorkflow) }, recorder);
  const [stateDir, seenFile] = [join(out.root, "state"), join(out.root, "seen")];
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ outDir, stateDir, stack: "app", environment: () => ({ SEEN: seenFile }) });
  });
  afterAll(() => engine.stop());

  it("raise no warning where the identity may do what the steps do", () => expect(engine.warnings).toEqual([]));

  it("call services with a token that the front door has checked, and the engine's own APIs", async () => {
    const response = await fetch(`http://${engine.endpoints.pubsub}/v1/${ORDERS}/executions?millraceWait=true`, {
      method: "POST",
      body: JSON.stringify({ argument: '{"id": "o-1"}' }),
    });
    const execution = (await response.json()) as { state: string; result?: string; error?: unknown };
    expect(execution.error).toBeUndefined();
    expect(JSON.parse(execution.result!)).toEqual({
      code: 200,
      messages: 1,
      state: "charged",
      doubled: 40,
      task: true,
    });
    expect(await engine.idle()).toBe(true);
    const [charge] = seenIn(seenFile);
    expect(charge).toMatchObject({ url: "/charge", body: '{"id":"o-1"}' });
    const [, claims] = charge!.headers.authorization!.split(".");
    expect(JSON.parse(Buffer.from(claims!, "base64url").toString())).toMatchObject({
      aud: "charge-audience",
      email: `flow@${PROJECT}.iam.gserviceaccount.com`,
    });
    expect(seenIn(seenFile).map(({ url }) => url)).toEqual(expect.arrayContaining(["/charge", "/events", "/mail"]));
  });
});

describe("a workflow that would fail on Google Cloud", () => {
  const check = (steps: object[], more: object = {}) => {
    const json = pipeline((resource) => {
      resource.google_service_account!.flow = { account_id: "flow" };
      resource.google_workflows_workflow = {
        orders: {
          name: "orders",
          region: "europe-west1",
          service_account: "${google_service_account.flow.email}",
          source_contents: escaped(steps),
          ...more,
        },
      };
    });
    const plan = makePlan(readStacks(out.write({ app: json }), "app"), completeByAdapter);
    return systemOf(plan.resources, plan.projectNumber).issues.map(
      ({ code, severity, path, problem }) => `${severity} ${code} ${path}: ${problem}`,
    );
  };
  const charge = `https://charge-${NUMBER}.europe-west1.run.app`;
  const flow = `flow@${PROJECT}.iam.gserviceaccount.com`;

  it("is named with the fault of its definition, its place and step", () =>
    expect(check([{ done: { return: "${nothing}" } }])).toEqual([
      expect.stringMatching(
        /^error MR6040 app\/google_workflows_workflow\.orders\.source_contents:1:\d+ main\/done: .*nothing/,
      ),
    ]));

  it.each([
    [
      "without the role of its connector",
      {
        call: "googleapis.pubsub.v1.projects.topics.publish",
        args: { topic: `projects/${PROJECT}/topics/orders`, body: {} },
      },
      "MR6106",
      `${flow} may not do what googleapis.pubsub.v1.projects.topics.publish does to projects/${PROJECT}/topics/orders`,
    ],
    [
      "without the role to log",
      { call: "sys.log", args: { text: "x" } },
      "MR6106",
      `${flow} may not do what sys.log does to projects/${PROJECT}`,
    ],
    [
      "of a service that it may not invoke",
      { call: "http.get", args: { url: charge, auth: { type: "OIDC" } } },
      "MR4023",
      `${flow} may not invoke`,
    ],
    [
      "of a service without a token",
      { call: "http.get", args: { url: `\${"${charge}" + "/a"}` } },
      "MR4023",
      "a caller without a token may not invoke",
    ],
    [
      "of a service that is not there",
      { call: "http.get", args: { url: "https://other.run.app", auth: { type: "OIDC" } } },
      "MR4022",
      "https://other.run.app is no service or function that runs here",
    ],
  ])("is named where it makes a call %s", (_, step, code, problem) => {
    const found = check([{ ask: step }]).filter((one) => one.includes(code));
    expect(found).toEqual([expect.stringContaining(problem)]);
    expect(found[0]).toContain("warning");
    expect(found[0]).toContain("main/ask");
  });
});
