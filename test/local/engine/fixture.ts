import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PROJECT = "demo-project";
export const NUMBER = "111111111111";
export const AGENT = `serviceAccount:service-${NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com`;

type Blocks = Record<string, Record<string, Record<string, unknown>>>;

/** A pipeline written by hand, as cdktf writes it: a topic, a push subscription with a dead letter, a service. */
export function pipeline(change: (resource: Blocks) => void = () => {}) {
  const resource: Blocks = {
    google_pubsub_topic: {
      orders: { "//": { metadata: { path: "app/Orders/Topic" } }, name: "orders", labels: { team: "a" } },
      dead: { name: "orders-dead" },
    },
    google_pubsub_subscription: {
      charge: {
        name: "charge",
        topic: "${google_pubsub_topic.orders.id}",
        ack_deadline_seconds: 30,
        enable_message_ordering: true,
        filter: 'attributes.kind = "charge"',
        expiration_policy: { ttl: "" },
        retry_policy: { minimum_backoff: "1s", maximum_backoff: "20s" },
        dead_letter_policy: { dead_letter_topic: "${google_pubsub_topic.dead.id}", max_delivery_attempts: 5 },
        push_config: {
          push_endpoint: "${google_cloud_run_v2_service.charge.uri}/events",
          oidc_token: { service_account_email: "${google_service_account.push.email}", audience: "charge-audience" },
        },
      },
      kept: { name: "orders-dead-kept", topic: "${google_pubsub_topic.dead.name}" },
    },
    google_service_account: { push: { account_id: "push-charge" }, run: { account_id: "run-charge" } },
    google_cloud_run_v2_service: {
      charge: {
        name: "charge",
        location: "europe-west1",
        custom_audiences: ["charge-audience"],
        deletion_protection: false,
        build_config: {
          source_location: "gs://${google_storage_bucket.code.name}/${google_storage_bucket_object.charge.name}",
        },
        template: {
          service_account: "${google_service_account.run.email}",
          timeout: "30s",
          max_instance_request_concurrency: 4,
          scaling: { max_instance_count: 2 },
          containers: [{ image: "scratch", env: [{ name: "GREETING", value: "hello" }] }],
        },
      },
    },
    google_cloud_run_v2_service_iam_member: {
      invoke: {
        name: "${google_cloud_run_v2_service.charge.name}",
        location: "${google_cloud_run_v2_service.charge.location}",
        role: "roles/run.invoker",
        member: "${google_service_account.push.member}",
      },
    },
    google_pubsub_topic_iam_member: {
      dead: { topic: "${google_pubsub_topic.dead.id}", role: "roles/pubsub.publisher", member: AGENT },
    },
    google_pubsub_subscription_iam_member: {
      dead: { subscription: "${google_pubsub_subscription.charge.id}", role: "roles/pubsub.subscriber", member: AGENT },
    },
    google_storage_bucket: { code: { name: "code", location: "EU" } },
    google_storage_bucket_object: {
      charge: { name: "charge.zip", bucket: "${google_storage_bucket.code.name}", source: "archives/charge.zip" },
    },
    google_firestore_database: { records: { name: "records", location_id: "eur3", type: "FIRESTORE_NATIVE" } },
    google_firestore_field: {
      ttl: {
        database: "${google_firestore_database.records.name}",
        collection: "records",
        field: "expireAt",
        ttl_config: {},
      },
    },
    google_monitoring_alert_policy: {
      dead: { display_name: "dead letters", combiner: "OR", conditions: [{ display_name: "any" }] },
    },
  };
  change(resource);
  return { provider: { google: [{ project: PROJECT, region: "europe-west1" }] }, resource };
}

/** An output folder in a scratch directory, removed after the tests of the file. */
export function outFolder() {
  const root = mkdtempSync(join(tmpdir(), "millrace-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let count = 0;
  return {
    root,
    /** Writes stacks as cdktf does, each with an archive; returns the folder. */
    write(stacks: Record<string, unknown>, archive: Buffer = Buffer.from("zip")): string {
      const out = join(root, String(count++));
      for (const [stack, json] of Object.entries(stacks)) {
        const folder = join(out, "stacks", stack);
        mkdirSync(join(folder, "archives"), { recursive: true });
        writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(json));
        writeFileSync(join(folder, "archives", "charge.zip"), archive);
      }
      return out;
    },
  };
}
