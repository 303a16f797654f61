import type { BucketConfig, StoredObject } from "./types";
import { SETTINGS } from "./types";

const instant = (ms: number): string => new Date(ms).toISOString();

/** An ETag that changes with every version and every change of its settings. */
const etagOf = ({ generation, metageneration }: StoredObject): string =>
  Buffer.from(`${generation}/${metageneration}`).toString("base64");

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource: what notifications and events carry, too. */
export function objectResource(object: StoredObject): Record<string, unknown> {
  const { bucket, name, generation, metageneration, size, md5Hash, crc32c, createdMs, updatedMs, deletedMs } = object;
  const path = `b/${bucket}/o/${encodeURIComponent(name)}`;
  const settings = SETTINGS.flatMap((setting) =>
    object[setting] === undefined || setting === "storageClass" ? [] : [[setting, object[setting]] as const],
  );
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `https://www.googleapis.com/storage/v1/${path}`,
    name,
    bucket,
    generation,
    metageneration: String(metageneration),
    ...Object.fromEntries(settings),
    timeCreated: instant(createdMs),
    updated: instant(updatedMs),
    ...(deletedMs !== undefined && { timeDeleted: instant(deletedMs) }),
    storageClass: object.storageClass,
    timeStorageClassUpdated: instant(createdMs),
    size: String(size),
    md5Hash,
    mediaLink: `https://storage.googleapis.com/download/storage/v1/${path}?generation=${generation}&alt=media`,
    crc32c,
    etag: etagOf(object),
  };
}

/** https://cloud.google.com/storage/docs/json_api/v1/buckets#resource, as far as clients look at it. */
export const bucketResource = ({ name, location, projectNumber, versioning, storageClass }: BucketConfig) => ({
  kind: "storage#bucket",
  id: name,
  selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
  name,
  projectNumber,
  metageneration: "1",
  location: location.toUpperCase(),
  storageClass,
  etag: "CAE=",
  iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "enforced" },
  ...(versioning && { versioning: { enabled: true } }),
});
