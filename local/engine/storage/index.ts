export { type Blobs, fileBlobs, memoryBlobs } from "./blobs";
export { objectResource } from "./resource";
export { STORAGE_PATHS, storageRest } from "./rest";
export { createStorage, type Storage, type StorageOptions } from "./storage";
export type { BucketConfig, ObjectChange, ObjectChangeType, ObjectSettings, StoredObject } from "./types";
