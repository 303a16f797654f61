import { createHash } from "node:crypto";
import type { Json } from "../../../contract/json";
import type { Clock } from "../clock";
import type { Journal, Journaled } from "../journal";
import type { Blobs } from "./blobs";
import { crc32c } from "./crc32c";
import { conditionNotMet, held, noBucket, noObject, notEmpty } from "./errors";
import { type Listing, listObjects, type ListOptions } from "./list";
import type { BucketConfig, ObjectChange, ObjectSettings, Preconditions, StoredObject } from "./types";

/** The objects of every bucket. Faults of a caller are thrown as GcsError. */
export interface Storage extends Journaled {
  bucket(name: string): BucketConfig;
  buckets(): readonly BucketConfig[];
  /** A client deletes a bucket; it is there again when it is asked for anew. @throws GcsError when it holds something */
  deleteBucket(name: string): void;
  /** A bucket that a client has deleted is there again. */
  restoreBucket(name: string): void;
  /** What a bucket held is gone with it. */
  emptyBucket(name: string): void;
  /** Makes a new version the live one. */
  insert(bucket: string, name: string, bytes: Buffer, settings?: ObjectSettings, when?: Preconditions): StoredObject;
  /** @param generation @default the live version */
  get(bucket: string, name: string, generation?: string): StoredObject;
  read(object: StoredObject): Buffer;
  list(bucket: string, options?: ListOptions): Listing;
  /** @param change null takes a setting away */
  update(
    bucket: string,
    name: string,
    change: { readonly [Setting in keyof ObjectSettings]: ObjectSettings[Setting] | null },
    when?: Preconditions,
    generation?: string,
  ): StoredObject;
  /** With a generation it is gone for good; without, a bucket with versions keeps it. */
  remove(bucket: string, name: string, when?: Preconditions, generation?: string): void;
  /** @throws GcsError when something is otherwise; @returns the live version, if there is one */
  check(bucket: string, name: string, when?: Preconditions): StoredObject | undefined;
  /** @returns a function that removes the listener */
  onChange(listener: (change: ObjectChange) => void): () => void;
}

export interface StorageOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly blobs: Blobs;
  readonly buckets: () => readonly BucketConfig[];
}

const JOURNAL_NAME = "storage";

type Entry =
  | { readonly op: "put"; readonly object: StoredObject }
  | { readonly op: "gone"; readonly bucket: string; readonly name: string; readonly generation: string };

/** Versions of one name, the oldest first; the live one is last and has no `deletedMs`. */
type Versions = StoredObject[];

export function createStorage({ clock, journal, blobs, buckets }: StorageOptions): Storage {
  const objects = new Map<string, Map<string, Versions>>();
  const listeners = new Set<(change: ObjectChange) => void>();
  /** Buckets that are asked for and that a client has deleted. */
  const deleted = new Set<string>();
  let lastGeneration = 0n;

  const versionsOf = (bucket: string, name: string): Versions => objects.get(bucket)?.get(name) ?? [];
  const live = (bucket: string, name: string) =>
    versionsOf(bucket, name).find(({ deletedMs }) => deletedMs === undefined);
  const write = (entry: Entry) => journal.append(JOURNAL_NAME, entry as unknown as Json);
  const tell = (change: ObjectChange) => {
    for (const listener of listeners) listener(change);
  };

  const put = (object: StoredObject) => {
    const { bucket, name, generation } = object;
    const byName = objects.get(bucket) ?? new Map<string, Versions>();
    objects.set(bucket, byName);
    const versions = [...(byName.get(name) ?? []).filter((one) => one.generation !== generation), object];
    byName.set(
      name,
      versions.sort((a, b) => (BigInt(a.generation) < BigInt(b.generation) ? -1 : 1)),
    );
    if (BigInt(generation) > lastGeneration) lastGeneration = BigInt(generation);
  };
  const drop = (bucket: string, name: string, generation: string) => {
    const left = versionsOf(bucket, name).filter((one) => one.generation !== generation);
    if (left.length > 0) objects.get(bucket)!.set(name, left);
    else objects.get(bucket)?.delete(name);
  };
  const keep = (object: StoredObject): StoredObject => {
    put(object);
    write({ op: "put", object });
    return object;
  };
  const forget = (object: StoredObject) => {
    const { bucket, name, generation } = object;
    drop(bucket, name, generation);
    write({ op: "gone", bucket, name, generation });
    blobs.remove(object);
  };
  /** Microseconds, as Google's generations look; strictly growing. */
  const nextGeneration = () => {
    const now = BigInt(Math.floor(clock.now())) * 1_000n;
    return String(now > lastGeneration ? now : lastGeneration + 1n);
  };

  /** The live version makes room: it is kept as a noncurrent one, or is gone. */
  const retire = (object: StoredObject, overwrittenByGeneration?: string) => {
    const by = overwrittenByGeneration !== undefined && { overwrittenByGeneration };
    const deleted = { ...object, deletedMs: clock.now() };
    if (self.bucket(object.bucket).versioning) {
      keep(deleted);
      tell({ type: "OBJECT_ARCHIVE", object: deleted, ...by });
    } else {
      forget(object);
      tell({ type: "OBJECT_DELETE", object: deleted, ...by });
    }
  };
  const free = (object: StoredObject | undefined) => {
    if (object?.temporaryHold || object?.eventBasedHold) throw held(object);
  };

  const self: Storage = {
    journalName: JOURNAL_NAME,
    bucket(name) {
      const found = self.buckets().find((bucket) => bucket.name === name);
      if (!found) throw noBucket(name);
      return found;
    },
    buckets: () => (deleted.size === 0 ? buckets() : buckets().filter(({ name }) => !deleted.has(name))),
    deleteBucket(name) {
      self.bucket(name);
      if ((objects.get(name)?.size ?? 0) > 0) throw notEmpty();
      deleted.add(name);
    },
    restoreBucket: (name) => void deleted.delete(name),
    emptyBucket(name) {
      deleted.delete(name);
      for (const object of [...(objects.get(name)?.values() ?? [])].flat()) forget(object);
      objects.delete(name);
    },
    insert(bucket, name, bytes, settings = {}, when = {}) {
      const before = self.check(bucket, name, when);
      free(before);
      const now = clock.now();
      const object: StoredObject = {
        ...settings,
        storageClass: settings.storageClass ?? self.bucket(bucket).storageClass,
        bucket,
        name,
        generation: nextGeneration(),
        metageneration: 1,
        size: bytes.length,
        md5Hash: createHash("md5").update(bytes).digest("base64"),
        crc32c: crc32c(bytes),
        createdMs: now,
        updatedMs: now,
      };
      blobs.write(object, bytes);
      if (before) {
        // Kept before the new one is, so that no crash leaves two live versions.
        const deleted = { ...before, deletedMs: now };
        if (self.bucket(bucket).versioning) keep(deleted);
        else forget(before);
      }
      keep(object);
      tell({ type: "OBJECT_FINALIZE", object, ...(before && { overwroteGeneration: before.generation }) });
      if (before)
        tell({
          type: self.bucket(bucket).versioning ? "OBJECT_ARCHIVE" : "OBJECT_DELETE",
          object: { ...before, deletedMs: now },
          overwrittenByGeneration: object.generation,
        });
      return object;
    },
    get(bucket, name, generation) {
      self.bucket(bucket);
      const found =
        generation === undefined
          ? live(bucket, name)
          : versionsOf(bucket, name).find((one) => one.generation === generation);
      if (!found) throw noObject(bucket, name, generation);
      return found;
    },
    read: (object) => blobs.read(object),
    list(bucket, options = {}) {
      self.bucket(bucket);
      return listObjects([...(objects.get(bucket)?.values() ?? [])].flat(), options);
    },
    update(bucket, name, change, when = {}, generation) {
      const before = self.get(bucket, name, generation);
      checkAgainst(before, when);
      const changed: Record<string, unknown> = { ...before };
      for (const [setting, value] of Object.entries(change)) {
        if (value === null) delete changed[setting];
        else if (value !== undefined) changed[setting] = value;
      }
      const after = {
        ...(changed as unknown as StoredObject),
        metageneration: before.metageneration + 1,
        updatedMs: clock.now(),
      };
      keep(after);
      tell({ type: "OBJECT_METADATA_UPDATE", object: after });
      return after;
    },
    remove(bucket, name, when = {}, generation) {
      const object = self.get(bucket, name, generation);
      checkAgainst(object, when);
      free(object);
      if (generation === undefined) return retire(object);
      forget(object);
      tell({ type: "OBJECT_DELETE", object: { ...object, deletedMs: clock.now() } });
    },
    check(bucket, name, when = {}) {
      self.bucket(bucket);
      const found = live(bucket, name);
      checkAgainst(found, when);
      return found;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replay(json) {
      const entry = json as unknown as Entry;
      if (entry.op === "put") put(entry.object);
      else drop(entry.bucket, entry.name, entry.generation);
    },
    *compact() {
      const all = [...objects.values()].flatMap((byName) => [...byName.values()].flat());
      blobs.keepOnly(all);
      for (const object of all) yield { op: "put", object } as unknown as Json;
    },
  };
  return self;
}

/** https://cloud.google.com/storage/docs/request-preconditions */
function checkAgainst(object: StoredObject | undefined, when: Preconditions): void {
  const generation = object?.generation ?? "0";
  const metageneration = object && String(object.metageneration);
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = when;
  const fails: readonly (readonly [string, boolean])[] = [
    ["ifGenerationMatch", generationMatch !== undefined && generationMatch !== generation],
    ["ifGenerationNotMatch", generationNotMatch !== undefined && generationNotMatch === generation],
    ["ifMetagenerationMatch", metagenerationMatch !== undefined && metagenerationMatch !== metageneration],
    ["ifMetagenerationNotMatch", metagenerationNotMatch !== undefined && metagenerationNotMatch === metageneration],
  ];
  const failed = fails.find(([, one]) => one);
  if (failed) throw conditionNotMet(failed[0]);
}
