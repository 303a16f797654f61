import type { Kind } from "../reconcile";
import type { Scheduler } from "./scheduler";

/** Jobs, as resources ask for them. */
export const schedulerKinds = (scheduler: Scheduler): readonly Kind[] => [
  {
    kind: "job",
    items: ({ jobs }) =>
      jobs.map(({ config, resource }) => ({
        name: config.name,
        config,
        resource,
        ensure: () => scheduler.ensure(config),
      })),
    remove: (name) => scheduler.remove(name),
  },
];
