import type { Adapter, Reader } from "./adapter";
import { labelled } from "./common";

const fullName = (read: Reader, collection: "jobs" | "workerPools"): string =>
  `projects/${read.project}/locations/${read.region}/${collection}/${read.required("name")}`;

const computedOf = (collection: "jobs" | "workerPools") => (read: Reader) => {
  const id = fullName(read, collection);
  return { project: read.project, id, uid: id, generation: "1", ...labelled(read) };
};

const runJob: Adapter = {
  type: "google_cloud_run_v2_job",
  computed: computedOf("jobs"),
};

const workerPool: Adapter = {
  type: "google_cloud_run_v2_worker_pool",
  computed: computedOf("workerPools"),
};

export const runJobAdapters: readonly Adapter[] = [runJob, workerPool];
