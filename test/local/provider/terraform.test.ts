import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { googleSchema } from "../../../local/provider/schema/google";
import type { ObjectValue } from "../../../local/provider/values/value";
import type { Attributes } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { actionsOf, readState, workspace } from "../../support/terraform-run";

const REQUIRED = { google: { source: "google", version: "6.50.0" } };
const PROVIDER = { google: [{ project: "demo", region: "europe-west1", default_labels: { app: "shop" } }] };

/** A small stack: a topic with a subscription, pushed to a service by an identity of its own. */
const shop = (): Attributes => ({
  terraform: { required_providers: REQUIRED },
  provider: PROVIDER,
  resource: {
    google_pubsub_topic: { orders: { name: "orders", labels: { team: "a" } } },
    google_service_account: { push: { account_id: "order-push" } },
    google_cloud_run_v2_service: {
      orders: {
        name: "orders",
        location: "europe-west1",
        deletion_protection: false,
        template: [
          { containers: [{ image: "i", env: [{ name: "TOPIC", value: "${google_pubsub_topic.orders.id}" }] }] },
        ],
      },
    },
    google_pubsub_subscription: {
      orders: {
        name: "orders",
        topic: "${google_pubsub_topic.orders.id}",
        ack_deadline_seconds: 30,
        push_config: [
          {
            push_endpoint: "${google_cloud_run_v2_service.orders.uri}/events",
            oidc_token: [{ service_account_email: "${google_service_account.push.email}" }],
          },
        ],
      },
    },
    google_cloud_run_v2_service_iam_member: {
      push: {
        name: "${google_cloud_run_v2_service.orders.name}",
        location: "europe-west1",
        role: "roles/run.invoker",
        member: "${google_service_account.push.member}",
      },
    },
  },
  output: { url: { value: "${google_cloud_run_v2_service.orders.uri}" } },
});

type Body = Record<string, unknown>;
type Resources = Record<string, Record<string, Body>>;

/** The resources of a document, open for changes. */
const resources = (json: Attributes) => json["resource"] as Resources;

async function applied(json: Attributes = shop(), options: Parameters<typeof workspace>[1] = {}) {
  const made = await workspace(json, options);
  expect((await made.terraform("init", "-input=false")).text).toContain("successfully initialized");
  const apply = await made.terraform("apply", "-auto-approve", "-input=false");
  expect(apply.text).toContain("Apply complete!");
  return { ...made, said: apply.text };
}

describeWithTerraform("Terraform with the local provider", () => {
  it("changes in place what may change, and replaces what may not with all that hangs on it", async () => {
    const { plan, terraform, write } = await applied();
    const changed = shop();
    resources(changed)["google_pubsub_subscription"]!["orders"]!["ack_deadline_seconds"] = 45;
    write(changed);
    expect(actionsOf(await plan())).toEqual(["update google_pubsub_subscription.orders"]);
    resources(changed)["google_pubsub_topic"]!["orders"]!["name"] = "orders-2";
    write(changed);
    expect(actionsOf(await plan())).toEqual([
      "delete/create google_pubsub_subscription.orders",
      "delete/create google_pubsub_topic.orders",
      "update google_cloud_run_v2_service.orders",
    ]);
    expect((await terraform("apply", "-auto-approve")).text).toContain("2 added, 1 changed, 2 destroyed");
    expect(actionsOf(await plan())).toEqual([]);
  });

  it("shows what has changed elsewhere, and repairs it", async () => {
    const { plan, terraform, server } = await applied();
    const subscription = server.resources.list().find(({ type }) => type === "google_pubsub_subscription")!;
    const values: ObjectValue = { ...subscription.values, ack_deadline_seconds: 99 };
    server.resources.put({ ...subscription, values });
    server.resources.remove("google_pubsub_topic", "projects/demo/topics/orders");
    expect((await terraform("plan", "-refresh-only")).text).toMatch(
      /ack_deadline_seconds = 30 -> 99.*orders has been deleted/,
    );
    expect(actionsOf(await plan())).toContain("create google_pubsub_topic.orders");
    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect(actionsOf(await plan())).toEqual([]);
  });

  it("imports what exists and not what does not", async () => {
    const { terraform, plan } = await applied();
    await terraform("state", "rm", "google_pubsub_topic.orders");
    expect((await terraform("import", "google_pubsub_topic.orders", "nobody")).text).toContain(
      "non-existent remote object",
    );
    expect((await terraform("import", "google_pubsub_topic.orders", "projects/demo/topics/orders")).code).toBe(0);
    expect(actionsOf(await plan())).toEqual([]);
  });

  it("marks every resource of a state as local, and writes no lock", async () => {
    const { folder } = await applied();
    const instances = (readState(folder)["resources"] as readonly Attributes[]).flatMap(
      ({ instances }) => instances as readonly Attributes[],
    );
    const marks = instances.map((one) => Buffer.from(one["private"] as string, "base64").toString());
    expect(new Set(marks)).toEqual(new Set(['{"notice":"LOCAL","by":"millrace"}']));
    expect(() => readFileSync(join(folder, ".terraform.lock.hcl"))).toThrow("ENOENT");
  });

  it("makes states that no real provider takes, and takes none of a real provider's", async () => {
    const { folder, terraform } = await applied();
    const file = join(folder, "terraform.LOCAL.tfstate");
    const state = readState(folder) as { resources: { mode: string; instances: { schema_version: number }[] }[] };
    const instances = state.resources.flatMap(({ instances }) => instances);
    const real = Math.max(...googleSchema().resources.map((name) => googleSchema().resource(name)!.version));
    expect(real).toBeGreaterThan(0);
    // Of a state ahead of its provider Terraform takes nothing: so it is here with a state that is ahead of this one.
    for (const { schema_version } of instances) expect(schema_version).toBeGreaterThan(real);
    const withVersion = (change: (version: number) => number) => {
      for (const one of instances) one.schema_version = change(one.schema_version);
      writeFileSync(file, JSON.stringify(state));
    };
    withVersion((version) => version + 1_000);
    expect((await terraform("plan")).text).toContain("managed by newer provider version");
    withVersion(() => 0);
    const { code, text } = await terraform("plan");
    expect(code).toBe(1);
    expect(text).toContain("this state was not made on this machine");
  });

  it("protects from deletion what says so", async () => {
    const json = shop();
    resources(json)["google_cloud_run_v2_service"]!["orders"]!["deletion_protection"] = true;
    const { terraform, server } = await applied(json);
    const { code, text } = await terraform("destroy", "-auto-approve");
    expect(code).toBe(1);
    expect(text).toMatch(/deletion_protection protects it.*apply that first/);
    expect(server.resources.list().map(({ type }) => type)).toContain("google_cloud_run_v2_service");
  });

  it("keeps the settings of aliased providers apart", async () => {
    const provider = { google: [...PROVIDER.google, { alias: "eu", project: "other", region: "europe-north1" }] };
    const resource = {
      google_pubsub_topic: { here: { name: "t" }, there: { name: "t", provider: "google.eu" } },
      google_cloud_scheduler_job: {
        there: {
          name: "j",
          schedule: "* * * * *",
          provider: "google.eu",
          pubsub_target: [{ topic_name: "t", data: "eA==" }],
        },
      },
    };
    const { server } = await applied({ terraform: shop()["terraform"], provider, resource });
    const topics = server.resources.list().filter(({ type }) => type === "google_pubsub_topic");
    expect(topics.map(({ id }) => id).sort()).toEqual(["projects/demo/topics/t", "projects/other/topics/t"]);
    expect(server.resources.list().find(({ type }) => type === "google_cloud_scheduler_job")!.values).toMatchObject({
      project: "other",
      region: "europe-north1",
    });
  });

  it("expands dynamic blocks over what is known after apply only", async () => {
    const json = shop();
    const service = resources(json)["google_cloud_run_v2_service"]!["orders"]! as { template?: Body[] };
    service.template![0]!["containers"] = [
      {
        image: "i",
        dynamic: {
          env: [{ for_each: "${[google_pubsub_topic.orders.id]}", content: [{ name: "T", value: "${env.value}" }] }],
        },
      },
    ];
    const { server, plan } = await applied(json);
    const run = server.resources.list().find(({ type }) => type === "google_cloud_run_v2_service")!;
    expect(JSON.stringify(run.values)).toContain('"value":"projects/demo/topics/orders"');
    expect(actionsOf(await plan())).toEqual([]);
  });

  it("answers the data sources that it can, and says of the others that it cannot", async () => {
    const json = {
      terraform: shop()["terraform"],
      provider: PROVIDER,
      data: { google_project: { it: {} } },
      output: { n: { value: "${data.google_project.it.number}" } },
    };
    expect((await applied(json, { projectNumber: () => "4711" })).said).toContain('n = "4711"');
    const { output: _, ...rest } = json;
    const other = { ...rest, data: { google_compute_zones: { it: {} } } };
    const { terraform } = await workspace(other);
    await terraform("init");
    expect((await terraform("plan")).text).toMatch(
      /MR4301: the data source google_compute_zones .* data\.google_compute_zones\.it/,
    );
  });

  it("keeps what it does not simulate with a warning, and refuses it under strict", async () => {
    const json = {
      ...shop(),
      resource: { google_redis_instance: { r: { name: "cache", memory_size_gb: 1 } } },
      output: { host: { value: "${google_redis_instance.r.host}" } },
    };
    const { said, plan } = await applied(json);
    expect(said).toMatch(
      /Warning: MR4016: google_redis_instance is not simulated.*google_redis_instance\.r.*host = "local-stand-in\//,
    );
    expect(actionsOf(await plan())).toEqual([]);
    const strict = await workspace(json, { strict: true });
    await strict.terraform("init");
    expect((await strict.terraform("apply", "-auto-approve")).text).toMatch(/Error: MR4016/);
  });

  it("refuses to create what is there", async () => {
    const json = shop();
    resources(json)["google_pubsub_topic"]!["again"] = { name: "orders" };
    const { terraform } = await workspace(json);
    await terraform("init");
    expect((await terraform("apply", "-auto-approve")).text).toMatch(
      /Error 409: Resource already exists.*projects\/demo\/topics\/orders/,
    );
  });

  it("serves the whole schema as well as a part of it", async () => {
    const { terraform } = await workspace(shop(), { types: new Set(["google_no_such_type"]) });
    await terraform("init");
    expect(await terraform("validate")).toMatchObject({ code: 0 });
    const schemas = JSON.parse((await terraform("providers", "schema", "-json")).text) as Attributes;
    const google = schemas["provider_schemas"]["registry.terraform.io/hashicorp/google"] as Attributes;
    expect(Object.keys(google["resource_schemas"] as object)).toHaveLength(1096);
    expect(Object.keys(google["data_source_schemas"] as object)).toHaveLength(373);
  });
});
