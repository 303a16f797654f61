import type { Attributes } from "../../plan/values";
import { toJson } from "../values/convert";
import { type ObjectValue, UNKNOWN, type Value } from "../values/value";

/** What a provider block says that plans depend on. Any of it may be unknown while a plan is made. */
export interface Settings {
  readonly project: Value;
  readonly region: Value;
  readonly zone: Value;
  readonly defaultLabels: Value;
  /** When the label that names Terraform is added to `terraform_labels`. */
  readonly attribution: "never" | "creation" | "always";
  /** The block as it is known, for the engine's adapters. */
  readonly attributes: Attributes;
}

/** @param config the provider's configuration; a provider without these arguments has none of them set */
export function settingsOf(config: ObjectValue): Settings {
  const set = (name: string): Value => config[name] ?? null;
  const proactive = set("terraform_attribution_label_addition_strategy") === "PROACTIVE";
  return {
    project: set("project"),
    region: set("region"),
    zone: set("zone"),
    defaultLabels: set("default_labels"),
    // On since version 6 of the provider. https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs/guides/version_6_upgrade
    attribution: set("add_terraform_attribution_label") === false ? "never" : proactive ? "always" : "creation",
    attributes: toJson(config) as Attributes,
  };
}

/** Before `Configure`: validation needs no settings, and planning does not come first. */
export const NO_SETTINGS: Settings = settingsOf({ project: UNKNOWN, region: UNKNOWN, zone: UNKNOWN });
