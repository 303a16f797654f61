import type { Rules } from "../../local/provider/schema/schema";

/**
 * Arguments of IAM resources that cannot change. The provider builds these resources from shared code, which the
 * extraction did not follow; a policy's only fixed arguments are those of what it is the policy of.
 */
export const IAM_FORCE_NEW: readonly (readonly [suffix: RegExp, paths: readonly string[]])[] = [
  [/_iam_member$/, ["role", "member", "condition", "condition.title", "condition.description", "condition.expression"]],
  [/_iam_binding$/, ["role", "condition", "condition.title", "condition.description", "condition.expression"]],
];

const PLACED = { forceNew: ["location", "name", "project"] } as const;

interface FromBindings {
  readonly forceNew?: readonly string[];
  readonly sensitive?: readonly string[];
  /** Optional arguments that Google fills. */
  readonly computed?: readonly string[];
}

/**
 * Types that the archives lack in part or whole, since the extraction could not follow how the provider builds them.
 * Their schemas are those of the bindings; what replaces them is what names them, with what the archives do say.
 */
export const FROM_BINDINGS: Readonly<Record<string, FromBindings>> = {
  google_apikeys_key: { forceNew: ["name", "project"], sensitive: ["key_string"] },
  google_assured_workloads_workload: { forceNew: ["location", "organization"] },
  google_bigtable_authorized_view: {},
  google_cloudbuild_worker_pool: PLACED,
  google_clouddeploy_delivery_pipeline: PLACED,
  google_clouddeploy_target: PLACED,
  google_compute_instance_from_template: { forceNew: ["name", "project", "source_instance_template", "zone"] },
  google_container_aws_cluster: PLACED,
  google_container_aws_node_pool: PLACED,
  google_container_azure_client: PLACED,
  google_container_azure_cluster: PLACED,
  google_container_azure_node_pool: PLACED,
  google_dataplex_asset: PLACED,
  google_dataplex_lake: PLACED,
  google_dataplex_zone: PLACED,
  google_dataproc_workflow_template: PLACED,
  google_dns_record_set: {},
  google_firebaserules_release: { forceNew: ["name", "project"] },
  google_firebaserules_ruleset: { forceNew: ["project"] },
  // The service of an audit configuration may change: it is written anew.
  google_folder_iam_audit_config: { forceNew: ["folder"] },
  google_gke_hub_feature_membership: { forceNew: ["feature", "location", "membership", "project"] },
  google_logging_billing_account_bucket_config: { forceNew: ["billing_account", "bucket_id", "location"] },
  google_logging_billing_account_exclusion: { forceNew: ["billing_account"] },
  google_logging_billing_account_sink: { forceNew: ["billing_account"] },
  google_logging_folder_bucket_config: { forceNew: ["bucket_id", "folder", "location"] },
  google_logging_folder_exclusion: { forceNew: ["folder"] },
  google_logging_folder_sink: { forceNew: ["folder", "include_children", "intercept_children"] },
  google_logging_organization_bucket_config: { forceNew: ["bucket_id", "location", "organization"] },
  google_logging_organization_exclusion: { forceNew: ["org_id"] },
  google_logging_organization_sink: { forceNew: ["include_children", "intercept_children", "org_id"] },
  google_logging_project_exclusion: { computed: ["project"], forceNew: ["project"] },
  google_logging_project_sink: { computed: ["project"], forceNew: ["project"] },
  google_organization_iam_audit_config: { forceNew: ["org_id"] },
  google_project_iam_audit_config: { forceNew: ["project"] },
  google_recaptcha_enterprise_key: { forceNew: ["project"] },
  google_sql_database_instance: {},
};

/**
 * What the provider's checks mean that take no arguments, by the name of their function.
 * https://github.com/hashicorp/terraform-provider-google/blob/v6.50.0/google/verify/validation.go
 */
export const VALIDATORS: Readonly<Record<string, Rules>> = {
  validateBigQueryTableSchema: { format: "json" },
  validateDatasetId: { pattern: "^[0-9A-Za-z_]{1,1024}$" },
  validateDefaultTableExpirationMs: { range: [3_600_000, null] },
  validateHttpHeaders: { refusedKeys: ["^Content-Length$", "X-Google-", "X-AppEngine-"] },
  validateProjectServiceService: { format: "serviceDomain" },
  "validation.IsCIDRNetwork": { format: "cidr" },
  "validation.IsRFC3339Time": { format: "time" },
  "validation.StringIsJSON": { format: "json" },
  "validation.StringIsNotEmpty": { format: "notEmpty" },
  "verify.ValidateBase64String": { format: "base64" },
  "verify.ValidateDuration": { format: "duration" },
  "verify.ValidateGCEName": { pattern: "^(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)$" },
  "verify.ValidateIAMCustomRoleID": { pattern: "^[a-zA-Z0-9_\\.]{3,64}$" },
  "verify.ValidateIpAddress": { format: "ip" },
  "verify.ValidateIpCidrRange": { format: "cidr" },
  "verify.ValidateRFC3339Date": { format: "time" },
  "verify.ValidateRFC3339Time": { format: "clock" },
};

const children = { include_children: { default: false }, intercept_children: { default: false } } as const;

/** Rules by resource type and path of which the extraction kept no more than the name of a check, or nothing. */
export const LIMITS: Readonly<Record<string, Readonly<Record<string, Rules>>>> = {
  google_logging_folder_sink: children,
  google_logging_organization_sink: children,
  google_logging_project_sink: { unique_writer_identity: { default: true } },
  google_monitoring_slo: { rolling_period_days: { range: [1, 30] } },
  google_service_account: {
    account_id: { pattern: "^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$" },
    description: { length: [0, 256] },
  },
  google_storage_bucket: { "retention_policy.retention_period": { range: [1, 2_147_483_647] } },
  google_vpc_access_connector: { max_throughput: { range: [200, 1_000] }, min_throughput: { range: [200, 1_000] } },
};

const reference = { same: "reference" } as const;
const duration = { same: "duration" } as const;
const network = { network: reference, subnetwork: reference } as const;

/**
 * Arguments that may say in other words what is there, which is no change: a name for a path, `300s` for `5m`. Read off the
 * provider's source at v6.50.0 for the types that plans of this project use.
 */
export const SAMENESS: Readonly<Record<string, Readonly<Record<string, Rules>>>> = {
  google_artifact_registry_repository: { format: { same: "letterCase" } },
  google_cloud_run_v2_job: { name: reference },
  google_cloud_run_v2_service: { name: reference },
  google_cloud_run_v2_worker_pool: { name: reference },
  google_cloud_scheduler_job: { "http_target.uri": { same: "lastSlash" } },
  google_cloud_tasks_queue: {
    "retry_config.max_backoff": duration,
    "retry_config.max_retry_duration": { same: "limit" },
    "retry_config.min_backoff": duration,
  },
  google_cloudfunctions2_function: { "service_config.environment_variables": { addedKeys: ["LOG_EXECUTION_ID"] } },
  google_dataflow_job: { template_gcs_path: { same: "dataflowTemplate" }, ...network },
  google_eventarc_channel: { crypto_key_name: reference, name: reference },
  google_eventarc_google_channel_config: { crypto_key_name: reference, name: reference },
  google_eventarc_message_bus: { crypto_key_name: reference },
  google_eventarc_trigger: {
    channel: reference,
    "destination.cloud_run_service.service": reference,
    "destination.gke.cluster": reference,
    "destination.network_config.network_attachment": reference,
    "destination.workflow": reference,
    name: reference,
    service_account: reference,
    "transport.pubsub.topic": reference,
  },
  google_logging_project_sink: { filter: { same: "surroundingBlanks" } },
  google_project_service: { project: { same: "name" } },
  google_pubsub_schema: { name: reference },
  google_pubsub_subscription: {
    "expiration_policy.ttl": duration,
    "push_config.attributes": { addedKeys: ["x-goog-version"] },
    "retry_policy.maximum_backoff": duration,
    "retry_policy.minimum_backoff": duration,
    topic: reference,
  },
  google_pubsub_topic: { name: reference },
  google_storage_bucket_object: { kms_key_name: { same: "keyVersion" } },
  google_workflows_workflow: { service_account: reference },
};
