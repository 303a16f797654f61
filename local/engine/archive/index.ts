export { unpackArchive } from "./unpack";
export { type ArchivedFile, type ArchiveLimits, readArchive } from "./zip";
