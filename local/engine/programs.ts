import { issue } from "../plan/issues";
import type { PlannedResource } from "../plan/plan";
import type { Draft, ProgramDraft } from "./draft";
import type { RunJobConfig } from "./jobs/types";
import type { ProgramSpec } from "./target";
import type { WorkerPoolConfig } from "./workers/workers";

/** A Cloud Run job that the engine runs. */
export interface SystemRunJob {
  readonly config: RunJobConfig;
  readonly resource: PlannedResource;
}

/** A Cloud Run worker pool that the engine runs. */
export interface SystemWorkerPool {
  readonly config: WorkerPoolConfig;
  readonly resource: PlannedResource;
}

/** The program of a draft; undefined, and said, when there is nothing that could be started. */
function programOf(draft: Draft, { program, source, resource }: ProgramDraft, what: string): ProgramSpec | undefined {
  const address = `${resource.stack}/${resource.address}`;
  if (source === undefined) {
    const problem = `runs a container image, and the engine runs archives only; ${what}`;
    const fix = "make it of a handler, or give the construct the entry that the engine is to run in its place";
    draft.report(issue("MR4020", address, problem, fix, { severity: "warning" }));
    return undefined;
  }
  const archive = draft.objects.get(source);
  if (archive === undefined) {
    const problem = `its source ${source} is uploaded by no resource of the plan, so there is nothing to start`;
    draft.report(issue("MR4024", address, problem, "upload the archive with a google_storage_bucket_object"));
    return undefined;
  }
  return { ...program, archive: archive.path, archiveDigest: archive.digest };
}

export const runJobsOf = (draft: Draft): readonly SystemRunJob[] =>
  draft.runJobs.flatMap((one) => {
    const program = programOf(draft, one, "its executions fail");
    return program ? [{ config: { ...one.settings, name: one.name, program }, resource: one.resource }] : [];
  });

export const workerPoolsOf = (draft: Draft): readonly SystemWorkerPool[] =>
  draft.workerPools.flatMap((one) => {
    const program = programOf(draft, one, "nothing pulls");
    return program ? [{ config: { instances: one.instances, program }, resource: one.resource }] : [];
  });
