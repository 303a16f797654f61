import { DataResource, type TerraformResourceLifecycle } from "cdktf";
import { createHash } from "node:crypto";
import { Construct } from "constructs";
import { isKnown } from "../core";
import type { UpdateStrategy } from "./job-props";

/** What of a streaming job decides whether Google can replace it in place. */
export interface JobShape {
  /**
   * What the graph of its steps follows from: template without version, which parameters are set, Streaming Engine.
   * https://cloud.google.com/dataflow/docs/guides/upgrade-guide#job-compatibility-check
   */
  readonly graph: Readonly<Record<string, string>>;
  /** What the provider cannot change without making the job anew: region, numbers of workers. */
  readonly place: Readonly<Record<string, string>>;
}

/** How a job is called and lives, by its strategy. */
export interface UpdatePlan {
  readonly name: string;
  readonly lifecycle: TerraformResourceLifecycle;
  /** Not to wait for the end of a job that drains: its successor has another name. */
  readonly skipWait: boolean;
}

const text = (part: Readonly<Record<string, string>>) =>
  Object.entries(part)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");

/**
 * Terraform alone knows what runs: its state. So the shape of the job is kept there, as a `terraform_data`, and compared
 * with that of the next plan before anything is touched. In place, the record stays what it was when the job was made,
 * and a condition on the job refuses what Google or the provider could not do without ending it. A job that is
 * replaced follows the record, which then changes with the shape.
 */
export function planUpdate(
  job: Construct,
  strategy: UpdateStrategy,
  shape: JobShape,
  { name, definition, renamed }: { readonly name: string; readonly definition: string; readonly renamed: boolean },
): UpdatePlan {
  if (strategy === "parallel") {
    // Two active jobs of one name cannot be, so the name follows from what the job is.
    const hash = createHash("sha256").update(definition).digest("hex").slice(0, 8);
    return { name: `${name}-${hash}`, lifecycle: { createBeforeDestroy: true }, skipWait: true };
  }
  const records = (["graph", "place"] as const).map((part) => {
    const wanted = text(shape[part]);
    const kept = strategy === "in-place" && !(part === "graph" && renamed);
    const record = new DataResource(job, part === "graph" ? "Graph" : "Place", {
      input: { shape: wanted },
      ...(kept && { lifecycle: { ignoreChanges: ["input"] } }),
    });
    return { record, wanted, kept };
  });
  if (strategy === "drain-and-replace")
    return {
      name,
      // cdktf 0.21 renders a construct here as `${…}`, which Terraform does not take (docs/traps.md).
      lifecycle: { replaceTriggeredBy: records.map(({ record }) => `terraform_data.${record.friendlyUniqueId}`) },
      skipWait: false,
    };
  const precondition = records
    .filter(({ kept }) => kept)
    .map(({ record, wanted }) => ({
      condition: `\${${record.fqn}.output.shape == ${JSON.stringify(wanted)}}`,
      errorMessage: `MR1769 ${job.node.path}: the running job cannot become this one in place: it is \${${record.fqn}.output.shape}, it would be ${wanted}. set updateStrategy to "drain-and-replace" or "parallel" for this change. docs/errors.md#mr1769`,
    }));
  return { name, lifecycle: { precondition }, skipWait: false };
}

/** A value for a hash or a record: what is not known at synth says nothing. */
export const knownText = (value: string): string => (isKnown(value) ? value : "?");
