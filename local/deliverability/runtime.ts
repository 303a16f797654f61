import type { Action } from "../../language/roles";
import { accountOf, kindOf } from "../../contract/callers";
import { ENV } from "../../contract/environment";
import { excludedFault } from "./calls";
import {
  argument,
  bucketName,
  datasetName,
  memberOf,
  projectName,
  regional,
  secretName,
  subscriptionName,
  tableName,
  topicName,
} from "./names";
import { blocksAt, flagAt, textAt, textsAt } from "./read-value";
import { isKnown, readable } from "./unknown";
import { collector, labelOf, placeIn, type Walk, type World } from "./world";
import { isDefaultAccount } from "./agents";
import type { Item } from "./landscape";
import { type Workload, workloadAt } from "./workloads";

/** What code needs where it runs: secrets, mounted buckets, and what its environment names. */
export const walkRuntime: Walk = (world) => {
  const found = collector();
  for (const workload of world.workloads) {
    identity(workload, found);
    if (workload.identity === undefined) continue;
    secrets(workload, found);
    volumes(workload, found);
    handler(world, workload, found);
    dataflow(workload, found);
    logs(workload, found);
    callers(world, workload, found);
    named(world, workload, found);
  }
  return found;
};

type Collector = ReturnType<typeof collector>;

function identity({ item, kind, identity }: Workload, { fault }: Collector): void {
  if (identity !== undefined && !isDefaultAccount(identity)) return;
  fault({
    code: "MR4424",
    severity: "warning",
    at: item,
    problem: `runs as the default account, as does every ${kind} of the project that is not told otherwise: what one may do all may do`,
    fix: "give it a service account of its own",
    ...(identity !== undefined && { got: readable(identity) }),
  });
}

/** Secrets that a revision reads when it starts. */
function secretsOf({ item, kind }: Workload): readonly { readonly secret: string; readonly project: string }[] {
  const { config, project } = item;
  if (kind === "function")
    return ["secret_environment_variables", "secret_volumes"].flatMap((list) =>
      blocksAt(config, `service_config.${list}`).map((block) => ({
        secret: textAt(block, "secret") ?? "",
        project: textAt(block, "project_id") ?? project,
      })),
    );
  const template = blocksAt(config, kind === "job" ? "template.template" : "template")[0] ?? {};
  const spec = item.type === "google_cloud_run_service" ? (blocksAt(template, "spec")[0] ?? {}) : template;
  const variables = blocksAt(spec, "containers").flatMap((container) => blocksAt(container, "env"));
  const names = [
    ...variables.map(
      (block) => textAt(block, "value_source.secret_key_ref.secret") ?? textAt(block, "value_from.secret_key_ref.name"),
    ),
    ...blocksAt(spec, "volumes").map((block) => textAt(block, "secret.secret") ?? textAt(block, "secret.secret_name")),
  ];
  return names.flatMap((secret) => (secret === undefined ? [] : [{ secret, project }]));
}

function secrets(workload: Workload, { need }: Collector): void {
  const { item, identity } = workload;
  for (const { secret, project } of secretsOf(workload))
    need({
      code: "MR4419",
      path: `${labelOf(item)} reads the secret ${readable(secret)} when it starts`,
      otherwise: "no revision of it starts",
      who: memberOf(identity!),
      action: "readSecret",
      on: placeIn(secretName(secret, project), project),
      at: item,
      before: [{ item, otherwise: "Google refuses a revision that may not read its secrets" }],
    });
}

function volumes({ item, kind, identity }: Workload, { need }: Collector): void {
  const template = blocksAt(item.config, kind === "job" ? "template.template" : "template")[0] ?? {};
  for (const volume of blocksAt(template, "volumes")) {
    for (const instance of textsAt(volume, "cloud_sql_instance.instances") ?? [])
      connect(item, identity!, instance, need);
    const bucket = textAt(volume, "gcs.bucket");
    if (bucket === undefined) continue;
    const readOnly = flagAt(volume, "gcs.read_only") ?? true;
    need({
      code: "MR4420",
      path: `${labelOf(item)} mounts ${readable(bucket)}`,
      otherwise: "no instance of it starts",
      who: memberOf(identity!),
      action: readOnly ? "readObjects" : "writeObjects",
      on: placeIn(bucketName(bucket), item.project),
      at: item,
      before: [{ item, otherwise: "its first instances may not start" }],
    });
  }
}

/** @param instance `project:region:instance` */
function connect(item: Item, identity: string, instance: string, need: Collector["need"]): void {
  const [project = item.project, , name = ""] = instance.split(":");
  need({
    code: "MR4420",
    path: `${labelOf(item)} connects to the database ${readable(instance)}`,
    otherwise: "it gets no connection",
    who: memberOf(identity),
    action: "connectSql",
    on: placeIn(`projects/${project}/instances/${name}`, project),
    at: item,
    before: [{ item, otherwise: "its first instances get no connection" }],
  });
}

/** Workers of Dataflow ask their service for work, and keep what they have not done in a bucket. */
function dataflow({ item, kind, identity }: Workload, { need }: Collector): void {
  if (kind !== "dataflow") return;
  const who = memberOf(identity!);
  const common = { code: "MR4420", who, at: item, otherwise: "no worker of it starts" } as const;
  const before = [{ item, otherwise: "its first workers may be refused" }];
  need({
    ...common,
    path: `workers of ${labelOf(item)} ask for work`,
    action: "workForDataflow",
    on: { name: projectName(item.project), within: [] },
    before,
  });
  for (const path of ["temp_gcs_location", "temp_location", "staging_location"]) {
    const bucket = /^gs:\/\/([^/]+)/.exec(textAt(item.config, path) ?? "")?.[1];
    if (bucket === undefined) continue;
    need({
      ...common,
      path: `workers of ${labelOf(item)} keep files in ${readable(bucket)}`,
      action: "writeObjects",
      on: placeIn(bucketName(bucket), item.project),
      before,
    });
  }
}

/** Executions of a workflow write their log as its identity. */
function logs({ item, kind, identity }: Workload, { need }: Collector): void {
  if (kind !== "workflow") return;
  need({
    code: "MR4420",
    severity: "warning",
    path: `executions of ${labelOf(item)} write their log as ${readable(identity!)}`,
    otherwise: "nothing is logged, errors included",
    who: memberOf(identity!),
    action: "writeLogs",
    on: { name: projectName(item.project), within: [] },
    at: item,
    before: [{ item, otherwise: "its first executions log nothing" }],
  });
}

/** Whom the runtime was told to expect must pass the front end before it; tasks have no other trace in a plan. */
function callers(world: World, workload: Workload, { need, fault }: Collector): void {
  const { item, name, kind, environment } = workload;
  const list = environment.get(ENV.callers) ?? "";
  for (const told of list.split(",").filter((one) => one !== "")) {
    const email = accountOf(told);
    need({
      code: "MR4401",
      path: `${labelOf(item)} expects calls of ${readable(email)}`,
      otherwise: "its calls are answered 403",
      who: memberOf(email),
      action: "invoke",
      on: placeIn(name, item.project),
      at: item,
    });
    const as = kindOf(told);
    if (as !== undefined) excludedFault(world, workload, as, item).forEach(fault);
  }
  const pulls = environment.has(ENV.subscription);
  if (kind === "pool" && pulls) excludedFault(world, workload, "pubsub", item).forEach(fault);
  // A job that takes from a subscription redrives: what it gives the handler was brought before.
  if (kind === "job" && !pulls) excludedFault(world, workload, "job", item).forEach(fault);
}

/** What the runtime of a handler of ours does by itself. */
function handler(world: World, workload: Workload, { need }: Collector): void {
  const { item, identity, environment } = workload;
  const who = memberOf(identity!);
  // What calls it is made when all of this is there, or the first deliveries fail.
  const before = world
    .ofType("google_pubsub_subscription")
    .filter(({ config }) => workloadAt(world.workloads, textAt(config, "push_config.push_endpoint") ?? "") === workload)
    .map((caller) => ({ item: caller, otherwise: "the first deliveries fail in the runtime" }));
  const database = environment.get("MILLRACE_FIRESTORE_DATABASE");
  if (database !== undefined && environment.get("MILLRACE_STORE") === "firestore")
    need({
      code: "MR4420",
      path: `${labelOf(item)} keeps its records in ${readable(database)}`,
      otherwise: "every delivery fails before its handler runs",
      who,
      action: "useDocuments",
      on: { name: database, within: [projectName(database.split("/")[1] ?? item.project)] },
      at: item,
      before,
    });
  const subscription = environment.get("MILLRACE_SUBSCRIPTION");
  if (subscription !== undefined)
    need({
      code: "MR4420",
      path: `${labelOf(item)} pulls from ${readable(subscription)}`,
      otherwise: "it receives no message",
      who,
      action: "subscribe",
      on: placeIn(subscription, subscription.split("/")[1] ?? item.project),
      at: item,
      before,
    });
  // Where a handler publishes may be made after it: what it cannot publish yet it tries again.
  for (const topic of publishedBy(environment))
    need({
      code: "MR4405",
      path: `${labelOf(item)} publishes to ${readable(topic)}`,
      otherwise: "its handler fails when it publishes",
      who,
      action: "publish",
      on: placeIn(topic, topic.split("/")[1] ?? item.project),
      at: item,
    });
  const park = environment.get("MILLRACE_DEAD_LETTER_TOPIC");
  if (park !== undefined)
    need({
      code: "MR4405",
      path: `${labelOf(item)} parks in ${readable(park)} what no retry will mend`,
      otherwise: "it cannot be parked, and comes again until the transport gives it up",
      who,
      action: "publish",
      on: placeIn(park, park.split("/")[1] ?? item.project),
      at: item,
      before,
    });
}

/** Topics that the runtime is told to publish to: of events by their names, of `defineTopic`, and a relay's own. */
function publishedBy(environment: Workload["environment"]): readonly string[] {
  const own = [...environment]
    .filter(([name]) => /^MILLRACE_(TOPIC_|RELAY_TOPIC$)/.test(name))
    .map(([, value]) => value);
  const listed = (environment.get("MILLRACE_TOPICS") ?? "").split(",").flatMap((pair) => pair.split("=")[1] ?? []);
  return [...new Set([...own, ...listed])];
}

interface Named {
  readonly name: string;
  readonly within: readonly string[];
  /** What whoever is told of it may be meant to do with it. */
  readonly actions: readonly Action[];
  readonly label: string;
  /** Texts that name it, apart from references. */
  readonly spellings: readonly string[];
}

/** Resources of the plans that code can do something with. */
function usable({ items, workloads }: World): readonly Named[] {
  const made = items.flatMap((item): Named[] => {
    const { project, type } = item;
    if (item.mode !== "managed") return [];
    const of = (
      name: string,
      actions: readonly Action[],
      spellings: readonly string[] = [name],
      within = [projectName(project)],
    ) => [{ name, within, actions, label: labelOf(item), spellings }];
    switch (type) {
      case "google_pubsub_topic":
        return of(topicName(argument(item, "name"), project), ["publish"]);
      case "google_pubsub_subscription":
        return of(subscriptionName(argument(item, "name"), project), ["subscribe"]);
      case "google_storage_bucket": {
        const name = argument(item, "name");
        return of(bucketName(name), ["readObjects", "createObjects", "writeObjects"], [name, `gs://${name}`]);
      }
      case "google_cloud_tasks_queue":
        return of(regional(item, "queues"), ["enqueue"]);
      case "google_bigquery_table": {
        const [dataset, id] = [argument(item, "dataset_id"), argument(item, "table_id")];
        const inside = datasetName(dataset, project);
        return of(
          tableName(inside, id),
          ["writeRows", "describeTable"],
          [`${project}.${dataset}.${id}`, `${project}:${dataset}.${id}`, tableName(inside, id)],
          [inside, projectName(project)],
        );
      }
      case "google_secret_manager_secret":
        return of(secretName(argument(item, "secret_id"), project), ["readSecret"]);
      default:
        return [];
    }
  });
  const called = workloads
    .filter(({ kind }) => kind === "service" || kind === "function")
    .map(({ item, name, urls }): Named => ({
      name,
      within: [projectName(item.project)],
      actions: ["invoke"],
      label: labelOf(item),
      spellings: urls,
    }));
  return [...made, ...called];
}

/** Variables of ours whose meaning is known: they name what is dealt with above, or what the workload is itself. */
const OURS = /^MILLRACE_/;

/**
 * A workload that is told the name of a resource is meant to use it. What for, only its code knows, so a role of the
 * resource's usual ones will do; to have none is worth a word.
 */
function named(world: World, { item, name, identity, environment }: Workload, { need }: Collector): void {
  const resources = usable(world);
  for (const [variable, value] of environment) {
    if (OURS.test(variable)) continue;
    for (const resource of resources) {
      if (resource.name === name || !resource.spellings.some((spelling) => isNamedBy(value, spelling))) continue;
      need({
        code: "MR4421",
        severity: "warning",
        path: `${labelOf(item)} is told of ${resource.label} by ${variable}`,
        otherwise: "whatever it does with it is refused",
        who: memberOf(identity!),
        action: resource.actions[0]!,
        others: resource.actions.slice(1),
        on: resource,
        at: item,
      });
    }
  }
}

const isNamedBy = (value: string, spelling: string): boolean =>
  value === spelling || value.startsWith(`${spelling}/`) || (isKnown(spelling) && value.split(",").includes(spelling));
