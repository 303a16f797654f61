/**
 * Blocks that Google fills when a configuration leaves them out ("optional and computed"); a schema cannot say so.
 * Read off the provider's source at v6.50.0.
 */
export const COMPUTED_BLOCKS: Readonly<Record<string, readonly string[]>> = {
  google_bigquery_dataset: ["access"],
  google_cloud_run_v2_job: [
    "template.template.containers",
    "template.template.containers.resources",
    "template.template.containers.startup_probe",
  ],
  google_cloud_run_v2_service: [
    "template.containers.ports",
    "template.containers.resources",
    "template.containers.startup_probe",
    "template.scaling",
    "traffic",
  ],
  google_cloud_tasks_queue: ["rate_limits", "retry_config"],
  google_cloudfunctions2_function: ["build_config.automatic_update_policy", "service_config.secret_volumes.versions"],
  google_eventarc_trigger: ["transport"],
  google_logging_metric: ["metric_descriptor"],
  google_pubsub_subscription: ["expiration_policy"],
  google_pubsub_topic: ["message_storage_policy"],
  google_storage_bucket: ["soft_delete_policy", "versioning", "website"],
};

/**
 * Arguments of IAM resources that cannot change. The provider builds these resources from shared code, which the
 * extraction did not follow; a policy's only fixed arguments are those of what it is the policy of.
 */
export const IAM_FORCE_NEW: readonly (readonly [suffix: RegExp, paths: readonly string[]])[] = [
  [/_iam_member$/, ["role", "member", "condition", "condition.title", "condition.description", "condition.expression"]],
  [/_iam_binding$/, ["role", "condition", "condition.title", "condition.description", "condition.expression"]],
];
