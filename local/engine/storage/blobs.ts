import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Which version of which object. */
export interface BlobKey {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
}

/** Where the bytes of objects are. */
export interface Blobs {
  write(key: BlobKey, bytes: Buffer): void;
  read(key: BlobKey): Buffer;
  remove(key: BlobKey): void;
  /** Forgets everything that is not among the keys: what a crash left behind. */
  keepOnly(keys: Iterable<BlobKey>): void;
}

/** For tests and `--ephemeral`. */
export function memoryBlobs(): Blobs {
  const blobs = new Map<string, Buffer>();
  const path = ({ bucket, generation }: BlobKey) => `${bucket}/${generation}`;
  return {
    write: (key, bytes) => void blobs.set(path(key), bytes),
    read: (key) => blobs.get(path(key)) ?? Buffer.alloc(0),
    remove: (key) => void blobs.delete(path(key)),
    keepOnly(keys) {
      const kept = new Set([...keys].map(path));
      for (const one of blobs.keys()) if (!kept.has(one)) blobs.delete(one);
    },
  };
}

/**
 * A file per version, to be looked at: `{bucket}/{generation}-{name}`. Names of objects may be anything, so the file has
 * but what any file system takes of them; the generation tells them apart.
 */
export function fileBlobs(folder: string): Blobs {
  const fileOf = ({ generation, name }: BlobKey) =>
    `${generation}-${name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-100)}`;
  const path = (key: BlobKey) => join(folder, key.bucket, fileOf(key));
  return {
    write(key, bytes) {
      mkdirSync(join(folder, key.bucket), { recursive: true });
      writeFileSync(path(key), bytes);
    },
    read: (key) => readFileSync(path(key)),
    remove: (key) => rmSync(path(key), { force: true }),
    keepOnly(keys) {
      const kept = new Map<string, Set<string>>();
      for (const key of keys) kept.set(key.bucket, (kept.get(key.bucket) ?? new Set()).add(fileOf(key)));
      for (const bucket of entriesOf(folder))
        for (const file of entriesOf(join(folder, bucket)))
          if (!kept.get(bucket)?.has(file)) rmSync(join(folder, bucket, file), { force: true, recursive: true });
    },
  };
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
