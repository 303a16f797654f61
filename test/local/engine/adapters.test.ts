import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { adapters, completeByAdapter } from "../../../local/engine/adapters";
import { makePlan } from "../../../local/plan/plan";
import type { Attributes } from "../../../local/plan/values";
import { read } from "../../repo/tree";
import { NUMBER, PROJECT } from "./fixture";

const provider = { google: [{ project: PROJECT, region: "europe-west1", default_labels: { app: "a" } }] };

/** Attributes of one resource, or of one data source, by its adapter. */
function attributesOf(type: string, config: Attributes): Attributes {
  const data = type.startsWith("data.");
  const known = { x: { member: { member: `serviceAccount:${NUMBER}-compute@developer.gserviceaccount.com` } } };
  const one = { [type.replace("data.", "")]: { one: config } };
  const json = { provider, resource: data ? known : { ...known, ...one }, ...(data && { data: one }) } as Attributes;
  const plan = makePlan([{ stack: "s", directory: "/", json }], completeByAdapter);
  expect(plan.issues).toEqual([]);
  return plan.resources.find(({ address }) => address.endsWith(".one"))!.attributes;
}

describe("what an adapter computes", () => {
  const project = `projects/${PROJECT}`;
  const email = `a@${PROJECT}.iam.gserviceaccount.com`;
  it.each<[string, Attributes, Attributes]>([
    [
      "google_pubsub_topic",
      { name: "t" },
      { id: `${project}/topics/t`, effective_labels: { "goog-terraform-provisioned": "true", app: "a" } },
    ],
    ["google_pubsub_topic", { name: "t", project: "other" }, { id: "projects/other/topics/t", kms_key_name: null }],
    [
      "google_pubsub_subscription",
      { name: "s", topic: "t" },
      { id: `${project}/subscriptions/s`, ack_deadline_seconds: 10, message_retention_duration: "604800s" },
    ],
    [
      "google_service_account",
      { account_id: "a" },
      { email, member: `serviceAccount:${email}`, name: `${project}/serviceAccounts/${email}` },
    ],
    [
      "google_cloud_run_v2_service",
      { name: "c", location: "us-east1" },
      { uri: `https://c-${NUMBER}.us-east1.run.app`, id: `${project}/locations/us-east1/services/c` },
    ],
    [
      "google_cloudfunctions2_function",
      { name: "f", location: "us-east1", service_config: [{ timeout_seconds: 5 }] },
      {
        url: `https://us-east1-${PROJECT}.cloudfunctions.net/f`,
        service_config: {
          timeout_seconds: 5,
          uri: `https://f-${NUMBER}.us-east1.run.app`,
          gcf_uri: `https://f-${NUMBER}.us-east1.run.app`,
          service: `${project}/locations/us-east1/services/f`,
          service_account_email: `${NUMBER}-compute@developer.gserviceaccount.com`,
        },
      },
    ],
    [
      "google_cloud_scheduler_job",
      { name: "j", schedule: "0 9 * * 1", pubsub_target: { topic_name: "t", data: "" } },
      {
        id: `${project}/locations/europe-west1/jobs/j`,
        time_zone: "Etc/UTC",
        attempt_deadline: "180s",
        state: "ENABLED",
      },
    ],
    [
      "google_cloud_tasks_queue",
      { name: "q", location: "us-east1" },
      { id: `${project}/locations/us-east1/queues/q`, rate_limits: null },
    ],
    ["google_storage_bucket", { name: "b" }, { id: "b", url: "gs://b" }],
    [
      "google_storage_bucket_object",
      { name: "o", bucket: "b", content: "zip" },
      { id: "b-o", output_name: "o", md5hash: "rc29eajYQXXCKbGSqtwC8g==" },
    ],
    ["google_firestore_database", { name: "(default)" }, { id: `${project}/databases/(default)` }],
    [
      "google_firestore_field",
      { collection: "c", field: "f" },
      { id: `${project}/databases/(default)/collectionGroups/c/fields/f` },
    ],
    ["google_project_service", { service: "run.googleapis.com" }, { id: `${PROJECT}/run.googleapis.com` }],
    [
      "google_project_service_identity",
      { service: "pubsub.googleapis.com" },
      { email: `service-${NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com` },
    ],
    [
      "google_project_service_identity",
      { service: "run.googleapis.com" },
      { member: `serviceAccount:service-${NUMBER}@serverless-robot-prod.iam.gserviceaccount.com` },
    ],
    [
      "google_monitoring_notification_channel",
      { type: "email" },
      { name: expect.stringMatching(/^projects\/demo-project\/notificationChannels\/\d{19}$/) as string },
    ],
    [
      "google_artifact_registry_repository",
      { repository_id: "r" },
      { id: `${project}/locations/europe-west1/repositories/r`, name: "r" },
    ],
    [
      "google_project_iam_member",
      { role: "roles/viewer", member: "user:a@b.c", condition: { title: "night" } },
      { id: `${project}/roles/viewer/user:a@b.c/night` },
    ],
    ["google_storage_bucket_iam_member", { bucket: "b", role: "r", member: "m" }, { id: "b/b/r/m" }],
    ["google_pubsub_topic_iam_binding", { topic: "t", role: "r", members: ["m"] }, { id: `${project}/topics/t/r` }],
    ["data.google_project", {}, { number: NUMBER, project_id: PROJECT }],
    ["data.google_project", { project_id: "else" }, { project_id: "else" }],
    ["data.google_client_config", {}, { project: PROJECT, region: "europe-west1" }],
    [
      "data.google_storage_project_service_account",
      {},
      { email_address: `service-${NUMBER}@gs-project-accounts.iam.gserviceaccount.com` },
    ],
  ])("of %s %j", (type, config, expected) => expect(attributesOf(type, config)).toMatchObject(expected));
});

/** Every name that the bindings of a type know, at any depth. */
function namesOf(type: string): ReadonlySet<string> {
  const folder = type.replace(/^google_/, "").replaceAll("_", "-");
  const file = join(dirname(require.resolve("@cdktf/provider-google/package.json")), "lib", folder, "index.js");
  return new Set([...readFileSync(file, "utf8").matchAll(/^\s+(\w+): /gm)].map(([, name]) => name!));
}

describe("the arguments an adapter names", () => {
  // The beta provider has no bindings here.
  const named = [...adapters.values()].filter(({ honoured, inert }) => honoured || inert);
  it.each(named.map((adapter) => [adapter.type, adapter] as const))(
    "of %s are the provider's",
    (type, { honoured = [], inert = [] }) => {
      const names = namesOf(type);
      const unknown = [...honoured, ...inert].filter((path) => !path.split(".").every((part) => names.has(part)));
      expect(unknown).toEqual([]);
    },
  );

  it("are never both honoured and inert", () => {
    for (const { honoured = [], inert = [] } of named)
      expect(honoured.filter((path) => inert.some((other) => path === other || path.startsWith(`${other}.`)))).toEqual(
        [],
      );
  });
});

describe("docs/local/fidelity.md", () => {
  it("names every type that has an adapter", () => {
    const page = read("docs/local/fidelity.md");
    const missing = [...adapters.keys()].filter(
      (type) => !/_iam_(member|binding)$/.test(type) && !page.includes(type.replace("data.", "")),
    );
    expect(missing).toEqual([]);
  });
});
