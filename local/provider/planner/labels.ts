import { isKnown, isObjectValue, type ObjectValue, UNKNOWN, type Value } from "../values/value";
import type { Settings } from "./settings";

const ATTRIBUTION = { "goog-terraform-provisioned": "true" } as const;

/** A map of labels that is wholly known; null is the empty one. */
const known = (value: Value | undefined): ObjectValue | undefined => {
  if (value === null || value === undefined) return {};
  return isObjectValue(value) && isKnown(value) ? value : undefined;
};

/**
 * `terraform_labels`, `effective_labels` and `effective_annotations`, as the provider computes them when it plans: the
 * labels that Terraform manages, and those together with what others have put on the resource.
 * @param planned the attributes otherwise planned
 */
export function planLabels(planned: ObjectValue, prior: ObjectValue | undefined, settings: Settings): ObjectValue {
  return { ...terraformLabels(planned, prior, settings), ...annotations(planned, prior) };
}

function terraformLabels(planned: ObjectValue, prior: ObjectValue | undefined, settings: Settings): ObjectValue {
  if (!("labels" in planned && "terraform_labels" in planned && "effective_labels" in planned)) return {};
  const own = known(planned["labels"]);
  const defaults = known(settings.defaultLabels);
  if (!own || !defaults) return { terraform_labels: UNKNOWN, effective_labels: UNKNOWN };
  const effective = known(prior?.["effective_labels"]) ?? {};
  const attributed =
    settings.attribution === "always" ||
    (settings.attribution === "creation" && (!prior || "goog-terraform-provisioned" in effective));
  const labels = { ...defaults, ...(attributed && ATTRIBUTION), ...own };
  return { terraform_labels: labels, effective_labels: replaced(effective, prior?.["terraform_labels"], labels) };
}

function annotations(planned: ObjectValue, prior: ObjectValue | undefined): ObjectValue {
  if (!("annotations" in planned && "effective_annotations" in planned)) return {};
  const own = known(planned["annotations"]);
  if (!own) return { effective_annotations: UNKNOWN };
  const effective = known(prior?.["effective_annotations"]) ?? {};
  return { effective_annotations: replaced(effective, prior?.["annotations"], own) };
}

/** What is there, less what Terraform put there and no longer wants, with what it wants now. */
function replaced(effective: ObjectValue, before: Value | undefined, now: ObjectValue): ObjectValue {
  const managed = known(before) ?? {};
  const foreign = Object.entries(effective).filter(([name]) => !Object.hasOwn(managed, name));
  return { ...Object.fromEntries(foreign), ...now };
}
