import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { runTerraform } from "../../../local/provider/door/run";
import type { Attributes } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { outFolder, PROJECT } from "../engine/fixture";

const REGION = `projects/${PROJECT}/locations/europe-west1`;

/** A resource of each type that clients may change, and how they delete what it has made. */
const KINDS: Readonly<Record<string, { readonly config: Attributes; readonly path: string }>> = {
  google_pubsub_topic: { config: { name: "orders" }, path: `/v1/projects/${PROJECT}/topics/orders` },
  google_pubsub_subscription: {
    config: { name: "charge", topic: "${google_pubsub_topic.it.id}", retry_policy: [{ minimum_backoff: "5s" }] },
    path: `/v1/projects/${PROJECT}/subscriptions/charge`,
  },
  google_cloud_scheduler_job: {
    config: {
      name: "tick",
      schedule: "0 3 * * *",
      pubsub_target: [{ topic_name: "${google_pubsub_topic.it.id}", data: "eA==" }],
    },
    path: `/v1/${REGION}/jobs/tick`,
  },
  google_cloud_tasks_queue: { config: { name: "mails", location: "europe-west1" }, path: `/v2/${REGION}/queues/mails` },
  google_workflows_workflow: {
    config: {
      name: "saga",
      region: "europe-west1",
      deletion_protection: false,
      source_contents: JSON.stringify([{ end: { return: 1 } }]),
    },
    path: `/v1/${REGION}/workflows/saga`,
  },
  google_cloud_run_v2_job: {
    config: {
      name: "prices",
      location: "europe-west1",
      deletion_protection: false,
      annotations: { "millrace.dev/source": "gs://files/code.zip" },
      template: [{ task_count: 2, template: [{ max_retries: 1, containers: [{ image: "scratch" }] }] }],
      depends_on: ["google_storage_bucket_object.code"],
    },
    path: `/v2/${REGION}/jobs/prices`,
  },
  google_storage_bucket: { config: { name: "files", location: "EU" }, path: "/storage/v1/b/files" },
};

/** What holds a table, and lets itself be deleted with what it holds. */
const dataset = (leave: boolean) => ({
  google_bigquery_dataset: { rows: { dataset_id: "rows", location: "EU", delete_contents_on_destroy: leave } },
});
const table = {
  google_bigquery_table: {
    paid: {
      dataset_id: "${google_bigquery_dataset.rows.dataset_id}",
      table_id: "paid",
      deletion_protection: false,
      schema: '[{"name":"data","type":"STRING"}]',
    },
  },
};
const emptied = { google_storage_bucket: { it: { ...KINDS["google_storage_bucket"]!.config, force_destroy: true } } };

const document = (more: Readonly<Record<string, Readonly<Record<string, Attributes>>>> = {}): Attributes => {
  const kinds = Object.entries(KINDS).map(([type, { config }]) => [type, { it: config, ...more[type] }] as const);
  const code = { name: "code.zip", bucket: "${google_storage_bucket.it.name}", source: "archives/charge.zip" };
  return {
    provider: { google: [{ project: PROJECT, region: "europe-west1" }] },
    resource: { ...more, ...Object.fromEntries(kinds), google_storage_bucket_object: { code } },
  };
};

describeWithTerraform("What clients of the engine do, under Terraform", () => {
  const out = outFolder();
  const outDir = out.write({ app: document() });
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ outDir, stateDir: join(out.root, "state"), stack: "app", door: "terraform" });
  });
  afterAll(() => engine.stop());
  const write = (json: Attributes) => writeFileSync(join(outDir, "stacks/app/cdk.tf.json"), JSON.stringify(json));
  const terraform = async (...args: string[]) => {
    let text = "";
    const output = (piece: string) => void (text += piece);
    const code = await runTerraform({ outDir, stateDir: join(out.root, "state"), stack: "app", args, engine, output });
    return { code, text: text.replace(/[\s│╷╵]+/g, " ") };
  };
  const client = async (method: string, path: string, body?: object) => {
    const init = {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    };
    return fetch(`${engine.endpoints.issuer}${path}`, init);
  };
  /** What is asked of the type by name, over the API of a client. */
  const found = async (type: string) => (await client("GET", KINDS[type]!.path)).status;
  const types = Object.keys(KINDS);

  it("is shown by the next plan, whatever they delete, and repaired by the next apply", async () => {
    const made = await terraform("apply", "-auto-approve", "-no-color");
    expect([made.code, made.text]).toEqual([0, expect.stringContaining(`${types.length + 1} added`)]);
    expect(await Promise.all(types.map(found))).toEqual(types.map(() => 200));
    for (const { path } of Object.values(KINDS).reverse()) expect((await client("DELETE", path)).ok).toBe(true);
    expect(await Promise.all(types.map(found))).toEqual(types.map(() => 404));

    const { text } = await terraform("plan", "-json");
    const lines = text.match(/\{"@level.*?\}(?= \{"@level| *$)/g)!.map((line) => JSON.parse(line) as Attributes);
    const creations = lines.filter(({ type, change }) => type === "planned_change" && change.action === "create");
    expect(creations.map(({ change }) => change.resource.resource_type as string).sort()).toEqual([...types].sort());
    const drift = lines.filter(({ type, change }) => type === "resource_drift" && change.action === "delete");
    expect(drift.map(({ change }) => change.resource.resource_type as string).sort()).toEqual([...types].sort());

    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect(await Promise.all(types.map(found))).toEqual(types.map(() => 200));
    expect((await terraform("plan", "-detailed-exitcode")).code).toBe(0);
  });

  it("does not take a bucket away that holds something", async () => {
    await client("POST", "/upload/storage/v1/b/files/o?uploadType=media&name=a.txt", { a: 1 });
    expect((await client("DELETE", KINDS["google_storage_bucket"]!.path)).status).toBe(409);
    expect((await terraform("plan", "-detailed-exitcode")).code).toBe(0);
  });

  it("keeps a bucket from being destroyed that holds something, and says what lets it go", async () => {
    const { code, text } = await terraform("destroy", "-auto-approve", "-no-color", "-target=google_storage_bucket.it");
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(
        /MR4307: cannot delete files, which holds a\.txt; Google answers 409, the bucket is not empty.*set force_destroy = true and apply that first/,
      ),
    ]);
    expect(engine.storage.list("files").items).toMatchObject([{ name: "a.txt" }]);
    await terraform("apply", "-auto-approve");
    expect((await terraform("plan", "-detailed-exitcode")).code).toBe(0);
  });

  it("keeps a dataset too, for a table that no state knows", async () => {
    write(document({ ...dataset(false), ...table }));
    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect((await terraform("state", "rm", "google_bigquery_table.paid")).code).toBe(0);
    const destroy = () => terraform("destroy", "-auto-approve", "-no-color", "-target=google_bigquery_dataset.rows");
    expect(await destroy()).toMatchObject({
      code: 1,
      text: expect.stringContaining("which holds paid; Google answers 400"),
    });
    expect(engine.system.tables).toHaveLength(1);
    write(document(dataset(true)));
    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect((await destroy()).code).toBe(0);
    expect(engine.system.tables).toEqual([]);
  });

  it("can be imported, a topic and a subscription that they have made", async () => {
    await client("PUT", `/v1/projects/${PROJECT}/topics/theirs`, { messageRetentionDuration: "1200s" });
    await client("PUT", `/v1/projects/${PROJECT}/subscriptions/theirs`, {
      topic: `projects/${PROJECT}/topics/theirs`,
      ackDeadlineSeconds: 42,
      filter: "attributes:kind",
    });
    const theirs = {
      google_pubsub_topic: { theirs: { name: "theirs", message_retention_duration: "1200s" } },
      google_pubsub_subscription: {
        theirs: {
          name: "theirs",
          topic: "${google_pubsub_topic.theirs.id}",
          ack_deadline_seconds: 42,
          filter: "attributes:kind",
        },
      },
    };
    const id = `projects/${PROJECT}/subscriptions/theirs`;
    const to = "google_pubsub_subscription.theirs";
    write({ ...document(theirs), import: [{ to, id }] });
    const { code, text } = await terraform("import", "-no-color", "google_pubsub_topic.theirs", "theirs");
    expect([code, text]).toEqual([0, expect.stringContaining("Import successful!")]);
    expect((await terraform("apply", "-auto-approve", "-no-color")).text).toContain(
      "1 imported, 0 added, 0 changed, 0 destroyed",
    );
    expect((await terraform("plan", "-detailed-exitcode")).code).toBe(0);
    // They are resources as any other now.
    expect(engine.system.subscriptions.map(({ config }) => config.name)).toContain(id);
  });

  it("cannot be imported when there is no such thing, or nobody here could have made it", async () => {
    const missing = (type: string) => ({ [type]: { other: { ...KINDS[type]!.config, name: "other" } } });
    for (const [type, id] of [
      ["google_pubsub_topic", `projects/${PROJECT}/topics/other`],
      ["google_cloud_tasks_queue", `${REGION}/queues/other`],
    ] as const) {
      write(document(missing(type)));
      const { code, text } = await terraform("import", "-no-color", `${type}.other`, id);
      expect([code, text]).toEqual([1, expect.stringContaining("Cannot import non-existent remote object")]);
    }
  });

  it("is gone with the rest, objects of buckets too", async () => {
    write(document(emptied));
    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect((await terraform("destroy", "-auto-approve")).code).toBe(0);
    expect([engine.pubsub.topics(), engine.pubsub.subscriptions(), engine.storage.buckets()]).toEqual([[], [], []]);
    write(document());
    expect((await terraform("apply", "-auto-approve")).code).toBe(0);
    expect(engine.storage.list("files").items).toEqual([]);
  });
});
