import { apiOfAgent } from "./agents";
import { textAt } from "./read-value";
import { isKnown, same } from "./unknown";
import type { Item } from "./landscape";
import { collector, labelOf, type Walk, type World } from "./world";

/**
 * The API behind a type. Data sources and what another resource implies are left out.
 * https://docs.cloud.google.com/run/docs/triggering/pubsub-triggers and the provider's pages
 */
const APIS: readonly (readonly [prefix: string, apis: readonly string[]])[] = [
  ["google_pubsub_", ["pubsub.googleapis.com"]],
  ["google_cloud_run_", ["run.googleapis.com"]],
  [
    "google_cloudfunctions2_",
    [
      "cloudfunctions.googleapis.com",
      "run.googleapis.com",
      "cloudbuild.googleapis.com",
      "artifactregistry.googleapis.com",
      "storage.googleapis.com",
      "logging.googleapis.com",
    ],
  ],
  ["google_eventarc_", ["eventarc.googleapis.com"]],
  ["google_workflows_", ["workflows.googleapis.com", "workflowexecutions.googleapis.com"]],
  ["google_logging_", ["logging.googleapis.com"]],
  ["google_cloud_tasks_", ["cloudtasks.googleapis.com"]],
  ["google_cloud_scheduler_", ["cloudscheduler.googleapis.com"]],
  ["google_firestore_", ["firestore.googleapis.com"]],
  ["google_bigquery_", ["bigquery.googleapis.com"]],
  ["google_secret_manager_", ["secretmanager.googleapis.com"]],
  ["google_artifact_registry_", ["artifactregistry.googleapis.com"]],
  ["google_monitoring_", ["monitoring.googleapis.com"]],
  ["google_storage_bucket", ["storage.googleapis.com"]],
  ["google_service_account", ["iam.googleapis.com"]],
  ["google_dataflow_", ["dataflow.googleapis.com"]],
];

const apisOf = (type: string): readonly string[] => APIS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? [];

/** What a fresh project needs, and in which order, where the plans enable APIs at all. */
export const walkOrder: Walk = (world) => {
  const found = collector();
  const enabled = world.ofType("google_project_service").filter(({ mode }) => mode === "managed");
  for (const item of world.items) {
    const own = enabled.filter(({ stack, project }) => stack === item.stack && same(project, item.project) !== "no");
    if (item.mode !== "managed" || own.length === 0) continue;
    const missing = new Set<string>();
    for (const api of [...apisOf(item.type), ...extra(item)]) api_(item, api, own, world, missing, found);
    agentExists(item, own, world, found);
  }
  return once(found);
};

/** APIs that an argument asks for. */
function extra({ type, config }: Item): readonly string[] {
  const service = type === "google_project_service_identity" ? textAt(config, "service") : undefined;
  return [
    ...(service === undefined ? [] : [service]),
    ...(textAt(config, "bigquery_config.table") === undefined ? [] : ["bigquery.googleapis.com"]),
    ...(textAt(config, "cloud_storage_config.bucket") === undefined ? [] : ["storage.googleapis.com"]),
  ];
}

type Collector = ReturnType<typeof collector>;

function api_(
  item: Item,
  api: string,
  enabled: readonly Item[],
  world: World,
  missing: Set<string>,
  { fault }: Collector,
) {
  const matching = enabled.filter((one) => same(textAt(one.config, "service") ?? "", api) !== "no");
  if (matching.length === 0) {
    if (missing.has(api)) return;
    missing.add(api);
    fault({
      code: "MR4440",
      severity: "warning",
      at: item,
      problem: `needs ${api}, which the plan does not enable, although it enables others: in a fresh project it is refused`,
      fix: `add a google_project_service for ${api}`,
      want: api,
    });
  } else if (!matching.some((one) => world.waitsFor(item, one)))
    fault({
      code: "MR4441",
      severity: "warning",
      at: item,
      problem: `may be made before ${labelOf(matching[0]!)} has enabled ${api}: in a fresh project it is refused`,
      fix: `add ${labelOf(matching[0]!)} to its depends_on`,
      want: api,
    });
}

/** A role cannot be granted to an agent that does not exist yet. */
function agentExists(item: Item, enabled: readonly Item[], world: World, { fault }: Collector): void {
  const email = (textAt(item.config, "member") ?? "").replace(/^serviceAccount:/, "");
  const api = apiOfAgent(email);
  if (!item.type.endsWith("_iam_member") || api === undefined) return;
  const makers = [
    ...world.ofType("google_project_service_identity").filter((one) => textAt(one.config, "service") === api),
    ...(api === "storage.googleapis.com" ? world.ofType("google_storage_project_service_account") : []),
    ...(api === "bigquery.googleapis.com" ? world.ofType("google_bigquery_default_service_account") : []),
  ];
  const first = makers.length > 0 ? makers : enabled.filter((one) => textAt(one.config, "service") === api);
  if (first.length === 0 || !isKnown(api) || first.some((one) => world.waitsFor(item, one))) return;
  fault({
    code: "MR4443",
    severity: "warning",
    at: item,
    problem: `grants a role to ${email}, which may not exist before ${labelOf(first[0]!)}: in a fresh project the grant is refused`,
    fix: `add ${labelOf(first[0]!)} to its depends_on`,
  });
}

/** An API that is missing is said at the first resource that needs it. */
function once({ needs, faults }: Collector) {
  const said = new Set<string>();
  return {
    needs,
    faults: faults.filter(({ code, want, at }) => {
      const key = `${at.stack} ${want}`;
      if (code !== "MR4440" || !said.has(key)) return (said.add(code === "MR4440" ? key : ""), true);
      return false;
    }),
  };
}
