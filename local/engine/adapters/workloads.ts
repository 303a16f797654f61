import { posix } from "node:path";
import type { Attributes } from "../../plan/values";
import type { WorkloadDraft } from "../draft";
import type { Adapter, Reader } from "./adapter";
import { asBlocks, at } from "./adapter";
import { labelled, milliseconds } from "./common";

/** The deterministic URL of a Cloud Run service. https://cloud.google.com/run/docs/triggering/https-request#deterministic */
const runUrl = (read: Reader): string =>
  `https://${read.required("name")}-${read.projectNumber}.${read.region}.run.app`;

const serviceName = (read: Reader): string =>
  `projects/${read.project}/locations/${read.region}/services/${read.required("name")}`;

/** What runs as nobody in particular runs as this account. https://cloud.google.com/compute/docs/access/service-accounts#default_service_account */
export const defaultAccount = (read: Reader): string => `${read.projectNumber}-compute@developer.gserviceaccount.com`;

const nameOf = (name: string): string => posix.basename(name);

/** `env` blocks with plain values; those from secrets are not honoured and so not here. */
export const environmentOf = (containers: readonly Attributes[]): Record<string, string> =>
  Object.fromEntries(
    containers
      .slice(0, 1)
      .flatMap((container) => asBlocks(container.env))
      .filter(({ name, value }) => typeof name === "string" && typeof value === "string")
      .map(({ name, value }) => [name as string, value as string]),
  );

const RUN_DEFAULTS = { concurrency: 80, maxInstances: 100, timeout: "300s" } as const;

/** cpu below 1 allows one request at a time (Cloud Run, "CPU limits"). */
const runConcurrency = (read: Reader): number => {
  const cpu = at(read.blocks("template.containers")[0], "resources.limits.cpu");
  const milli = typeof cpu === "string" && cpu.endsWith("m") ? Number.parseInt(cpu, 10) : Number(cpu ?? 1) * 1_000;
  return milli < 1_000 ? 1 : RUN_DEFAULTS.concurrency;
};

const runService: Adapter = {
  type: "google_cloud_run_v2_service",
  runs: (attributes) => at(attributes, "build_config.source_location") !== undefined,
  honoured: [
    "name",
    "location",
    "project",
    "custom_audiences",
    "invoker_iam_disabled",
    "build_config.source_location",
    "build_config.function_target",
    "template.timeout",
    "template.max_instance_request_concurrency",
    "template.scaling.max_instance_count",
    "template.service_account",
    "template.containers.env.name",
    "template.containers.env.value",
  ],
  inert: [
    "annotations",
    "binary_authorization",
    "client",
    "client_version",
    "deletion_protection",
    "description",
    "ingress",
    "labels",
    "launch_stage",
    "build_config.base_image",
    "build_config.enable_automatic_updates",
    "build_config.environment_variables",
    "build_config.image_uri",
    "build_config.service_account",
    "build_config.worker_pool",
    "scaling",
    "template.annotations",
    "template.encryption_key",
    "template.execution_environment",
    "template.labels",
    "template.revision",
    "template.scaling.min_instance_count",
    "template.vpc_access",
    "template.containers.base_image_uri",
    "template.containers.image",
    "template.containers.name",
    "template.containers.resources",
    "template.containers.ports",
    // An instance here is ready when its port is open.
    "template.containers.startup_probe",
    "timeouts",
  ],
  /** How Google starts the archive's bundle from a mounted bucket; the engine starts the archive itself. */
  inertFor(attributes) {
    const bucket = at(attributes, "template.volumes.gcs.bucket");
    const source = at(attributes, "build_config.source_location");
    const mounted = typeof bucket === "string" && typeof source === "string" && source.startsWith(`gs://${bucket}/`);
    const paths = ["volumes", "containers.volume_mounts", "containers.command", "containers.args"];
    return mounted ? paths.map((path) => `template.${path}`) : [];
  },
  computed(read) {
    const uri = runUrl(read);
    return {
      project: read.project,
      id: serviceName(read),
      uri,
      urls: [uri],
      uid: serviceName(read),
      generation: "1",
      latest_created_revision: `${read.required("name")}-00001-local`,
      latest_ready_revision: `${read.required("name")}-00001-local`,
      ...labelled(read),
    };
  },
  contribute(read, resource, draft) {
    const url = read.required("uri");
    const source = read.text("build_config.source_location");
    const entryPoint = read.text("build_config.function_target");
    draft.workloads.push({
      service: serviceName(read),
      urls: [url],
      ...(source && { source }),
      open: read.bool("invoker_iam_disabled") ?? false,
      resource,
      spec: {
        name: nameOf(read.required("name")),
        kind: entryPoint ? "function" : "service",
        project: read.project,
        region: read.region,
        url,
        audiences: [url, ...read.texts("custom_audiences")],
        ...(entryPoint && { entryPoint }),
        environment: environmentOf(read.blocks("template.containers")),
        concurrency: read.number("template.max_instance_request_concurrency") || runConcurrency(read),
        maxInstances: read.number("template.scaling.max_instance_count") || RUN_DEFAULTS.maxInstances,
        timeoutMs: milliseconds(read, "template.timeout") ?? Number.parseInt(RUN_DEFAULTS.timeout, 10) * 1_000,
        serviceAccountEmail: read.text("template.service_account") ?? defaultAccount(read),
      },
    } satisfies WorkloadDraft);
  },
};

/** google/cloud/functions/v2/functions.proto, `ServiceConfig`: the defaults of what is unset. */
const FUNCTION_DEFAULTS = { concurrency: 1, maxInstances: 100, timeoutSeconds: 60 } as const;

const cloudFunction: Adapter = {
  type: "google_cloudfunctions2_function",
  runs: true,
  honoured: [
    "name",
    "location",
    "project",
    "build_config.entry_point",
    "build_config.source.storage_source",
    "service_config.environment_variables",
    "service_config.max_instance_count",
    "service_config.max_instance_request_concurrency",
    "service_config.service_account_email",
    "service_config.timeout_seconds",
  ],
  inert: [
    "description",
    "kms_key_name",
    "labels",
    "build_config.automatic_update_policy",
    "build_config.docker_repository",
    "build_config.environment_variables",
    "build_config.on_deploy_update_policy",
    // The archive runs on the Node of this machine.
    "build_config.runtime",
    "build_config.service_account",
    "build_config.worker_pool",
    "service_config.all_traffic_on_latest_revision",
    "service_config.available_cpu",
    "service_config.available_memory",
    "service_config.binary_authorization_policy",
    "service_config.ingress_settings",
    "service_config.min_instance_count",
    "service_config.vpc_connector",
    "service_config.vpc_connector_egress_settings",
    "timeouts",
  ],
  computed(read) {
    const name = read.required("name");
    const email = read.text("service_config.service_account_email") ?? defaultAccount(read);
    return {
      project: read.project,
      id: `projects/${read.project}/locations/${read.region}/functions/${name}`,
      url: `https://${read.region}-${read.project}.cloudfunctions.net/${name}`,
      environment: "GEN_2",
      state: "ACTIVE",
      service_config: {
        ...read.block("service_config"),
        uri: runUrl(read),
        gcf_uri: runUrl(read),
        service: serviceName(read),
        service_account_email: email,
      },
      ...labelled(read),
    };
  },
  contribute(read, resource, draft) {
    const url = read.required("service_config.uri");
    const address = read.required("url");
    const bucket = read.required("build_config.source.storage_source.bucket");
    const object = read.required("build_config.source.storage_source.object");
    draft.workloads.push({
      service: serviceName(read),
      urls: [url, address],
      source: `gs://${bucket}/${object}`,
      open: false,
      resource,
      spec: {
        name: nameOf(read.required("name")),
        kind: "function",
        project: read.project,
        region: read.region,
        url,
        audiences: [url, address],
        entryPoint: read.required("build_config.entry_point"),
        environment: read.textMap("service_config.environment_variables"),
        concurrency: read.number("service_config.max_instance_request_concurrency") || FUNCTION_DEFAULTS.concurrency,
        maxInstances: read.number("service_config.max_instance_count") || FUNCTION_DEFAULTS.maxInstances,
        timeoutMs: (read.number("service_config.timeout_seconds") || FUNCTION_DEFAULTS.timeoutSeconds) * 1_000,
        serviceAccountEmail: read.required("service_config.service_account_email"),
      },
    } satisfies WorkloadDraft);
  },
};

export const workloadAdapters: readonly Adapter[] = [runService, cloudFunction];
