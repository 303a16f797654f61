import type { Agent } from "./agents";
import type { Item } from "./landscape";
import { bucketName, memberOf, projectName } from "./names";
import { textAt } from "./read-value";
import { readable, same } from "./unknown";
import { collector, labelOf, placeIn, type Walk, type World } from "./world";
import { agentOf } from "./workloads";

/** What must hold before anything runs: keys that Google's agents may use, and builds of functions. */
export const walkFoundations: Walk = (world) => {
  const found = collector();
  for (const [type, path, agent] of KEYS) for (const item of world.ofType(type)) key(world, item, path, agent, found);
  for (const item of world.ofType("google_cloudfunctions2_function")) build(world, item, found);
  return found;
};

type Collector = ReturnType<typeof collector>;

/** Where a resource names a key, and whose agent uses it. */
const KEYS: readonly (readonly [type: string, path: string, agent: Agent])[] = [
  ["google_pubsub_topic", "kms_key_name", "pubsub"],
  ["google_storage_bucket", "encryption.default_kms_key_name", "storage"],
  ["google_bigquery_dataset", "default_encryption_configuration.kms_key_name", "bigquery"],
  ["google_bigquery_table", "encryption_configuration.kms_key_name", "bigquery"],
  ["google_cloud_run_v2_service", "template.encryption_key", "run"],
  ["google_cloud_run_v2_job", "template.template.encryption_key", "run"],
  ["google_workflows_workflow", "crypto_key_name", "workflows"],
  ["google_eventarc_channel", "crypto_key_name", "eventarc"],
  ["google_eventarc_google_channel_config", "crypto_key_name", "eventarc"],
  ["google_dataflow_job", "kms_key_name", "dataflow"],
  ["google_dataflow_job", "kms_key_name", "compute"],
  ["google_dataflow_flex_template_job", "kms_key_name", "dataflow"],
  ["google_dataflow_flex_template_job", "kms_key_name", "compute"],
];

function key(world: World, item: Item, path: string, agent: Agent, { need }: Collector): void {
  const name = textAt(item.config, path);
  if (name === undefined || item.mode !== "managed") return;
  need({
    code: "MR4418",
    path: `${labelOf(item)} is encrypted with ${readable(name)}`,
    otherwise: "Google refuses the resource",
    who: memberOf(agentOf(agent, item, world)),
    action: "useKey",
    on: { name, within: [projectName(name.split("/")[1] ?? item.project)] },
    at: item,
    before: [{ item, otherwise: "Google refuses a resource whose key its agent may not use" }],
  });
}

/** https://cloud.google.com/functions/docs/securing/build-custom-sa */
function build(world: World, item: Item, { need, fault }: Collector): void {
  const { config, project } = item;
  const account = textAt(config, "build_config.service_account");
  if (account === undefined) return;
  const email = account.split("/").at(-1)!;
  const bucket = textAt(config, "build_config.source.storage_source.bucket");
  const repository = textAt(config, "build_config.docker_repository");
  const region = textAt(item.attributes, "location") ?? "";
  // Google makes the bucket at the first deployment in a region.
  const copies = bucketName(`gcf-v2-sources-${world.projectNumber(project)}-${region}`);
  const common = { code: "MR4422", who: memberOf(email), at: item, otherwise: "the function is not built" } as const;
  const what = (does: string) => `the build of ${labelOf(item)} ${does}`;
  const before = [{ item, otherwise: "its first build may be refused" }];
  const all = [
    {
      ...common,
      path: what("writes its log"),
      action: "writeLogs",
      on: { name: projectName(project), within: [] },
      before,
    },
    {
      ...common,
      path: what("reads Google's copy of the source"),
      action: "readObjects",
      on: placeIn(copies, project),
      before,
    },
    ...(bucket === undefined
      ? []
      : [
          {
            ...common,
            path: what("reads its source"),
            action: "readObjects" as const,
            on: placeIn(bucketName(bucket), project),
            before,
          },
        ]),
    ...(repository === undefined
      ? []
      : [
          {
            ...common,
            path: what("pushes its image"),
            action: "pushImages" as const,
            on: placeIn(repository, project),
            before,
          },
        ]),
  ] as const;
  all.forEach(need);
  settled(world, item, email, fault);
}

/** Time between the grants of an identity made in the same plan and the first use of them. */
function settled(world: World, item: Item, email: string, fault: Collector["fault"]): void {
  const fresh = world.grants.all.filter(
    ({ principal, item: { stack } }) => stack === item.stack && same(principal, memberOf(email)) === "yes",
  );
  const sleeps = world.ofType("time_sleep").filter((sleep) => world.waitsFor(item, sleep));
  const local = world.workloads.some(
    ({ item: { stack }, environment }) => stack === item.stack && environment.get("MILLRACE_ENV") === "local",
  );
  if (local || fresh.every((grant) => sleeps.some((sleep) => world.waitsFor(sleep, grant.item)))) return;
  fault({
    code: "MR4444",
    severity: "warning",
    at: item,
    problem: `is built as ${readable(email)} as soon as its roles are granted, and grants take minutes to reach other services: the first build of a fresh project fails`,
    fix: "wait with a time_sleep of 60s between the grants and the function",
  });
}
