import { type ITerraformDependable, TerraformProvider, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

const VERSION = "0.13.1";
const GENERATOR = { providerName: "time", providerVersion: VERSION } as const;

/** The `hashicorp/time` provider, which has no settings. Written by hand: one resource is all that is needed. */
class TimeProvider extends TerraformProvider {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      terraformResourceType: "time",
      terraformGeneratorMetadata: GENERATOR,
      terraformProviderSource: "time",
    });
  }

  protected override synthesizeAttributes() {
    return {};
  }
}

/** The stack's time provider, made when first asked for. */
export function timeProvider(stack: Construct): TerraformProvider {
  return (stack.node.tryFindChild("time") as TerraformProvider | undefined) ?? new TimeProvider(stack, "time");
}

export interface TimeSleepConfig {
  readonly provider: TerraformProvider;
  /** For example `60s`. */
  readonly createDuration: string;
  readonly dependsOn: ITerraformDependable[];
}

/** `time_sleep`: waits once, when it is created. */
export class TimeSleep extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: TimeSleepConfig,
  ) {
    super(scope, id, {
      terraformResourceType: "time_sleep",
      terraformGeneratorMetadata: GENERATOR,
      provider: config.provider,
      dependsOn: config.dependsOn,
    });
  }

  protected override synthesizeAttributes() {
    return { create_duration: this.config.createDuration };
  }
}
