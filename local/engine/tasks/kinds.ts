import type { Kind } from "../reconcile";
import type { Tasks } from "./tasks";

/** Queues, as resources ask for them. */
export const tasksKinds = (tasks: Tasks): readonly Kind[] => [
  {
    kind: "queue",
    items: ({ queues }) =>
      queues.map(({ config, resource }) => ({
        name: config.name,
        config,
        resource,
        ensure: () => tasks.ensure(config),
      })),
    remove: (name) => tasks.remove(name),
  },
];
