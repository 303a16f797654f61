import type { Issue } from "../../contract/issue";
import { issue } from "../plan/issues";
import type { CompletionContext, PlannedResource } from "../plan/plan";
import { type Fidelity, fidelityIssues } from "./adapters";
import { createContributions, gather } from "./contributions";
import {
  type BucketDraft,
  type Draft,
  type GrantDraft,
  type JobDraft,
  type QueueDraft,
  type SubscriptionDraft,
  type TopicDraft,
  type WorkflowDraft,
} from "./draft";
import { addForeignBuckets, addTriggers, checkSources } from "./event-sources";
import { membersOf, missingDeadLetterGrants, pubsubAgent } from "./grants";
import { type SystemRunJob, type SystemWorkerPool, runJobsOf, workerPoolsOf } from "./programs";
import type { ProgramSpec, TargetSpec } from "./target";

/** A workload the engine runs. */
export interface SystemTarget {
  readonly spec: TargetSpec;
  /** Every URL under which callers of the plan reach it. */
  readonly urls: readonly string[];
  /** `webhooks-dev/google_cloud_run_v2_service.pushes` */
  readonly address: string;
  readonly resource: PlannedResource;
}

/** A workload that runs a container image: on Google Cloud it is there, and here nothing starts it. */
export interface SystemImage {
  readonly program: Omit<ProgramSpec, "archive">;
  /** Of a service; a job or worker pool has none. */
  readonly url?: string;
  readonly resource: PlannedResource;
}

/** What runs, made from a plan: the engine's whole configuration as data. */
export interface System {
  /** Topics of the plan, and those that stand in for topics of nobody, which have no resource. */
  readonly topics: readonly (Pick<TopicDraft, "config"> & Partial<TopicDraft>)[];
  readonly subscriptions: readonly SubscriptionDraft[];
  readonly jobs: readonly JobDraft[];
  readonly queues: readonly QueueDraft[];
  readonly workflows: readonly WorkflowDraft[];
  readonly targets: readonly SystemTarget[];
  readonly runJobs: readonly SystemRunJob[];
  readonly workerPools: readonly SystemWorkerPool[];
  readonly images: readonly SystemImage[];
  readonly databases: readonly string[];
  readonly ttls: Draft["ttls"];
  readonly buckets: readonly BucketDraft[];
  readonly notifications: Draft["notifications"];
  readonly sinks: Draft["sinks"];
  readonly triggers: Draft["triggers"];
  readonly tables: Draft["tables"];
  readonly grants: readonly GrantDraft[];
  readonly fidelity: readonly Fidelity[];
  /** Whether Pub/Sub may move messages of a subscription to a dead-letter topic. */
  readonly canDeadLetter: (subscription: string, topic: string) => boolean;
  readonly issues: readonly Issue[];
}

/**
 * Derives the system from planned resources. What could not work, or would not work on Google Cloud, is in `issues`.
 * @param contributionOf what a resource asks for, for those who derive again and again. @default nothing is remembered
 */
export function systemOf(
  resources: readonly PlannedResource[],
  projectNumber: CompletionContext["projectNumber"],
  contributionOf = createContributions(),
): System {
  const contributions = resources.map((resource) => contributionOf(resource, projectNumber));
  const issues = contributions.flatMap((one) => one.issues);
  const draft = gather(contributions, (found) => void issues.push(found));

  const agentOf = (subscription: string) => pubsubAgent(projectNumber(subscription.split("/")[1] ?? ""));
  const missing = (subscription: string, topic: string) =>
    missingDeadLetterGrants(draft.grants, agentOf(subscription), subscription, topic);
  addTriggers(draft);
  addForeignBuckets(draft, projectNumber);
  checkSources(draft);
  checkNames(draft);
  const foreign = foreignTopics(draft);
  const topics = draft.topics.map((topic) => withSchema(draft, topic));
  const targets = targetsOf(draft);
  const runJobs = runJobsOf(draft);
  for (const subscription of draft.subscriptions) {
    const { name, deadLetter, push } = subscription.config;
    // An execution is asked of Google's API; `checkSources` asks for its grant.
    if (push && !push.oauth) {
      const { resource } = subscription;
      const path = `${where(resource)}.${resource.type === "google_eventarc_trigger" ? "service_account" : "push_config"}`;
      checkCall(draft, { path, url: push.endpoint, email: push.oidc?.serviceAccountEmail, what: "push" }, targets);
    }
    for (const { role, on } of deadLetter ? missing(name, deadLetter.topic) : [])
      draft.report(deadLetterIssue(subscription, agentOf(name), role, on));
  }
  for (const { config, resource } of draft.jobs) {
    const { target } = config;
    if (target.kind !== "http") continue;
    const path = `${where(resource)}.http_target`;
    const google = googleCallOf(target.url);
    if (google)
      checkGoogleCall(draft, { path, url: target.url, email: target.oauth?.serviceAccountEmail }, google, [
        ...runJobs.map((job) => job.config.name),
        ...draft.workflows.map((workflow) => workflow.config.name),
      ]);
    else checkCall(draft, { path, url: target.url, email: target.oidc?.serviceAccountEmail, what: "run" }, targets);
  }
  for (const check of contributions.flatMap(({ workflows }) => workflows)) {
    const { issues: found, requests } = check(draft.grants);
    found.forEach(draft.report);
    for (const request of requests) checkCall(draft, { ...request, what: "call" }, targets);
  }
  const fidelity = contributions.flatMap((one) => one.fidelity ?? []);
  return {
    topics: [...topics, ...foreign.map((name) => ({ config: { name } }))],
    subscriptions: draft.subscriptions,
    jobs: draft.jobs,
    queues: draft.queues,
    workflows: draft.workflows,
    targets,
    runJobs,
    workerPools: workerPoolsOf(draft),
    images: imagesOf(draft),
    databases: [...draft.databases].sort(),
    ttls: draft.ttls,
    buckets: draft.buckets,
    notifications: draft.notifications,
    sinks: draft.sinks,
    triggers: draft.triggers,
    tables: draft.tables,
    grants: draft.grants,
    fidelity,
    canDeadLetter: (subscription, topic) => missing(subscription, topic).length === 0,
    issues: [...issues, ...fidelityIssues(fidelity)],
  };
}

const where = ({ stack, address }: PlannedResource): string => `${stack}/${address}`;

function checkNames(draft: Draft): void {
  const owners = new Map<string, string>();
  const named = [
    ...draft.topics.map(({ config, resource }) => ({ name: config.name, resource })),
    ...draft.subscriptions.map(({ config, resource }) => ({ name: config.name, resource })),
    ...draft.workloads.map(({ service, resource }) => ({ name: service, resource })),
    ...draft.jobs.map(({ config, resource }) => ({ name: config.name, resource })),
    ...draft.queues.map(({ config, resource }) => ({ name: config.name, resource })),
    ...draft.workflows.map(({ config, resource }) => ({ name: config.name, resource })),
    ...draft.workerPools,
    // Jobs of Cloud Scheduler have names of the same form.
    ...draft.runJobs.map(({ name, resource }) => ({ name: `${name} of Cloud Run`, resource })),
  ];
  for (const { name, resource } of named) {
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, where(resource));
    else {
      const problem = `${name} is created by ${owner} as well; Google would refuse the second`;
      draft.report(issue("MR4025", where(resource), problem, "give one of them another name"));
    }
  }
}

/** Topics that subscriptions and jobs name and no stack creates; each is said once. */
/** A topic with the schema that it names; one of no stack cannot be read, and is not asked for. */
function withSchema({ schemas, report }: Draft, topic: TopicDraft): TopicDraft {
  const { schema, config, resource } = topic;
  if (!schema) return topic;
  const definition = schemas.get(schema.name);
  if (definition) return { ...topic, config: { ...config, schema: { ...schema, ...definition } } };
  const problem = `${schema.name} belongs to no stack that was read; messages are not checked against it here`;
  const fix = "synthesize the stack that creates it into the same folder";
  report(issue("MR4034", `${where(resource)}.schema_settings`, problem, fix, { severity: "warning" }));
  return topic;
}

function foreignTopics(draft: Draft): readonly string[] {
  const own = new Set(draft.topics.map(({ config }) => config.name));
  const foreign = new Set<string>();
  const named = [
    ...draft.subscriptions.map(({ config, resource }) => ({
      resource,
      topics: [config.topic, ...(config.deadLetter ? [config.deadLetter.topic] : [])],
    })),
    ...draft.jobs.map(({ config: { target }, resource }) => ({
      resource,
      topics: target.kind === "pubsub" ? [target.topic] : [],
    })),
    ...[...draft.notifications, ...draft.sinks].map(({ config, resource }) => ({ resource, topics: [config.topic] })),
  ];
  for (const { topics, resource } of named)
    for (const name of topics) {
      if (own.has(name) || foreign.has(name)) continue;
      foreign.add(name);
      const problem = `${name} belongs to no stack that was read; an empty one stands in`;
      const fix = "publish to it yourself, or synthesize the stack that creates it into the same folder";
      draft.report(issue("MR4019", where(resource), problem, fix, { severity: "warning" }));
    }
  return [...foreign];
}

function targetsOf(draft: Draft): readonly SystemTarget[] {
  return draft.workloads.flatMap((workload) => {
    const { service, spec, source, open, urls, resource } = workload;
    const address = where(resource);
    if (source === undefined) {
      const problem = "runs a container image, and the engine runs archives only; requests to it will fail";
      const fix = "deploy it from a handler's archive (build_config), or call it in a test of its own";
      draft.report(issue("MR4020", address, problem, fix, { severity: "warning" }));
      return [];
    }
    const archive = draft.objects.get(source);
    if (archive === undefined) {
      const problem = `its source ${source} is uploaded by no resource of the plan, so there is nothing to start`;
      draft.report(issue("MR4024", address, problem, "upload the archive with a google_storage_bucket_object"));
      return [];
    }
    const invokers = open ? ["allUsers"] : membersOf(draft.grants, "invoke", service);
    return [
      { address, urls, resource, spec: { ...spec, archive: archive.path, archiveDigest: archive.digest, invokers } },
    ];
  });
}

const imagesOf = ({ workloads, runJobs, workerPools }: Draft): readonly SystemImage[] => [
  ...workloads.flatMap(({ source, spec, resource }) =>
    source === undefined ? [{ program: spec, url: spec.url, resource }] : [],
  ),
  ...[...runJobs, ...workerPools].flatMap(({ source, program, resource }) =>
    source === undefined ? [{ program, resource }] : [],
  ),
];

/** The target an endpoint belongs to: the one with the longest URL that the endpoint starts with. */
export function targetOf(targets: readonly SystemTarget[], endpoint: string): SystemTarget | undefined {
  const within = (url: string) => endpoint === url || endpoint.startsWith(`${url}/`) || endpoint.startsWith(`${url}?`);
  const matches = targets.flatMap((target) => target.urls.filter(within).map((url) => ({ target, url })));
  return matches.sort((a, b) => b.url.length - a.url.length)[0]?.target;
}

/** A request that something of the plan makes. */
interface PlannedCall {
  readonly path: string;
  readonly url: string;
  /** Whom its token is of; undefined without one. */
  readonly email: string | undefined;
  /** Each of them, in a word. */
  readonly what: "push" | "run" | "call";
}

const CALLERS = {
  push: "push identity",
  run: "job's identity",
  call: "workflow's identity, and give the call a token",
};

function checkCall(draft: Draft, { path, url, email, what }: PlannedCall, targets: readonly SystemTarget[]): void {
  const warn = (code: "MR4021" | "MR4022" | "MR4023", problem: string, fix: string) =>
    draft.report(issue(code, path, problem, fix, { severity: "warning" }));
  if (email !== undefined && !draft.accounts.has(email))
    warn(
      "MR4021",
      `${email} is a service account that no stack here creates; the engine signs for it all the same`,
      "check that it exists on Google Cloud, or create it in the stack",
    );
  const target = targetOf(targets, url);
  if (!target)
    return warn(
      "MR4022",
      `${url} is no service or function that runs here; the engine posts to nobody else, so every ${what} will fail`,
      what === "push"
        ? "push to a workload of the plan, or consume the subscription by pull"
        : "call a workload of the plan",
    );
  const { invokers } = target.spec;
  if (invokers.includes("allUsers") || (email !== undefined && invokers.includes(`serviceAccount:${email}`))) return;
  const who = email ?? "a caller without a token";
  const problem = `${who} may not invoke ${target.address}: every ${what} will be answered 403`;
  warn("MR4023", problem, `grant roles/run.invoker on the service to the ${CALLERS[what]}`);
}

/** Calls of Google's own APIs that the engine answers, by their host. */
const GOOGLE_CALLS = {
  "run.googleapis.com": {
    path: /^\/v2\/(projects\/[^/:]+\/locations\/[^/:]+\/jobs\/[^/:]+):run$/,
    action: "runJob",
    what: "job of Cloud Run",
    fix: "run a job of the plan that is made of a handler",
    grant: "grant roles/run.invoker on the job",
  },
  "workflowexecutions.googleapis.com": {
    path: /^\/v1\/(projects\/[^/:]+\/locations\/[^/:]+\/workflows\/[^/:]+)\/executions$/,
    action: "execute",
    what: "workflow",
    fix: "start a workflow of the plan",
    grant: "grant roles/workflows.invoker on the project",
  },
} as const;

type GoogleCall = (typeof GOOGLE_CALLS)[keyof typeof GOOGLE_CALLS];

const googleCallOf = (url: string): GoogleCall | undefined =>
  URL.canParse(url) ? (GOOGLE_CALLS as Readonly<Record<string, GoogleCall>>)[new URL(url).hostname] : undefined;

/** A call that runs a Cloud Run job or starts a workflow: is it here, and may the caller? */
function checkGoogleCall(
  draft: Draft,
  { path, url, email }: Omit<PlannedCall, "what">,
  call: GoogleCall,
  running: readonly string[],
): void {
  const name = call.path.exec(new URL(url).pathname)?.[1];
  const warn = (code: "MR4022" | "MR4023", problem: string, fix: string) =>
    draft.report(issue(code, path, problem, fix, { severity: "warning" }));
  if (name === undefined || !running.includes(name))
    return warn("MR4022", `${url} is no ${call.what} that runs here, so every run will fail`, call.fix);
  if (email !== undefined && membersOf(draft.grants, call.action, name).includes(`serviceAccount:${email}`)) return;
  const who = email ?? "a caller without an access token";
  const verb = call.action === "runJob" ? "run" : "start";
  warn("MR4023", `${who} may not ${verb} ${name}: every run will be answered 403`, call.grant);
}

const deadLetterIssue = ({ resource, config }: SubscriptionDraft, agent: string, role: string, on: string): Issue => {
  const problem = `${agent} lacks ${role} on ${on}; Pub/Sub would never dead-letter a message of ${config.name}, and say nothing`;
  return issue("MR4026", where(resource), problem, `grant ${role} on it to the agent`, { severity: "warning" });
};
