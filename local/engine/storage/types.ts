/** A bucket of the plan, or one that stands in for somebody else's. */
export interface BucketConfig {
  readonly name: string;
  /** `EUROPE-WEST1`, as Google spells it back. */
  readonly location: string;
  readonly projectNumber: string;
  /** Keeps what is overwritten or deleted as a noncurrent version. */
  readonly versioning: boolean;
  readonly storageClass: string;
}

/** What a client says of an object, beside its bytes. */
export interface ObjectSettings {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly contentDisposition?: string;
  readonly cacheControl?: string;
  readonly customTime?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly temporaryHold?: boolean;
  readonly eventBasedHold?: boolean;
  readonly storageClass?: string;
}

/** Names of the settings, in the order Google lists them. */
export const SETTINGS = [
  "contentType",
  "contentEncoding",
  "contentLanguage",
  "contentDisposition",
  "cacheControl",
  "customTime",
  "metadata",
  "temporaryHold",
  "eventBasedHold",
  "storageClass",
] as const satisfies readonly (keyof ObjectSettings)[];

/** One version of an object. Times are engine milliseconds. */
export interface StoredObject extends ObjectSettings {
  readonly bucket: string;
  readonly name: string;
  /** Decimal, growing with every version of any object. */
  readonly generation: string;
  /** Counts the changes of its settings, from 1. */
  readonly metageneration: number;
  readonly size: number;
  /** Base64. */
  readonly md5Hash: string;
  /** Base64, big-endian. */
  readonly crc32c: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Set once the version is noncurrent. */
  readonly deletedMs?: number;
}

/** https://cloud.google.com/storage/docs/pubsub-notifications#events */
export type ObjectChangeType = "OBJECT_FINALIZE" | "OBJECT_DELETE" | "OBJECT_ARCHIVE" | "OBJECT_METADATA_UPDATE";

/** Something that has happened to a version of an object. */
export interface ObjectChange {
  readonly type: ObjectChangeType;
  readonly object: StoredObject;
  /** With a new version: the generation of the live one it took the place of. */
  readonly overwroteGeneration?: string;
  /** With one that is gone or noncurrent: the generation of the one that took its place. */
  readonly overwrittenByGeneration?: string;
}

/** What must be so for a request to be carried out; `generationMatch` 0 is "there is none". */
export interface Preconditions {
  readonly generationMatch?: string;
  readonly generationNotMatch?: string;
  readonly metagenerationMatch?: string;
  readonly metagenerationNotMatch?: string;
}
