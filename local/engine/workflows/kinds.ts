import type { Kind } from "../reconcile";
import type { Workflows } from "./workflows";

/** Workflows, as resources ask for them. */
export const workflowKinds = (workflows: Pick<Workflows, "ensure" | "remove">): readonly Kind[] => [
  {
    kind: "workflow",
    items: (system) =>
      system.workflows.map(({ config, resource }) => ({
        name: config.name,
        config,
        resource,
        ensure: () => workflows.ensure(config),
      })),
    remove: (name) => workflows.remove(name),
  },
];
