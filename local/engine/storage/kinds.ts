import type { Kind } from "../reconcile";
import type { Storage } from "./storage";

/** Buckets, as resources ask for them. */
export const storageKinds = (storage: Pick<Storage, "restoreBucket" | "emptyBucket">): readonly Kind[] => [
  {
    kind: "bucket",
    items: ({ buckets }) =>
      buckets.map(({ config, resource }) => ({
        name: config.name,
        config,
        ...(resource && { resource }),
        ensure: () => storage.restoreBucket(config.name),
      })),
    remove(name) {
      storage.emptyBucket(name);
      return true;
    },
  },
];
