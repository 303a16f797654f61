import { createHash } from "node:crypto";
import { deflateSync } from "fflate";

/** One file of an archive. */
export interface ArchiveEntry {
  /** Relative path with forward slashes, for example `index.js`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether the file may be executed. @default false */
  readonly executable?: boolean;
}

/**
 * A zip archive that depends on nothing but its entries: sorted by code unit, one fixed time and two fixed modes, and
 * compressed in JavaScript, because zlib's output differs between builds of Node.
 * @throws RangeError when a path is absolute, leaves the archive, is not normal or occurs twice.
 */
export function zip(entries: readonly ArchiveEntry[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of inOrder(entries)) {
    const file = encode(entry);
    const local = concat([localHeader(file), file.name, file.data]);
    directory.push(concat([centralHeader(file, offset), file.name]));
    locals.push(local);
    offset += local.length;
  }
  const central = concat(directory);
  return concat([...locals, central, endOfDirectory(locals.length, central.length, offset)]);
}

/** SHA-256 (hex) over path, mode and bytes of every entry in order; each part is framed by its length. */
export function contentHash(entries: readonly ArchiveEntry[]): string {
  const hash = createHash("sha256");
  for (const entry of inOrder(entries)) {
    const path = Buffer.from(entry.path, "utf8");
    hash
      .update(`${path.length}:`)
      .update(path)
      .update(`:${modeOf(entry).toString(8)}:${entry.bytes.length}:`);
    hash.update(entry.bytes);
  }
  return hash.digest("hex");
}

/** `<name>-<first 16 hex digits of the content hash>`: equal entries, equal name, on every machine and day. */
export const archiveName = (name: string, entries: readonly ArchiveEntry[]): string =>
  `${name}-${contentHash(entries).slice(0, 16)}`;

interface EncodedFile {
  readonly name: Uint8Array;
  readonly data: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly mode: number;
}

const STORED = 0;
const DEFLATED = 8;
/** Names are UTF-8 (APPNOTE.TXT 4.4.4, bit 11). */
const FLAGS = 0x0800;
/** 1980-01-01 00:00:00, the earliest time the format can say. */
const DOS_TIME = 0;
const DOS_DATE = 0x21;
/** Made on Unix, so that the modes count (APPNOTE.TXT 4.4.2); format version 2.0. */
const VERSION_MADE_BY = (3 << 8) | 20;
const VERSION_NEEDED = 20;
const REGULAR_FILE = 0o100000;

const modeOf = (entry: ArchiveEntry): number => REGULAR_FILE | (entry.executable === true ? 0o755 : 0o644);

function inOrder(entries: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  sorted.forEach(({ path }, index) => {
    const parts = path.split("/");
    if (path.includes("\\") || parts.some((part) => part === "" || part === "." || part === ".."))
      throw new RangeError(`archive path "${path}" is not a normal relative path with forward slashes`);
    if (sorted[index + 1]?.path === path) throw new RangeError(`archive path "${path}" occurs twice`);
  });
  return sorted;
}

function encode(entry: ArchiveEntry): EncodedFile {
  const deflated = deflateSync(entry.bytes, { level: 9 });
  const smaller = deflated.length < entry.bytes.length;
  return {
    name: Buffer.from(entry.path, "utf8"),
    data: smaller ? deflated : entry.bytes,
    method: smaller ? DEFLATED : STORED,
    crc: crc32(entry.bytes),
    size: entry.bytes.length,
    mode: modeOf(entry),
  };
}

/** The fields that a local header and its entry in the central directory share, from `version needed` on. */
function commonFields(file: EncodedFile): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION_NEEDED, 0);
  fields.writeUInt16LE(FLAGS, 2);
  fields.writeUInt16LE(file.method, 4);
  fields.writeUInt16LE(DOS_TIME, 6);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(file.crc, 10);
  fields.writeUInt32LE(file.data.length, 14);
  fields.writeUInt32LE(file.size, 18);
  fields.writeUInt16LE(file.name.length, 22);
  return fields;
}

const localHeader = (file: EncodedFile): Uint8Array => concat([signature(0x04034b50), commonFields(file)]);

function centralHeader(file: EncodedFile, offset: number): Uint8Array {
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(VERSION_MADE_BY, 0);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(file.mode * 0x10000, 6);
  rest.writeUInt32LE(offset, 10);
  return concat([signature(0x02014b50), madeBy, commonFields(file), rest]);
}

function endOfDirectory(count: number, size: number, offset: number): Uint8Array {
  const record = Buffer.alloc(18);
  record.writeUInt16LE(count, 4);
  record.writeUInt16LE(count, 6);
  record.writeUInt32LE(size, 8);
  record.writeUInt32LE(offset, 12);
  return concat([signature(0x06054b50), record]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
