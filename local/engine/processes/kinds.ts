import type { Kind } from "../reconcile";
import { targetName } from "./names";
import type { SystemTarget } from "../system";
import type { Processes } from "./processes";

/**
 * Services and functions, as resources ask for them.
 * @param wanted leaves the others unstarted. @default none is left
 */
export const processKinds = (
  processes: Pick<Processes, "ensure" | "remove">,
  wanted: (target: SystemTarget) => boolean = () => true,
): readonly Kind[] => [
  {
    kind: "target",
    items: ({ targets }) =>
      targets.filter(wanted).map(({ spec, resource }) => ({
        name: targetName(spec),
        config: spec,
        resource,
        ensure: () => processes.ensure(spec),
      })),
    remove: (name) => processes.remove(name),
  },
];
