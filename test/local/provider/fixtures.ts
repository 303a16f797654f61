import type { Fixture } from "./fixture";
import { grants } from "./grant-fixtures";

const project = "demo";
const labels = { "goog-terraform-provisioned": "true", app: "shop" };
const probe = { failure_threshold: 3, initial_delay_seconds: 0, period_seconds: 10, timeout_seconds: 1 };

/** The types of which the facts were read by hand (schema/facts.json), and what plans of this project use beside them. */
export const fixtures: readonly Fixture[] = [
  {
    type: "google_pubsub_topic",
    create: { name: "orders", labels: { team: "a" }, schema_settings: [{ schema: "s" }] },
    planned: {
      project,
      terraform_labels: { ...labels, team: "a" },
      effective_labels: { ...labels, team: "a" },
      schema_settings: [{ schema: "s", encoding: "ENCODING_UNSPECIFIED" }],
    },
    update: { labels: { team: "b" } },
    replace: [{ name: "orders-2" }, ["name"]],
  },
  {
    type: "google_pubsub_subscription",
    create: {
      name: "s",
      topic: "projects/demo/topics/t",
      push_config: [{ push_endpoint: "https://x.example" }],
      retry_policy: [{ minimum_backoff: "10s" }],
    },
    planned: { project, message_retention_duration: "604800s" },
    update: { ack_deadline_seconds: 45, retry_policy: [{ minimum_backoff: "5s" }] },
    same: { topic: "t", retry_policy: [{ minimum_backoff: "10.0s" }] },
    replace: [{ filter: "attributes:a", enable_message_ordering: true }, ["enable_message_ordering", "filter"]],
  },
  {
    type: "google_pubsub_schema",
    create: { name: "s", definition: "{}" },
    planned: { type: "TYPE_UNSPECIFIED" },
    update: { definition: '{"type":"record"}' },
    replace: [{ project: "other" }, ["project"]],
  },
  {
    type: "google_cloud_run_v2_service",
    create: {
      name: "c",
      location: "us-east1",
      annotations: { note: "x" },
      template: [
        {
          containers: [{ image: "i", env: [{ name: "A" }], liveness_probe: [{ http_get: [{}] }] }],
        },
      ],
    },
    planned: {
      deletion_protection: true,
      effective_annotations: { note: "x" },
      template: [
        expect.objectContaining({
          containers: [
            expect.objectContaining({
              env: [expect.objectContaining({ name: "A", value: "" })],
              liveness_probe: [
                expect.objectContaining({ ...probe, http_get: [expect.objectContaining({ path: "/" })] }),
              ],
            }),
          ],
        }),
      ],
    },
    update: { custom_audiences: ["https://a.example"] },
    replace: [{ location: "us-west1" }, ["location"]],
  },
  {
    type: "google_cloud_run_v2_job",
    create: { name: "j", location: "us-east1", template: [{ template: [{ containers: [{ image: "i" }] }] }] },
    planned: { deletion_protection: true },
    update: { client: "me" },
    replace: [{ name: "k" }, ["name"]],
  },
  {
    type: "google_cloudfunctions2_function",
    create: {
      name: "f",
      location: "us-east1",
      build_config: [
        { runtime: "nodejs20", source: [{ repo_source: [{ repo_name: "r", branch_name: "b", project_id: "p" }] }] },
      ],
      service_config: [{ timeout_seconds: 30 }],
    },
    planned: {
      service_config: [
        expect.objectContaining({
          all_traffic_on_latest_revision: true,
          ingress_settings: "ALLOW_ALL",
          timeout_seconds: 30,
        }),
      ],
    },
    update: { description: "d" },
    replace: [
      {
        build_config: [
          { runtime: "nodejs20", source: [{ repo_source: [{ repo_name: "r", branch_name: "b", project_id: "q" }] }] },
        ],
      },
      ["build_config.0.source.0.repo_source.0.project_id"],
    ],
  },
  {
    type: "google_cloud_scheduler_job",
    create: { name: "tick", schedule: "* * * * *", pubsub_target: [{ topic_name: "t", data: "eA==" }] },
    planned: { attempt_deadline: "180s", time_zone: "Etc/UTC", region: "europe-west1" },
    update: { schedule: "0 * * * *" },
    replace: [{ region: "us-east1" }, ["region"]],
  },
  {
    type: "google_cloud_tasks_queue",
    create: { name: "q", location: "europe-west1", retry_config: [{ min_backoff: "1m" }] },
    update: { rate_limits: [{ max_dispatches_per_second: 0.1 }] },
    same: { retry_config: [{ min_backoff: "60s", max_retry_duration: "0s" }] },
    replace: [{ location: "us-east1" }, ["location"]],
  },
  {
    type: "google_dataflow_job",
    create: { name: "d", template_gcs_path: "gs://a/b", temp_gcs_location: "gs://a/t" },
    planned: { on_delete: "drain", skip_wait_on_job_termination: false },
    update: { machine_type: "n1" },
    replace: [{ max_workers: 3 }, ["max_workers"]],
  },
  {
    type: "google_eventarc_trigger",
    create: {
      name: "t",
      location: "europe-west1",
      matching_criteria: [
        { attribute: "type", value: "a" },
        { attribute: "bucket", value: "b" },
      ],
      destination: [{ workflow: "projects/demo/locations/europe-west1/workflows/w" }],
    },
    update: { service_account: "a@b.c" },
    same: { destination: [{ workflow: "w" }] },
    replace: [
      {
        matching_criteria: [
          { attribute: "type", value: "z" },
          { attribute: "bucket", value: "b" },
        ],
      },
      ["matching_criteria"],
    ],
  },
  {
    type: "google_monitoring_alert_policy",
    create: {
      display_name: "a",
      combiner: "OR",
      conditions: [{ display_name: "c" }],
      documentation: [{ content: "x" }],
    },
    planned: { enabled: true, documentation: [expect.objectContaining({ mime_type: "text/markdown" })] },
    update: { severity: "ERROR" },
    replace: [{ project: "other" }, ["project"]],
  },
  {
    type: "google_monitoring_dashboard",
    create: { dashboard_json: "{}" },
    update: { dashboard_json: '{"a":1}' },
    replace: [{ project: "other" }, ["project"]],
  },
  {
    type: "google_monitoring_notification_channel",
    create: { type: "email", sensitive_labels: [{ auth_token: "s" }] },
    planned: { enabled: true, force_delete: false },
    update: { display_name: "d" },
    replace: [{ project: "other" }, ["project"]],
  },
  {
    type: "google_monitoring_uptime_check_config",
    create: {
      display_name: "u",
      timeout: "10s",
      http_check: [{ use_ssl: true }],
      monitored_resource: [{ type: "uptime_url", labels: { host: "h" } }],
    },
    planned: { period: "300s", http_check: [expect.objectContaining({ path: "/", request_method: "GET" })] },
    update: { timeout: "5s" },
    replace: [
      {
        http_check: [{ use_ssl: true, request_method: "POST" }],
        monitored_resource: [{ type: "x", labels: { host: "i" } }],
      },
      ["http_check.0.request_method", "monitored_resource.0.labels", "monitored_resource.0.type"],
    ],
  },
  {
    type: "google_logging_metric",
    create: { name: "m", filter: "x" },
    update: { filter: "y" },
    replace: [
      { metric_descriptor: [{ metric_kind: "DELTA", value_type: "INT64", labels: [{ key: "k" }] }] },
      ["metric_descriptor.0.labels"],
    ],
  },
  {
    type: "google_project_service",
    create: { service: "run.googleapis.com", timeouts: { create: "5m" } },
    planned: { disable_on_destroy: true, timeouts: { create: "5m", delete: null, read: null, update: null } },
    update: { disable_on_destroy: false },
    same: { project: "projects/demo" },
    replace: [{ service: "iam.googleapis.com" }, ["service"]],
  },
  {
    type: "google_secret_manager_secret",
    create: { secret_id: "s", replication: [{ user_managed: [{ replicas: [{ location: "a" }] }] }] },
    planned: { deletion_protection: false },
    update: { ttl: "86400s" },
    replace: [
      { replication: [{ user_managed: [{ replicas: [{ location: "a" }, { location: "b" }] }] }] },
      ["replication.0.user_managed.0.replicas"],
    ],
  },
  {
    type: "google_secret_manager_secret_version",
    create: { secret: "s", secret_data: "x" },
    planned: { enabled: true, deletion_policy: "DELETE", is_secret_data_base64: false, secret_data_wo_version: 0 },
    update: { enabled: false },
    replace: [{ secret_data: "y" }, ["secret_data"]],
  },
  {
    type: "google_service_account",
    create: { account_id: "shop-robot" },
    planned: { disabled: false, project },
    update: { display_name: "Robot" },
    replace: [{ account_id: "other-robot" }, ["account_id"]],
  },
  {
    type: "google_storage_bucket",
    create: { name: "b", location: "EU", lifecycle_rule: [{ action: [{ type: "Delete" }], condition: [{ age: 3 }] }] },
    planned: { storage_class: "STANDARD", force_destroy: false },
    update: { storage_class: "NEARLINE" },
    replace: [{ location: "US" }, ["location"]],
  },
  {
    type: "google_storage_bucket_object",
    create: { name: "o", bucket: "b", content: "x", kms_key_name: "k/cryptoKeyVersions/1" },
    planned: { detect_md5hash: "different hash" },
    update: { temporary_hold: true },
    same: { kms_key_name: "k" },
    replace: [{ bucket: "c" }, ["bucket"]],
  },
  {
    type: "google_storage_notification",
    create: { bucket: "b", payload_format: "JSON_API_V1", topic: "t", event_types: ["A", "B"] },
    replace: [{ event_types: ["B", "C"] }, ["event_types"]],
  },
  {
    type: "google_workflows_workflow",
    create: { name: "w", region: "europe-west1", source_contents: "main:" },
    planned: { deletion_protection: true },
    update: { source_contents: "main: {}" },
    replace: [{ region: "us-east1" }, ["region"]],
  },
  {
    type: "google_bigquery_dataset",
    create: { dataset_id: "d" },
    planned: { location: "US", delete_contents_on_destroy: false },
    update: { description: "d" },
    replace: [{ location: "EU" }, ["location"]],
  },
  {
    type: "google_bigquery_table",
    create: { dataset_id: "d", table_id: "t", view: [{ query: "select 1" }] },
    planned: { deletion_protection: true, view: [expect.objectContaining({ use_legacy_sql: true })] },
    update: { description: "d" },
    replace: [{ table_id: "u" }, ["table_id"]],
  },
  {
    type: "google_firestore_database",
    create: { name: "(default)", location_id: "eur3", type: "FIRESTORE_NATIVE" },
    planned: { deletion_policy: "ABANDON", point_in_time_recovery_enablement: "POINT_IN_TIME_RECOVERY_DISABLED" },
    update: { concurrency_mode: "OPTIMISTIC" },
    replace: [{ location_id: "nam5" }, ["location_id"]],
  },
  {
    type: "google_artifact_registry_repository",
    create: { repository_id: "r", format: "DOCKER", location: "europe-west1" },
    planned: { mode: "STANDARD_REPOSITORY" },
    update: { description: "d" },
    same: { format: "docker" },
    replace: [{ repository_id: "s" }, ["repository_id"]],
  },
  {
    type: "google_cloud_run_v2_worker_pool",
    create: { name: "w", location: "us-east1", template: [{ containers: [{ image: "i" }] }] },
    planned: { deletion_protection: true },
    update: { description: "d" },
    replace: [{ location: "us-west1" }, ["location"]],
  },
  {
    type: "google_eventarc_channel",
    create: { name: "c", location: "europe-west1" },
    update: { crypto_key_name: "k" },
    replace: [{ third_party_provider: "projects/p/locations/l/providers/x" }, ["third_party_provider"]],
  },
  {
    type: "google_eventarc_google_channel_config",
    create: { name: "googleChannelConfig", location: "europe-west1" },
    update: { crypto_key_name: "k" },
    replace: [{ location: "us-east1" }, ["location"]],
  },
  {
    type: "google_eventarc_message_bus",
    create: { message_bus_id: "bus", location: "europe-west1", labels: { team: "a" } },
    planned: { terraform_labels: { ...labels, team: "a" } },
    update: { display_name: "d" },
    replace: [{ message_bus_id: "other" }, ["message_bus_id"]],
  },
  {
    type: "google_eventarc_enrollment",
    create: { enrollment_id: "e", location: "europe-west1", cel_match: "true", destination: "d", message_bus: "b" },
    update: { cel_match: "message.type == 'a'" },
    replace: [{ message_bus: "c" }, ["message_bus"]],
  },
  {
    type: "google_eventarc_pipeline",
    create: { pipeline_id: "p", location: "europe-west1", destinations: [{ topic: "t" }] },
    update: { display_name: "d" },
    replace: [{ pipeline_id: "q" }, ["pipeline_id"]],
  },
  {
    type: "google_eventarc_google_api_source",
    create: { google_api_source_id: "s", location: "europe-west1", destination: "bus" },
    update: { display_name: "d" },
    replace: [{ google_api_source_id: "t" }, ["google_api_source_id"]],
  },
  {
    type: "google_project_iam_audit_config",
    create: {
      project: "demo",
      service: "allServices",
      audit_log_config: [{ log_type: "DATA_READ" }, { log_type: "ADMIN_READ" }],
    },
    update: { audit_log_config: [{ log_type: "DATA_READ" }, { log_type: "DATA_WRITE" }] },
    replace: [{ project: "other" }, ["project"]],
  },
  {
    type: "google_dataflow_flex_template_job",
    create: { name: "j", container_spec_gcs_path: "gs://a/b", parameters: { topic: "t" }, labels: { team: "a" } },
    planned: { on_delete: "cancel", skip_wait_on_job_termination: false, region: "europe-west1", project },
    update: { parameters: { topic: "u" } },
    replace: [{ enable_streaming_engine: true, max_workers: 3 }, ["enable_streaming_engine", "max_workers"]],
  },
  {
    type: "google_project_service_identity",
    create: { service: "pubsub.googleapis.com" },
    planned: { project },
    replace: [{ service: "run.googleapis.com" }, ["service"]],
  },
  {
    type: "google_firestore_field",
    create: { collection: "c", field: "expireAt", ttl_config: [{}] },
    planned: { database: "(default)" },
    update: { index_config: [{ indexes: [{ order: "ASCENDING" }] }] },
    replace: [{ field: "until" }, ["field"]],
  },
  {
    type: "google_kms_crypto_key",
    create: { name: "k", key_ring: "r" },
    planned: { purpose: "ENCRYPT_DECRYPT" },
    update: { rotation_period: "7776000s" },
    replace: [{ key_ring: "s" }, ["key_ring"]],
  },
  ...grants,
  {
    type: "google_logging_project_sink",
    create: { name: "s", destination: "pubsub.googleapis.com/projects/demo/topics/t", filter: "severity>=ERROR" },
    planned: { unique_writer_identity: true, project },
    update: { filter: "severity>=WARNING" },
    same: { filter: " severity>=ERROR " },
    replace: [{ name: "t" }, ["name"]],
  },
  {
    type: "google_project_iam_binding",
    create: { project: "demo", role: "roles/viewer", members: ["user:a@b.c", "user:d@e.f"] },
    update: { members: ["user:g@h.i"] },
    replace: [{ condition: [{ title: "t", expression: "true" }] }, ["condition"]],
  },
];
