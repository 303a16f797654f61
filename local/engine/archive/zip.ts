import { inflateSync } from "fflate";
import { IssuesError } from "../../../contract/issue";
import { issue } from "../../plan/issues";
import { crc32 } from "./crc32";

/** A file of an archive. */
export interface ArchivedFile {
  /** Relative path with forward slashes, inside the archive's folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** What an archive may unpack to. */
export interface ArchiveLimits {
  /** @default 500 MB, what a first-generation function may unpack to (https://docs.cloud.google.com/functions/quotas) */
  readonly maxBytes?: number;
  /** @default 50 000 */
  readonly maxEntries?: number;
}

const MAX_BYTES = 500_000_000;
const MAX_ENTRIES = 50_000;

/** Signatures and sizes of APPNOTE.TXT 4.3. */
const END = { signature: 0x06054b50, size: 22 } as const;
const CENTRAL = { signature: 0x02014b50, size: 46 } as const;
const LOCAL = { signature: 0x04034b50, size: 30 } as const;
/** 16- and 32-bit fields that say "see the zip64 record". */
const ZIP64 = { short: 0xffff, long: 0xffff_ffff } as const;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x1;
/** Upper byte of "version made by"; only then do the upper 16 bits of the attributes hold a Unix mode. */
const MADE_ON_UNIX = 3;
const FILE_TYPE = { mask: 0o170000, regular: 0o100000, folder: 0o040000 } as const;

type Code = "MR4201" | "MR4202" | "MR4203";

/**
 * Reads a zip archive from its central directory. Nothing is believed: names, sizes, checksums and types are checked
 * before any of it reaches the disk.
 * @param path the archive's file name, for the person who reads the issue
 * @throws IssuesError MR4201 when it is no archive, damaged or of an unsupported kind; MR4202 when an entry would
 *   leave the folder or is no regular file; MR4203 when it is larger than the limits
 */
export function readArchive(archive: Uint8Array, path: string, limits: ArchiveLimits = {}): readonly ArchivedFile[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const fail = (code: Code, problem: string) => new IssuesError([issue(code, path, problem, FIXES[code])]);
  const damaged = (what: string) => fail("MR4201", `is no readable zip archive: ${what}`);
  const entries = directory(bytes, damaged);
  const { maxBytes = MAX_BYTES, maxEntries = MAX_ENTRIES } = limits;
  if (entries.length > maxEntries) throw fail("MR4203", `has ${entries.length} entries, the limit is ${maxEntries}`);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw fail("MR4203", `unpacks to ${total} bytes, the limit is ${maxBytes}`);
  const outside = entries.flatMap(({ name, type }) => {
    const fault = faultOf(name, type);
    return fault === undefined ? [] : [issue("MR4202", path, `entry ${JSON.stringify(name)} ${fault}`, FIXES.MR4202)];
  });
  if (outside.length > 0) throw new IssuesError(outside);
  const files = new Map<string, Entry>();
  for (const entry of entries) {
    const name = entry.name.replace(/\/$/, "");
    if (files.has(name)) throw damaged(`it holds ${name} twice`);
    files.set(name, entry);
  }
  const inside = ([name]: [string, Entry]) =>
    parentsOf(name).some((parent) => files.get(parent)?.type === FILE_TYPE.regular);
  const filled = entries.find(({ type, size }) => type === FILE_TYPE.folder && size > 0);
  if (filled) throw damaged(`${filled.name} is a folder with content`);
  const misplaced = [...files].find(inside);
  if (misplaced) throw damaged(`${misplaced[0]} lies within a file`);
  return [...files]
    .filter(([, { type }]) => type === FILE_TYPE.regular)
    .map(([name, entry]) => ({ path: name, bytes: contentOf(bytes, entry, damaged), executable: entry.executable }));
}

const parentsOf = (name: string): string[] =>
  name
    .split("/")
    .slice(0, -1)
    .map((_, i, parts) => parts.slice(0, i + 1).join("/"));

const FIXES: Readonly<Record<Code, string>> = {
  MR4201: "synthesize again, so that the archive is written anew",
  MR4202: "package the handler with its construct, which writes regular files under relative paths only",
  MR4203: "leave out of the archive what the handler does not import",
};

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Where its local header starts. */
  readonly at: number;
  readonly type: number;
  readonly executable: boolean;
}

type Damaged = (what: string) => Error;

function directory(bytes: Buffer, damaged: Damaged): readonly Entry[] {
  const end = endOf(bytes, damaged);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === ZIP64.short || at === ZIP64.long) throw damaged("it is a zip64 archive");
  const entries: Entry[] = [];
  for (let left = count; left > 0; left--) {
    if (at + CENTRAL.size > end || bytes.readUInt32LE(at) !== CENTRAL.signature)
      throw damaged("its directory is cut off");
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const mode = bytes[at + 5] === MADE_ON_UNIX ? bytes.readUInt16LE(at + 40) : 0;
    const name = bytes.toString("utf8", at + CENTRAL.size, at + CENTRAL.size + nameLength);
    entries.push({
      name,
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      compressed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      at: bytes.readUInt32LE(at + 42),
      type: mode & FILE_TYPE.mask || (name.endsWith("/") ? FILE_TYPE.folder : FILE_TYPE.regular),
      executable: (mode & 0o100) !== 0,
    });
    at += CENTRAL.size + nameLength + extra + comment;
  }
  return entries;
}

/** The end record is last, but for a comment of at most 64 KiB. */
function endOf(bytes: Buffer, damaged: Damaged): number {
  const first = Math.max(0, bytes.length - END.size - 0xffff);
  for (let at = bytes.length - END.size; at >= first; at--)
    if (bytes.readUInt32LE(at) === END.signature && at + END.size + bytes.readUInt16LE(at + 20) === bytes.length)
      return at;
  throw damaged("it has no end record");
}

/** Every entry must stay below the folder it is unpacked to, on any system, and be a plain file or folder. */
function faultOf(name: string, type: number): string | undefined {
  if (type !== FILE_TYPE.regular && type !== FILE_TYPE.folder) return "is a link or a device";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "is an absolute path";
  if (name.includes("\\") || name.includes("\0")) return "has a backslash or a zero byte in its path";
  const parts = name.replace(/\/$/, "").split("/");
  if (parts.some((part) => part === "..")) return "climbs out of the folder";
  return parts.some((part) => part === "" || part === ".") ? "is not a normal path" : undefined;
}

function contentOf(bytes: Buffer, entry: Entry, damaged: Damaged): Uint8Array {
  const { name, at, compressed, size, method } = entry;
  if ((entry.flags & ENCRYPTED) !== 0) throw damaged(`${name} is encrypted`);
  if (method !== STORED && method !== DEFLATED) throw damaged(`${name} is compressed by method ${method}`);
  if (at + LOCAL.size > bytes.length || bytes.readUInt32LE(at) !== LOCAL.signature)
    throw damaged(`${name} has no local header`);
  const start = at + LOCAL.size + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start + compressed > bytes.length) throw damaged(`${name} is cut off`);
  const data = bytes.subarray(start, start + compressed);
  const content = method === STORED ? data : inflate(data, size);
  if (content?.length !== size || crc32(content) !== entry.crc) throw damaged(`${name} does not match its checksum`);
  return content;
}

/** Into a buffer of the promised size: what would be more is dropped, so a bomb takes no more than it admits to. */
function inflate(data: Uint8Array, size: number): Uint8Array | undefined {
  try {
    return inflateSync(data, { out: new Uint8Array(size) });
  } catch {
    return undefined;
  }
}
