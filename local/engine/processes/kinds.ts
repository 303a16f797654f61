import type { Kind } from "../reconcile";
import { targetName } from "./names";
import type { Processes } from "./processes";

/** Services and functions, as resources ask for them. */
export const processKinds = (processes: Pick<Processes, "ensure" | "remove">): readonly Kind[] => [
  {
    kind: "target",
    items: ({ targets }) =>
      targets.map(({ spec, resource }) => ({
        name: targetName(spec),
        config: spec,
        resource,
        ensure: () => processes.ensure(spec),
      })),
    remove: (name) => processes.remove(name),
  },
];
