import { ENFORCED_ROLES } from "../grants";
import type { Adapter, Reader } from "./adapter";
import { digits } from "./common";

/** The resource a family of IAM types grants on: the argument that names it, and its full name. */
interface Family {
  readonly prefix: string;
  readonly arguments: readonly string[];
  parent(read: Reader): string;
}

/** `name` as it stands when it is a full name already. */
const full = (name: string, prefix: string): string => (name.includes("/") ? name : `${prefix}/${name}`);

const location = (read: Reader): string => `projects/${read.project}/locations/${read.region}`;

const FAMILIES: readonly Family[] = [
  {
    prefix: "google_pubsub_topic",
    arguments: ["topic", "project"],
    parent: (read) => full(read.required("topic"), `projects/${read.project}/topics`),
  },
  {
    prefix: "google_pubsub_subscription",
    arguments: ["subscription", "project"],
    parent: (read) => full(read.required("subscription"), `projects/${read.project}/subscriptions`),
  },
  {
    prefix: "google_service_account",
    arguments: ["service_account_id"],
    parent: (read) => read.required("service_account_id"),
  },
  {
    prefix: "google_cloud_run_v2_service",
    arguments: ["name", "location", "project"],
    parent: (read) => full(read.required("name"), `${location(read)}/services`),
  },
  {
    prefix: "google_cloud_run_v2_job",
    arguments: ["name", "location", "project"],
    parent: (read) => full(read.required("name"), `${location(read)}/jobs`),
  },
  {
    // The first version of the API; examples for Gen2 functions grant on the underlying service with it.
    prefix: "google_cloud_run_service",
    arguments: ["service", "location", "project"],
    parent: (read) => full(read.required("service"), `${location(read)}/services`),
  },
  {
    prefix: "google_cloudfunctions2_function",
    arguments: ["cloud_function", "location", "project"],
    parent: (read) => full(read.required("cloud_function"), `${location(read)}/functions`),
  },
  {
    prefix: "google_cloud_tasks_queue",
    arguments: ["name", "location", "project"],
    parent: (read) => full(read.required("name"), `${location(read)}/queues`),
  },
  {
    prefix: "google_storage_bucket",
    arguments: ["bucket"],
    parent: (read) => `b/${read.required("bucket").replace(/^b\//, "")}`,
  },
  {
    prefix: "google_artifact_registry_repository",
    arguments: ["repository", "location", "project"],
    parent: (read) => full(read.required("repository"), `${location(read)}/repositories`),
  },
  {
    prefix: "google_secret_manager_secret",
    arguments: ["secret_id", "project"],
    parent: (read) => full(read.required("secret_id"), `projects/${read.project}/secrets`),
  },
  {
    prefix: "google_bigquery_dataset",
    arguments: ["dataset_id", "project"],
    parent: (read) => full(read.required("dataset_id"), `projects/${read.project}/datasets`),
  },
  {
    prefix: "google_bigquery_table",
    arguments: ["dataset_id", "table_id", "project"],
    parent: (read) =>
      `${full(read.required("dataset_id"), `projects/${read.project}/datasets`)}/tables/${read.required("table_id")}`,
  },
  {
    prefix: "google_kms_crypto_key",
    arguments: ["crypto_key_id"],
    parent: (read) => read.required("crypto_key_id"),
  },
  {
    prefix: "google_project",
    arguments: ["project"],
    parent: (read) => `projects/${read.project}`,
  },
];

/** `condition` is not evaluated and so not among what is honoured. */
const grant = (family: Family, kind: "member" | "binding"): Adapter => ({
  type: `${family.prefix}_iam_${kind}`,
  runs: ({ role }) => typeof role === "string" && ENFORCED_ROLES.has(role),
  honoured: [...family.arguments, "role", kind === "member" ? "member" : "members"],
  computed(read) {
    const parent = family.parent(read);
    const role = read.required("role");
    const members = kind === "member" ? [read.required("member")] : read.texts("members");
    // The provider's form of an id: parent, role, member and, if there is one, the condition's title.
    const title = read.text("condition.title");
    const id = [parent, role, ...(kind === "member" ? members : []), ...(title ? [title] : [])].join("/");
    return { id, etag: digits(id, 12), ...(family.prefix !== "google_project" && { parent }) };
  },
  contribute(read, _resource, draft) {
    const members = kind === "member" ? [read.required("member")] : read.texts("members");
    for (const member of members) draft.grants.push({ on: family.parent(read), role: read.required("role"), member });
  },
});

export const iamAdapters: readonly Adapter[] = FAMILIES.flatMap((family) => [
  grant(family, "member"),
  grant(family, "binding"),
]);
