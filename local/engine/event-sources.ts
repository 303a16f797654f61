import { issue } from "../plan/issues";
import type { PlannedResource } from "../plan/plan";
import type { BucketDraft, Draft, SubscriptionDraft } from "./draft";
import type { TriggerConfig } from "./eventarc/types";
import { membersOf, storageAgent } from "./grants";
import type { PushConfig } from "./pubsub/types";

/** How Eventarc's subscriptions deliver. https://cloud.google.com/eventarc/docs/retry-events */
const DELIVERY = {
  // Google's page on triggers of Cloud Run gives Pub/Sub's own default; it can be raised by hand, on the subscription.
  ackDeadlineMs: 10_000,
  retentionMs: 86_400_000,
  retry: { minMs: 10_000, maxMs: 600_000 },
} as const;

const where = ({ stack, address }: PlannedResource): string => `${stack}/${address}`;

/** What Eventarc makes of triggers: a topic, unless there is one, and a subscription that delivers. */
export function addTriggers(draft: Draft): void {
  for (const { config, resource } of draft.triggers) {
    const { topic, own, target, subscription } = config;
    if (!own) draft.topics.push({ config: { name: topic }, resource });
    const push = "workflow" in target ? executionOf(draft, config, target.workflow) : callOf(draft, config, target);
    if (push) draft.subscriptions.push(deliveredBy(subscription, topic, push, resource));
    else {
      const what = "workflow" in target ? `workflow ${target.workflow}` : target.service;
      const problem = `${what} is nothing that runs here, so its events go nowhere`;
      const fix = "let the trigger call a workload or a workflow of the plan";
      draft.report(issue("MR4022", `${where(resource)}.destination`, problem, fix, { severity: "warning" }));
    }
  }
}

function callOf(
  { workloads }: Draft,
  { topic, own, email }: TriggerConfig,
  { service, path }: { readonly service: string; readonly path: string },
): PushConfig | undefined {
  const url = workloads.find((one) => one.service === service)?.spec.url;
  if (url === undefined) return undefined;
  const mode = own ? `CUSTOM_PUBSUB_${encodeURIComponent(topic)}` : "CE_PUBSUB_BINDING";
  return {
    endpoint: `${url}${path.startsWith("/") || path === "" ? path : `/${path}`}?__GCP_CloudEventsMode=${mode}`,
    ...(email !== undefined && { oidc: { serviceAccountEmail: email, audience: url } }),
    event: formOf(own),
  };
}

function executionOf({ workflows }: Draft, { own, email }: TriggerConfig, workflow: string): PushConfig | undefined {
  if (email === undefined || !workflows.some(({ config }) => config.name === workflow)) return undefined;
  return {
    endpoint: `https://workflowexecutions.googleapis.com/v1/${workflow}/executions`,
    oauth: { serviceAccountEmail: email },
    event: formOf(own),
  };
}

const formOf = (own: boolean) => (own ? "message" : "binding");

const deliveredBy = (name: string, topic: string, push: PushConfig, resource: PlannedResource): SubscriptionDraft => ({
  resource,
  config: { name, topic, ...DELIVERY, retainAcked: false, ordering: false, exactlyOnce: false, push },
});

/** Buckets that notifications and subscriptions name and no stack creates; each is said once. */
export function addForeignBuckets(draft: Draft, numberOf: (project: string) => string): void {
  const known = new Set(draft.buckets.map(({ config }) => config.name));
  const named = [
    ...draft.notifications.map(({ config, resource }) => ({ name: config.bucket, resource })),
    ...draft.subscriptions.flatMap(({ config: { export: to }, resource }) =>
      to?.kind === "cloudStorage" ? [{ name: to.bucket, resource }] : [],
    ),
  ];
  for (const { name, resource } of named) {
    if (known.has(name)) continue;
    known.add(name);
    draft.buckets.push(standIn(name, resource, numberOf));
    const problem = `${name} is a bucket of no stack that was read; an empty one stands in`;
    const fix = "put objects into it yourself, or synthesize the stack that creates it into the same folder";
    draft.report(issue("MR4019", where(resource), problem, fix, { severity: "warning" }));
  }
}

function standIn(name: string, resource: PlannedResource, numberOf: (project: string) => string): BucketDraft {
  const project = resource.attributes["project"];
  const { project: provided } = resource.provider;
  const owner = [project, provided].find((one): one is string => typeof one === "string") ?? "local";
  const projectNumber = numberOf(owner);
  return {
    project: owner,
    agent: storageAgent(projectNumber),
    config: { name, location: "US", projectNumber, versioning: false, storageClass: "STANDARD" },
  };
}

/** Sources that may not do what they are for: on Google Cloud they are refused, or silent. */
export function checkSources(draft: Draft): void {
  const miss = (resource: PlannedResource, member: string, role: string, on: string) => {
    const problem = `${member} lacks ${role} on ${on}: its events go nowhere`;
    draft.report(issue("MR4033", where(resource), problem, `grant ${role} on ${on} to it`, { severity: "warning" }));
  };
  const mayPublish = (member: string, on: string) => membersOf(draft.grants, "publish", on).includes(member);
  for (const { config, resource } of draft.notifications)
    if (!mayPublish(config.agent, config.topic)) miss(resource, config.agent, "roles/pubsub.publisher", config.topic);
  for (const { config, resource } of draft.sinks)
    if (!mayPublish(config.writer, config.topic)) miss(resource, config.writer, "roles/pubsub.publisher", config.topic);
  for (const { config, resource } of draft.triggers) {
    const { project, email = "nobody", own, criteria } = config;
    const on = `projects/${project}`;
    const member = `serviceAccount:${email}`;
    if (!own && !membersOf(draft.grants, "receiveEvents", on).includes(member))
      miss(resource, member, "roles/eventarc.eventReceiver", on);
    const bucket = criteria.find(({ attribute }) => attribute === "bucket")?.value;
    const found = draft.buckets.find((one) => one.config.name === bucket);
    const workflow = "workflow" in config.target ? config.target.workflow : undefined;
    if (workflow !== undefined && !membersOf(draft.grants, "execute", workflow).includes(member))
      miss(resource, member, "roles/workflows.invoker", on);
    if (found && !mayPublish(found.agent, on)) miss(resource, found.agent, "roles/pubsub.publisher", on);
  }
}
