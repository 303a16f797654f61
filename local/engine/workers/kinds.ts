import { ENV } from "../../../contract/environment";
import type { SystemWorkerPool } from "../programs";
import { targetName } from "../processes/names";
import type { Kind } from "../reconcile";
import type { Workers } from "./workers";

/** Worker pools, as resources ask for them. */
export const workerKinds = (workers: Workers): readonly Kind[] => [
  {
    kind: "workerPool",
    items: ({ workerPools }) =>
      workerPools.map(({ config, resource }) => ({
        name: targetName(config.program),
        config,
        resource,
        ensure: () => workers.ensure(config),
      })),
    remove: (name) => workers.remove(name),
  },
];

/** Subscriptions that pools of handlers pull from. */
export const pulledBy = (pools: readonly SystemWorkerPool[]): readonly string[] =>
  pools.flatMap(({ config: { program, instances } }) => {
    const name = program.environment[ENV.subscription];
    return name !== undefined && instances > 0 ? [name] : [];
  });
