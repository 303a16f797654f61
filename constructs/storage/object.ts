import { isAbsolute } from "node:path";
import { Construct } from "constructs";
import { check, type Rule } from "../core";
import { StorageBucketObject } from "../l1/storage";
import type { IBucket } from "./bucket";

export interface BucketObjectProps {
  readonly bucket: IBucket;
  /** Name in the bucket. Put a hash of the content into it: what refers to the object then changes with the content. */
  readonly name: string;
  /** File, relative to the stack's folder in `cdktf.out`; see `writeAtSynth`. */
  readonly source: string;
  /** @default guessed by Google from the content */
  readonly contentType?: string;
}

/**
 * A file in a bucket. Terraform never deletes it: a revision that is still serving, or that somebody rolls back to, may
 * need the content an older name had.
 */
export class BucketObject extends Construct {
  readonly resource: StorageBucketObject;
  /** Readable at synth. */
  readonly name: string;
  /** The name as a reference: Terraform uploads the object first. */
  readonly reference: string;

  constructor(scope: Construct, id: string, props: BucketObjectProps) {
    super(scope, id);
    check(this, props, RULES);
    this.name = props.name;
    this.resource = new StorageBucketObject(this, "Resource", {
      bucket: props.bucket.reference,
      name: props.name,
      source: props.source,
      contentType: props.contentType,
      deletionPolicy: "ABANDON",
    });
    this.reference = this.resource.name;
  }
}

const RULES: readonly Rule<BucketObjectProps>[] = [
  {
    code: "MR1483",
    fault: ({ source }) =>
      (isAbsolute(source) || source.split("/").includes("..")) && {
        problem: `"${source}" leaves the stack's folder`,
        got: source,
        want: "archives/…",
      },
  },
];
