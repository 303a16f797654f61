import { type ITerraformDependable, TerraformProvider, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/** The google-beta release that belongs to the google provider of the bindings. */
const VERSION = "6.50.0";
/** Says which provider a hand-written resource is of. */
export const BETA_GENERATOR = { providerName: "google-beta", providerVersion: VERSION } as const;

/** A `google-beta` provider block. Written by hand: its bindings weigh 349 MB, and one resource is all that is needed. */
class GoogleBetaProvider extends TerraformProvider {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: { readonly project: string; readonly region: string },
  ) {
    super(scope, id, {
      terraformResourceType: "google-beta",
      terraformGeneratorMetadata: BETA_GENERATOR,
      terraformProviderSource: "google-beta",
    });
  }

  protected override synthesizeAttributes() {
    return { ...this.config };
  }
}

/** The stack's google-beta provider, made when first asked for. */
export function googleBetaProvider(stack: Construct, config: { readonly project: string; readonly region: string }) {
  const id = "google-beta";
  return (stack.node.tryFindChild(id) as TerraformProvider | undefined) ?? new GoogleBetaProvider(stack, id, config);
}

export interface ProjectServiceIdentityConfig {
  readonly project: string;
  /** API whose service agent is to exist, for example `pubsub.googleapis.com`. */
  readonly service: string;
  readonly provider: TerraformProvider;
  readonly dependsOn?: ITerraformDependable[];
}

/** `google_project_service_identity`: makes a service agent exist. Absent from the GA provider at 6.50.0. */
export class ProjectServiceIdentity extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: ProjectServiceIdentityConfig,
  ) {
    super(scope, id, {
      terraformResourceType: "google_project_service_identity",
      terraformGeneratorMetadata: BETA_GENERATOR,
      provider: config.provider,
      dependsOn: config.dependsOn,
    });
  }

  protected override synthesizeAttributes() {
    return { project: this.config.project, service: this.config.service };
  }
}
