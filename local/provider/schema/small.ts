import { GOOGLE_VERSION } from "./google";
import { type ProviderSchema, smallSchema } from "./provider-schema";

const timeouts = (...names: readonly string[]) =>
  ({
    timeouts: { nesting: "single", a: Object.fromEntries(names.map((name) => [name, ["o", "string"]] as const)) },
  }) as const;

/**
 * The part of hashicorp/google-beta that plans of this project use: types that the other provider lacks.
 * https://registry.terraform.io/providers/hashicorp/google-beta/6.50.0/docs/resources/project_service_identity
 * https://registry.terraform.io/providers/hashicorp/google-beta/6.50.0/docs/resources/dataflow_flex_template_job
 */
export const googleBetaSchema = (): ProviderSchema =>
  smallSchema(
    "registry.terraform.io/hashicorp/google-beta",
    GOOGLE_VERSION,
    {
      a: {
        access_token: ["os", "string"],
        add_terraform_attribution_label: ["o", "bool"],
        billing_project: ["o", "string"],
        credentials: ["os", "string"],
        default_labels: ["o", ["map", "string"]],
        impersonate_service_account: ["o", "string"],
        project: ["o", "string"],
        region: ["o", "string"],
        scopes: ["o", ["list", "string"]],
        terraform_attribution_label_addition_strategy: ["o", "string"],
        user_project_override: ["o", "bool"],
        zone: ["o", "string"],
      },
    },
    {
      google_dataflow_flex_template_job: {
        version: 1,
        a: {
          additional_experiments: ["oc", ["set", "string"]],
          additional_pipeline_options: ["o", ["set", "string"]],
          autoscaling_algorithm: ["oc", "string"],
          container_spec_gcs_path: ["r", "string"],
          effective_labels: ["c", ["map", "string"]],
          enable_streaming_engine: ["of", "bool"],
          id: ["oc", "string"],
          ip_configuration: ["o", "string", { enum: ["WORKER_IP_PUBLIC", "WORKER_IP_PRIVATE"] }],
          job_id: ["c", "string"],
          kms_key_name: ["oc", "string"],
          labels: ["o", ["map", "string"]],
          launcher_machine_type: ["oc", "string"],
          machine_type: ["oc", "string"],
          max_workers: ["ocf", "number"],
          name: ["rf", "string"],
          network: ["oc", "string", { same: "reference" }],
          num_workers: ["ocf", "number"],
          on_delete: ["o", "string", { default: "cancel", enum: ["cancel", "drain"] }],
          parameters: ["o", ["map", "string"]],
          project: ["ocf", "string"],
          region: ["ocf", "string"],
          sdk_container_image: ["oc", "string"],
          service_account_email: ["oc", "string"],
          skip_wait_on_job_termination: ["o", "bool", { default: false }],
          staging_location: ["oc", "string"],
          state: ["c", "string"],
          subnetwork: ["oc", "string", { same: "reference" }],
          temp_location: ["oc", "string"],
          terraform_labels: ["c", ["map", "string"]],
          transform_name_mapping: ["o", ["map", "string"]],
          type: ["c", "string"],
        },
      },
      google_project_service_identity: {
        a: {
          email: ["c", "string"],
          id: ["oc", "string"],
          member: ["c", "string"],
          project: ["ocf", "string"],
          service: ["rf", "string"],
        },
        b: timeouts("create", "read", "delete"),
      },
    },
  );

/** https://registry.terraform.io/providers/hashicorp/time/0.13.1/docs/resources/sleep */
export const timeSchema = (): ProviderSchema =>
  smallSchema(
    "registry.terraform.io/hashicorp/time",
    "0.13.1",
    {},
    {
      time_sleep: {
        a: {
          create_duration: ["o", "string"],
          destroy_duration: ["o", "string"],
          id: ["c", "string"],
          triggers: ["of", ["map", "string"]],
        },
      },
    },
  );
