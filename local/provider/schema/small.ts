import { GOOGLE_VERSION } from "./google";
import { type ProviderSchema, smallSchema } from "./provider-schema";

const timeouts = (...names: readonly string[]) =>
  ({
    timeouts: { nesting: "single", a: Object.fromEntries(names.map((name) => [name, ["o", "string"]] as const)) },
  }) as const;

/**
 * The part of hashicorp/google-beta that plans of this project use: a type that the other provider lacks.
 * https://registry.terraform.io/providers/hashicorp/google-beta/6.50.0/docs/resources/project_service_identity
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
