import { type Call, excludedFault, walkCall } from "./calls";
import type { Item } from "./landscape";
import { accountName, memberOf, regional } from "./names";
import { hasAt, secondsAt, textAt } from "./read-value";
import { allows, type Grant } from "./grants";
import { isKnown, readable, same } from "./unknown";
import { collector, labelOf, placeIn, type Walk, type World } from "./world";

/** google/cloud/scheduler/v1/job.proto: `Job.attempt_deadline`. */
const DEFAULT_ATTEMPT_SECONDS = 180;

/** Jobs of Cloud Scheduler to what they call, and queues of Cloud Tasks to what their tasks call. */
export const walkSchedules: Walk = (world) => {
  const found = collector();
  for (const item of world.ofType("google_cloud_scheduler_job")) job(world, item, found);
  for (const item of world.ofType("google_cloud_tasks_queue")) queue(world, item, found);
  return found;
};

type Collector = ReturnType<typeof collector>;

function job(world: World, item: Item, found: Collector): void {
  const { config } = item;
  const url = textAt(config, "http_target.uri");
  if (url === undefined) return;
  const waitsSeconds = secondsAt(config, "attempt_deadline", DEFAULT_ATTEMPT_SECONDS);
  const oidc = textAt(config, "http_target.oidc_token.service_account_email");
  const oauth = textAt(config, "http_target.oauth_token.service_account_email");
  if (googleApi(url)) return api(item, url, oidc, oauth, found);
  const audience = textAt(config, "http_target.oidc_token.audience");
  if (oauth !== undefined) wrongToken(item, url, "an OAuth token", "oidc_token", found);
  const call: Call = {
    what: "run",
    from: "scheduler",
    at: item,
    url,
    ...((oidc ?? oauth) !== undefined && { email: oidc ?? oauth! }),
    ...(audience !== undefined && { audience }),
    ...(waitsSeconds !== undefined && { waitsSeconds }),
    impatient: "the run counts as failed and is repeated while it still goes on",
    otherwise: "nothing is done",
  };
  const { needs, faults } = walkCall(world, call);
  found.needs.push(...needs);
  found.faults.push(...(oauth === undefined ? faults : faults.filter(({ code }) => code !== "MR4403")));
}

const googleApi = (url: string): boolean => /^https:\/\/[a-z0-9.-]+\.googleapis\.com\//.test(url);

function wrongToken(item: Item, url: string, got: string, want: string, { fault }: Collector): void {
  fault({
    code: "MR4427",
    at: item,
    problem: `calls ${readable(url)} with ${got}, which it does not take: every run is answered 401`,
    fix: `set an ${want} in place of it`,
    got,
    want,
  });
}

/** `…/projects/P/locations/L/jobs/J:run`, `…/namespaces/P/jobs/J:run`. */
const RUN_JOB =
  /^https:\/\/(?:([^/]+)-)?run\.googleapis\.com\/.*?(?:projects|namespaces)\/([^/]+)\/(?:locations\/([^/]+)\/)?jobs\/([^/:]+):run$/;
const EXECUTIONS = /^https:\/\/workflowexecutions\.googleapis\.com\/v1\/(projects\/([^/]+)\/.+)\/executions$/;

/** A job that calls one of Google's own APIs. */
function api(item: Item, url: string, oidc: string | undefined, oauth: string | undefined, found: Collector): void {
  if (oidc !== undefined) wrongToken(item, url, "an OIDC token", "oauth_token", found);
  const email = oauth ?? oidc;
  if (email === undefined) return wrongToken(item, url, "no token", "oauth_token", found);
  const [, prefix = "", project = item.project, region = prefix, name] = RUN_JOB.exec(url) ?? [];
  const workflow = EXECUTIONS.exec(url);
  const common = { code: "MR4401", who: memberOf(email), at: item } as const;
  const before = [{ item, otherwise: "the first run may be refused" }];
  if (name !== undefined)
    found.need({
      ...common,
      path: `${labelOf(item)} runs the job ${readable(name)} as ${readable(email)}`,
      otherwise: "no run of it starts",
      action: hasOverrides(item) ? "runJobWithOverrides" : "runJob",
      on: placeIn(`projects/${project}/locations/${region}/jobs/${name}`, project),
      before,
    });
  if (workflow)
    found.need({
      ...common,
      path: `${labelOf(item)} starts ${readable(workflow[1]!)} as ${readable(email)}`,
      otherwise: "no execution of it starts",
      action: "execute",
      on: placeIn(workflow[1]!, workflow[2]!),
      before,
    });
}

function hasOverrides({ config }: Item): boolean {
  const body = textAt(config, "http_target.body");
  if (body === undefined || !isKnown(body)) return false;
  return Buffer.from(body, "base64").toString("utf8").includes('"overrides"');
}

/**
 * Tasks are made by code, so the plan shows their producers by their grants alone: who may enqueue must be able to act
 * as an account, and that account to call something.
 */
function queue(world: World, item: Item, { need, fault }: Collector): void {
  const name = regional(item, "queues");
  const place = placeIn(name, item.project);
  const invoker = textAt(item.config, "http_target.oidc_token.service_account_email");
  const host = textAt(item.config, "http_target.uri_override.host");
  const target = world.workloads.find(({ urls }) => urls.includes(`https://${host}`));
  if (target) excludedFault(world, target, "tasks", item).forEach(fault);
  const elsewhere = host !== undefined && !target;
  if (invoker !== undefined && !elsewhere) producesFor(world, item, invoker, fault);
  const own = hasAt(item.config, "http_target.oidc_token") === true;
  for (const { principal } of producers(world, place)) {
    // A queue with a token of its own asks for nobody else's.
    if (own) continue;
    const acting = world.grants.all.filter(
      (grant) => grant.principal === principal && grant.role === "roles/iam.serviceAccountUser",
    );
    const accounts = acting.filter(({ on }) => callsSomething(world, on));
    if (accounts.length > 0) {
      for (const { on } of accounts)
        need({
          code: "MR4423",
          path: `${readable(principal)} makes tasks of ${labelOf(item)} that call as ${readable(on)}`,
          otherwise: "Cloud Tasks refuses the tasks",
          who: principal,
          action: "actAs",
          on: { name: on, within: [] },
          at: item,
        });
      continue;
    }
    const [first] = acting;
    fault({
      code: "MR4423",
      severity: principal.startsWith("serviceAccount:") ? "error" : "warning",
      at: item,
      problem: first
        ? `${readable(principal)} makes tasks that call as ${readable(first.on)}, which may call nothing: every task is answered 403`
        : `${readable(principal)} may make tasks, but act as nobody, so that no task of it carries a token`,
      fix: first
        ? `grant roles/run.invoker on the task's target to ${readable(first.on)}`
        : "grant it roles/iam.serviceAccountUser on the account whose token the tasks carry",
    });
  }
}

const producers = (world: World, place: ReturnType<typeof placeIn>): readonly Grant[] =>
  world.grants.all.filter(
    (grant) => grant.role === "roles/cloudtasks.enqueuer" && allows(grant, grant.principal, "enqueue", place) === "yes",
  );

/** Whether an account may call a workload of the plans, or one elsewhere. */
const callsSomething = (world: World, account: string): boolean =>
  world.grants.all.some(
    ({ principal, role }) =>
      role === "roles/run.invoker" &&
      same(`serviceAccounts/${principal.replace(/^serviceAccount:/, "")}`, account) !== "no",
  );

function producesFor(world: World, item: Item, email: string, fault: Collector["fault"]): void {
  if (callsSomething(world, accountName(email))) return;
  fault({
    code: "MR4401",
    at: item,
    problem: `its tasks call as ${readable(email)}, which may call nothing: every task is answered 403`,
    fix: "grant it roles/run.invoker on the tasks' target",
  });
}
