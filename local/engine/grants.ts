import { type Action, ROLES } from "../../language/roles";
import type { GrantDraft } from "./draft";

/** What the engine asks IAM for. */
const ASKED = [
  "invoke",
  "runJob",
  "runJobWithOverrides",
  "execute",
  "publish",
  "subscribe",
  "receiveEvents",
  "writeRows",
  "createObjects",
  "describeBucket",
] as const satisfies readonly Action[];

type Asked = (typeof ASKED)[number];

/** Roles that change what the engine does; others are kept and change nothing. */
export const ENFORCED_ROLES: ReadonlySet<string> = new Set(ASKED.flatMap((action) => ROLES[action]));

/** Members that may do something to a resource, by grants on it or on its project; sorted. */
export function membersOf(grants: readonly GrantDraft[], action: Asked, resource: string): readonly string[] {
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
  const may = (action: Asked, resource: string) => membersOf(grants, action, resource).includes(agent);
  return [
    ...(may("publish", topic) ? [] : [{ role: "roles/pubsub.publisher", on: topic }]),
    ...(may("subscribe", subscription) ? [] : [{ role: "roles/pubsub.subscriber", on: subscription }]),
  ];
}
