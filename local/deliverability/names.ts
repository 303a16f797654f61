import type { Item } from "./landscape";
import { textAt } from "./read-value";
import { unknown } from "./unknown";

/*
 * One name for each resource, however a plan writes it: by its last part, in full, or through a reference to either.
 * Buckets are `projects/_/buckets/NAME`, as conditions write them, service accounts `serviceAccounts/EMAIL`, and a
 * function is the Cloud Run service under it.
 */

/** Text of an argument; one that is unset or nobody's is a token of its own. */
export const argument = (item: Item, path: string): string =>
  textAt(item.config, path) ?? textAt(item.attributes, path) ?? unknown(`${item.key}.${path}`);

const inFull = (name: string, prefix: string): string => (name.includes("/") ? name : `${prefix}/${name}`);

export const projectName = (project: string): string => `projects/${project.replace(/^projects\//, "")}`;

export const topicName = (name: string, project: string): string => inFull(name, `${projectName(project)}/topics`);

export const subscriptionName = (name: string, project: string): string =>
  inFull(name, `${projectName(project)}/subscriptions`);

export const bucketName = (name: string): string =>
  `projects/_/buckets/${name.replace(/^(b|gs:\/|projects\/_\/buckets)\//, "")}`;

export const secretName = (name: string, project: string): string => inFull(name, `${projectName(project)}/secrets`);

export const datasetName = (name: string, project: string): string => inFull(name, `${projectName(project)}/datasets`);

/** @param table its id or its full name */
export const tableName = (dataset: string, table: string): string =>
  table.startsWith("projects/") ? table : `${dataset}/tables/${table}`;

export const accountName = (account: string): string => `serviceAccounts/${account.split("/").at(-1)!}`;

export const memberOf = (email: string): string => `serviceAccount:${email}`;

/** A name below a location, `projects/P/locations/L/services/S`. */
export function regional(item: Item, collection: string, path = "name"): string {
  const place = textAt(item.attributes, "location") ?? textAt(item.attributes, "region");
  const region = place ?? unknown("the provider's region");
  return inFull(argument(item, path), `${projectName(item.project)}/locations/${region}/${collection}`);
}

/** What a family of IAM resources grants on: its full name, and the project it is in where that is known. */
const FAMILIES: Readonly<Record<string, (item: Item) => string>> = {
  google_pubsub_topic: (item) => topicName(argument(item, "topic"), item.project),
  google_pubsub_subscription: (item) => subscriptionName(argument(item, "subscription"), item.project),
  google_pubsub_schema: (item) => inFull(argument(item, "schema"), `${projectName(item.project)}/schemas`),
  google_service_account: (item) => accountName(argument(item, "service_account_id")),
  google_cloud_run_v2_service: (item) => regional(item, "services"),
  google_cloud_run_v2_job: (item) => regional(item, "jobs"),
  google_cloud_run_v2_worker_pool: (item) => regional(item, "workerPools"),
  google_cloud_run_service: (item) => regional(item, "services", "service"),
  google_cloudfunctions2_function: (item) =>
    regional(item, "functions", "cloud_function").replace("/functions/", "/services/"),
  google_cloud_tasks_queue: (item) => regional(item, "queues"),
  google_storage_bucket: (item) => bucketName(argument(item, "bucket")),
  google_artifact_registry_repository: (item) => regional(item, "repositories", "repository"),
  google_secret_manager_secret: (item) => secretName(argument(item, "secret_id"), item.project),
  google_bigquery_dataset: (item) => datasetName(argument(item, "dataset_id"), item.project),
  google_bigquery_table: (item) =>
    tableName(datasetName(argument(item, "dataset_id"), item.project), argument(item, "table_id")),
  google_kms_crypto_key: (item) => argument(item, "crypto_key_id"),
  google_project: (item) => projectName(item.project),
};

/** Full names of what a plan makes, by type; roles on anything else may be granted elsewhere. */
const OWN: Readonly<Record<string, (item: Item) => string>> = {
  google_pubsub_topic: (item) => topicName(argument(item, "name"), item.project),
  google_pubsub_subscription: (item) => subscriptionName(argument(item, "name"), item.project),
  google_service_account: (item) => accountName(argument(item, "email")),
  google_cloud_run_v2_service: (item) => regional(item, "services"),
  google_cloud_run_service: (item) => regional(item, "services"),
  google_cloudfunctions2_function: (item) => regional(item, "services"),
  google_cloud_run_v2_job: (item) => regional(item, "jobs"),
  google_workflows_workflow: (item) => regional(item, "workflows"),
  google_cloud_tasks_queue: (item) => regional(item, "queues"),
  google_storage_bucket: (item) => bucketName(argument(item, "name")),
  google_artifact_registry_repository: (item) => regional(item, "repositories", "repository_id"),
  google_secret_manager_secret: (item) => secretName(argument(item, "secret_id"), item.project),
  google_bigquery_dataset: (item) => datasetName(argument(item, "dataset_id"), item.project),
  google_bigquery_table: (item) =>
    tableName(datasetName(argument(item, "dataset_id"), item.project), argument(item, "table_id")),
  google_firestore_database: (item) => `${projectName(item.project)}/databases/${argument(item, "name")}`,
};

/** Full name of what a resource is; undefined for what nobody is granted roles on. */
export const ownName = (item: Item): string | undefined =>
  item.mode === "managed" && Object.hasOwn(OWN, item.type) ? OWN[item.type]!(item) : undefined;

const GRANT = /^(google_\w+?)_iam_(member|binding)$/;

/** What an IAM resource grants on; undefined for what is none, or of a kind that nothing here is about. */
export function grantedOn(item: Item): { readonly on: string; readonly kind: "member" | "binding" } | undefined {
  const [, family = "", kind] = GRANT.exec(item.type) ?? [];
  const name = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined;
  return name && item.mode === "managed" ? { on: name(item), kind: kind as "member" | "binding" } : undefined;
}

/** Whether an IAM resource grants on a whole project. */
export const isOnProject = (on: string): boolean => /^projects\/[^/]+$/.test(on);
