import type { Kind } from "../reconcile";
import type { RunJobs } from "./jobs";

/** Cloud Run jobs, as resources ask for them. */
export const runJobKinds = (jobs: RunJobs): readonly Kind[] => [
  {
    kind: "runJob",
    items: ({ runJobs }) =>
      runJobs.map(({ config, resource }) => ({
        name: config.name,
        config,
        resource,
        ensure: () => jobs.ensure(config),
      })),
    remove: (name) => jobs.remove(name),
  },
];
