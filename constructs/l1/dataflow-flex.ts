import {
  type ITerraformDependable,
  type TerraformProvider,
  TerraformResource,
  type TerraformResourceLifecycle,
} from "cdktf";
import type { Construct } from "constructs";
import { BETA_GENERATOR } from "./beta";

/** Arguments that we set. https://registry.terraform.io/providers/hashicorp/google-beta/6.50.0/docs/resources/dataflow_flex_template_job */
export interface DataflowFlexTemplateJobConfig {
  readonly provider: TerraformProvider;
  readonly project: string;
  readonly region: string;
  readonly name: string;
  readonly containerSpecGcsPath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly transformNameMapping?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly onDelete: "drain" | "cancel";
  readonly skipWaitOnJobTermination: boolean;
  readonly serviceAccountEmail: string;
  readonly tempLocation: string;
  readonly stagingLocation: string;
  readonly network?: string;
  readonly subnetwork?: string;
  readonly ipConfiguration: string;
  readonly machineType?: string;
  readonly numWorkers?: number;
  readonly maxWorkers: number;
  readonly kmsKeyName?: string;
  readonly enableStreamingEngine?: boolean;
  readonly dependsOn: ITerraformDependable[];
  readonly lifecycle?: TerraformResourceLifecycle;
}

/** `google_dataflow_flex_template_job`: absent from the GA provider at 6.50.0, whose bindings alone are installed. */
export class GoogleDataflowFlexTemplateJob extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: DataflowFlexTemplateJobConfig,
  ) {
    const { provider, dependsOn, lifecycle } = config;
    super(scope, id, {
      terraformResourceType: "google_dataflow_flex_template_job",
      terraformGeneratorMetadata: BETA_GENERATOR,
      provider,
      dependsOn,
      lifecycle,
    });
  }

  protected override synthesizeAttributes() {
    const { config } = this;
    return {
      project: config.project,
      region: config.region,
      name: config.name,
      container_spec_gcs_path: config.containerSpecGcsPath,
      parameters: config.parameters,
      transform_name_mapping: config.transformNameMapping,
      labels: config.labels,
      on_delete: config.onDelete,
      skip_wait_on_job_termination: config.skipWaitOnJobTermination,
      service_account_email: config.serviceAccountEmail,
      temp_location: config.tempLocation,
      staging_location: config.stagingLocation,
      network: config.network,
      subnetwork: config.subnetwork,
      ip_configuration: config.ipConfiguration,
      machine_type: config.machineType,
      num_workers: config.numWorkers,
      max_workers: config.maxWorkers,
      kms_key_name: config.kmsKeyName,
      enable_streaming_engine: config.enableStreamingEngine,
    };
  }
}
