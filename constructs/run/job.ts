import type { Construct } from "constructs";
import { addIssue, type AnyContract } from "../core";
import { type Redriven, redriveOf } from "../pipeline/redrive";
import type { CodeOfHandler, CodeOfImage } from "./code";
import { RedriveJob } from "./redrive-job";
import { ExistingJob, type ICloudRunJob, RunJob, type RunJobOptions } from "./run-job";
import type { UncalledKind } from "./uncalled";

export type { ICloudRunJob } from "./run-job";

interface JobOptions extends RunJobOptions {
  /**
   * A job beside it that gives the handler the items it has parked again, when somebody runs it, with the handler's code
   * and identity: `true`, or what it is told. @default none
   */
  readonly redrive?: Redriven;
}

/**
 * A job whose code is a handler, or a `defineJob` around one: it runs on Google's image of Node.js, without a build. It has
 * no `transports`: nobody sends it a request, and an item has no attributes that could name a callback.
 */
interface JobOfHandler extends JobOptions, Omit<CodeOfHandler, "transports"> {
  readonly contract: AnyContract;
}

/** A job whose image somebody else builds. */
interface JobOfImage extends JobOptions, Omit<CodeOfImage, "transports"> {}

export type CloudRunJobProps = JobOfHandler | JobOfImage;

const JOB: UncalledKind = {
  handler: "job",
  caller: "job",
  kind: "job",
  collection: "jobs",
  template: "template[0].template[0]",
};

/** A Cloud Run job: tasks that run to their end, several at a time, each again when it fails. */
export class CloudRunJob extends RunJob {
  /** A job made elsewhere. @param name `projects/{project}/locations/{region}/jobs/{job}` */
  static fromExisting(scope: Construct, id: string, name: string): ICloudRunJob {
    return new ExistingJob(scope, id, name);
  }

  /** Gives the handler what it has parked again; undefined when none was asked for. */
  readonly redrive?: RedriveJob;

  constructor(scope: Construct, id: string, props: CloudRunJobProps) {
    super(scope, id, props, JOB);
    const { contract, redrive, ...rest } = props;
    const { deadLetterTopic } = this;
    if (!contract || !deadLetterTopic) {
      if (redrive !== undefined)
        addIssue(this, "MR1371", { problem: "it has no contract, so nobody knows of a handler that parks" });
      return;
    }
    const { serviceAccount } = this;
    const entry = rest.image === undefined ? rest.entry : undefined;
    const redriven = redriveOf(this, redrive, { ...rest, contract, entry, serviceAccount });
    const { vpc, volumes } = rest;
    if (redriven) this.redrive = new RedriveJob(this, "Redrive", { vpc, volumes, ...redriven, deadLetterTopic });
  }
}
