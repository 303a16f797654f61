import type { Attributes } from "../../../local/plan/values";
import type { Fixture } from "./fixture";

/** Grants to one principal: what they are on. All of it is fixed. */
const resources: Readonly<Record<string, Attributes>> = {
  google_artifact_registry_repository_iam_member: { repository: "r", location: "europe-west1" },
  google_bigquery_dataset_iam_member: { dataset_id: "d" },
  google_bigquery_table_iam_member: { dataset_id: "d", table_id: "t" },
  google_cloud_run_v2_job_iam_member: { name: "j", location: "europe-west1" },
  google_cloud_run_v2_service_iam_member: { name: "c", location: "europe-west1" },
  google_cloud_tasks_queue_iam_member: { name: "q", location: "europe-west1" },
  google_kms_crypto_key_iam_member: { crypto_key_id: "k" },
  google_project_iam_member: { project: "demo" },
  google_pubsub_subscription_iam_member: { subscription: "s" },
  google_pubsub_topic_iam_member: { topic: "t" },
  google_secret_manager_secret_iam_member: { secret_id: "s" },
  google_service_account_iam_member: { service_account_id: "projects/demo/serviceAccounts/a@b.c" },
  google_storage_bucket_iam_member: { bucket: "b" },
};

export const grants: readonly Fixture[] = Object.entries(resources).map(([type, on]) => ({
  type,
  create: { ...on, role: "roles/viewer", member: "user:a@b.c" },
  replace: [{ role: "roles/editor", member: "user:d@e.f" }, ["member", "role"]],
}));
