import type { Attributes } from "../plan/values";
import { agentEmail } from "./agents";
import type { Item, Landscape } from "./landscape";
import { argument, regional } from "./names";
import { blocksAt, flagAt, numberAt, secondsAt, textAt, textsAt } from "./read-value";
import { isKnown, unknown } from "./unknown";

/** What runs code, and under whose name. */
export interface Workload {
  readonly item: Item;
  readonly kind: "service" | "function" | "job" | "pool" | "workflow" | "dataflow";
  /** What roles to call it are granted on. */
  readonly name: string;
  /** Whom it runs as; undefined when that is a default account. */
  readonly identity?: string;
  /** Every URL under which callers may reach it. */
  readonly urls: readonly string[];
  /** Audiences its front end accepts; undefined when nobody knows. */
  readonly audiences?: readonly string[];
  /** Seconds after which it gives a request up; undefined when nobody knows or nobody waits. */
  readonly timeoutSeconds?: number;
  /** Whether the user has set the timeout. */
  readonly ownTimeout: boolean;
  /** Who passes its front end without asking IAM. */
  readonly open: boolean;
  /** Whether requests from outside are refused before IAM is asked. */
  readonly internal: boolean;
  /** Plain environment variables; values may hold tokens. */
  readonly environment: ReadonlyMap<string, string>;
}

const FIRST: Readonly<Record<string, (item: Item, landscape: Landscape) => Workload>> = {
  google_cloud_run_v2_service: runService,
  google_cloud_run_service: firstGeneration,
  google_cloudfunctions2_function: cloudFunction,
  google_cloud_run_v2_job: (item) => resident(item, "job", "jobs", "template.template"),
  google_cloud_run_v2_worker_pool: (item) => resident(item, "pool", "workerPools", "template"),
  google_workflows_workflow: workflow,
  google_dataflow_job: dataflow,
  google_dataflow_flex_template_job: dataflow,
};

export const workloadsOf = (landscape: Landscape): readonly Workload[] =>
  landscape.items.flatMap((item) =>
    item.mode === "managed" && Object.hasOwn(FIRST, item.type) ? [FIRST[item.type]!(item, landscape)] : [],
  );

/** Whether a URL is of the form that Google has given services before their names said all: its hash is in no plan. */
export const isHashed = (url: string): boolean =>
  /^https:\/\/[a-z0-9-]+-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app\b/.test(url);

/** The token that a reference to an attribute Google computes is. */
const reference = (item: Item, attribute: string): string =>
  unknown(`${item.key.slice(item.stack.length + 1)}.${attribute}`);

/** https://cloud.google.com/run/docs/triggering/https-request#deterministic */
const deterministicUrl = (item: Item, { projectNumber }: Landscape): string =>
  `https://${argument(item, "name")}-${projectNumber(item.project)}.${location(item)}.run.app`;

const location = (item: Item): string =>
  textAt(item.attributes, "location") ?? textAt(item.attributes, "region") ?? unknown("the provider's region");

function runService(item: Item, landscape: Landscape): Workload {
  const { config, attributes } = item;
  const urls = [deterministicUrl(item, landscape), textAt(attributes, "uri") ?? reference(item, "uri")];
  const custom = textsAt(config, "custom_audiences");
  const timeout = secondsAt(config, "template.timeout", "unset");
  const ingress = textAt(config, "ingress") ?? "INGRESS_TRAFFIC_ALL";
  return {
    ...identityAt(config, "template.service_account"),
    item,
    kind: "service",
    name: regional(item, "services"),
    urls,
    ...(custom && { audiences: [...urls, ...custom] }),
    // google/run/v2/revision_template.proto leaves the default to the documentation: 300 s.
    ...(timeout !== undefined && { timeoutSeconds: timeout === "unset" ? 300 : timeout }),
    ownTimeout: timeout !== "unset",
    open: flagAt(config, "invoker_iam_disabled") ?? true,
    internal: isKnown(ingress) && ingress !== "INGRESS_TRAFFIC_ALL",
    environment: containerEnvironment(blocksAt(config, "template.containers")),
  };
}

/** The first version of the API, which many configurations still use. */
function firstGeneration(item: Item, landscape: Landscape): Workload {
  const { config } = item;
  const urls = [deterministicUrl(item, landscape), reference(item, "status[0].url")];
  const timeout = numberAt(config, "template.spec.timeout_seconds", 300);
  const ingress = textAt(config, "metadata.annotations.run.googleapis.com/ingress");
  return {
    ...identityAt(config, "template.spec.service_account_name"),
    item,
    kind: "service",
    name: regional(item, "services"),
    urls,
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ownTimeout: textAt(config, "template.spec.timeout_seconds") !== undefined,
    open: false,
    internal: ingress !== undefined && isKnown(ingress) && ingress !== "all",
    environment: containerEnvironment(blocksAt(config, "template.spec.containers")),
  };
}

function cloudFunction(item: Item, landscape: Landscape): Workload {
  const { config, attributes } = item;
  const url = `https://${location(item)}-${item.project}.cloudfunctions.net/${argument(item, "name")}`;
  const urls = [deterministicUrl(item, landscape), url, textAt(attributes, "url") ?? reference(item, "url")];
  // google/cloud/functions/v2/functions.proto, `ServiceConfig.timeout_seconds`: 60 when unset.
  const timeout = numberAt(config, "service_config.timeout_seconds", 60);
  const ingress = textAt(config, "service_config.ingress_settings") ?? "ALLOW_ALL";
  return {
    ...identityAt(config, "service_config.service_account_email"),
    item,
    kind: "function",
    name: regional(item, "services"),
    urls,
    audiences: urls,
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ownTimeout: textAt(config, "service_config.timeout_seconds") !== undefined,
    open: false,
    internal: isKnown(ingress) && ingress !== "ALLOW_ALL",
    environment: textMap(blocksAt(config, "service_config.environment_variables")[0] ?? {}),
  };
}

/** What nobody calls with a request. */
function resident(item: Item, kind: "job" | "pool", collection: string, template: string): Workload {
  return {
    ...identityAt(item.config, `${template}.service_account`),
    item,
    kind,
    name: regional(item, collection),
    urls: [],
    ownTimeout: false,
    open: false,
    internal: false,
    environment: containerEnvironment(blocksAt(item.config, `${template}.containers`)),
  };
}

function workflow(item: Item): Workload {
  return {
    ...identityAt(item.config, "service_account"),
    item,
    kind: "workflow",
    name: regional(item, "workflows"),
    urls: [],
    ownTimeout: false,
    open: false,
    internal: false,
    environment: textMap(blocksAt(item.config, "user_env_vars")[0] ?? {}),
  };
}

/** Workers of a template; what it works with is told to it in parameters. */
function dataflow(item: Item): Workload {
  return {
    ...identityAt(item.config, "service_account_email"),
    item,
    kind: "dataflow",
    name: regional(item, "jobs"),
    urls: [],
    ownTimeout: false,
    open: false,
    internal: false,
    environment: textMap(blocksAt(item.config, "parameters")[0] ?? {}),
  };
}

/** An account by its e-mail, however it is written: `projects/P/serviceAccounts/E` is the same one. */
function identityAt(config: Attributes, path: string): Pick<Workload, "identity"> {
  const account = textAt(config, path);
  return account === undefined ? {} : { identity: account.split("/").at(-1)! };
}

const containerEnvironment = (containers: readonly Attributes[]): ReadonlyMap<string, string> =>
  new Map(
    containers
      .flatMap((container) => blocksAt(container, "env"))
      .flatMap((block) => {
        const [name, value] = [textAt(block, "name"), textAt(block, "value")];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      }),
  );

const textMap = (map: Attributes): ReadonlyMap<string, string> =>
  new Map(Object.entries(map).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])));

/** The workload that a URL belongs to: the one with the longest URL that it starts with. */
export function workloadAt(workloads: readonly Workload[], url: string): Workload | undefined {
  const within = (base: string) => url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`);
  const found = workloads.flatMap((workload) => workload.urls.filter(within).map((base) => ({ workload, base })));
  return found.sort((a, b) => b.base.length - a.base.length)[0]?.workload;
}

/** E-mail of a service agent of the project an item belongs to. */
export const agentOf = (agent: Parameters<typeof agentEmail>[0], item: Item, { projectNumber }: Landscape): string =>
  agentEmail(agent, projectNumber(item.project));
