import type { GrantDraft } from "./draft";

/** What the engine asks IAM for, and the predefined roles that give it. https://cloud.google.com/iam/docs/roles-permissions */
const ROLES = {
  invoke: ["roles/run.invoker", "roles/run.servicesInvoker"],
  runJob: [
    "roles/run.invoker",
    "roles/run.jobsExecutor",
    "roles/run.jobsExecutorWithOverrides",
    "roles/run.developer",
    "roles/run.admin",
  ],
  overrideJob: ["roles/run.jobsExecutorWithOverrides", "roles/run.developer", "roles/run.admin"],
  startWorkflow: ["roles/workflows.invoker", "roles/workflows.editor", "roles/workflows.admin"],
  publish: ["roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin"],
  receive: ["roles/eventarc.eventReceiver", "roles/eventarc.serviceAgent"],
  writeRows: ["roles/bigquery.dataEditor", "roles/bigquery.dataOwner", "roles/bigquery.admin"],
  createObjects: [
    "roles/storage.objectCreator",
    "roles/storage.objectUser",
    "roles/storage.objectAdmin",
    "roles/storage.admin",
  ],
  describeBuckets: ["roles/storage.legacyBucketReader", "roles/storage.legacyBucketWriter", "roles/storage.admin"],
  subscribe: ["roles/pubsub.subscriber", "roles/pubsub.editor", "roles/pubsub.admin"],
} as const;

type Action = keyof typeof ROLES;

/** Roles that change what the engine does; others are kept and change nothing. */
export const ENFORCED_ROLES: ReadonlySet<string> = new Set(Object.values(ROLES).flat());

/** Members that may do something to a resource, by grants on it or on its project; sorted. */
export function membersOf(grants: readonly GrantDraft[], action: Action, resource: string): readonly string[] {
  const project = /^projects\/[^/]+/.exec(resource)?.[0];
  const roles: readonly string[] = ROLES[action];
  const found = grants.filter(({ on, role }) => roles.includes(role) && (on === resource || on === project));
  return [...new Set(found.map(({ member }) => member))].sort();
}

/** Cloud Storage's own identity in a project. https://cloud.google.com/storage/docs/projects#service-agents */
export const storageAgent = (projectNumber: string): string =>
  `serviceAccount:service-${projectNumber}@gs-project-accounts.iam.gserviceaccount.com`;

/** Pub/Sub's own identity in a project. https://cloud.google.com/iam/docs/service-agents */
export const pubsubAgent = (projectNumber: string): string =>
  `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`;

/** Which of the two grants is missing without which Pub/Sub silently stops dead-lettering; none when it may. */
export function missingDeadLetterGrants(
  grants: readonly GrantDraft[],
  agent: string,
  subscription: string,
  topic: string,
): readonly { readonly role: string; readonly on: string }[] {
  const may = (action: Action, resource: string) => membersOf(grants, action, resource).includes(agent);
  return [
    ...(may("publish", topic) ? [] : [{ role: "roles/pubsub.publisher", on: topic }]),
    ...(may("subscribe", subscription) ? [] : [{ role: "roles/pubsub.subscriber", on: subscription }]),
  ];
}
