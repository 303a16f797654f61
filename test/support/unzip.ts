import { inflateRawSync } from "node:zlib";

/** A file read back from a zip archive, by a reader that shares no code with the writer. */
export interface UnzippedFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Unix permission bits and type. */
  readonly mode: number;
  readonly dosTime: number;
  readonly dosDate: number;
}

/** Reads a zip through its central directory and checks that each local header agrees with it. */
export function unzip(archive: Uint8Array): readonly UnzippedFile[] {
  const bytes = Buffer.from(archive);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw new Error("no end of central directory");
  const files: UnzippedFile[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error(`no central entry at ${at}`);
    const [method, size, length] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt32LE(at + 24),
    ];
    const nameLength = bytes.readUInt16LE(at + 28);
    const path = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    if (bytes.readUInt32LE(local) !== 0x04034b50) throw new Error(`no local header at ${local}`);
    if (!bytes.subarray(local + 4, local + 30).equals(bytes.subarray(at + 6, at + 32)))
      throw new Error(`the two headers of ${path} differ`);
    const start = local + 30 + nameLength + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + size);
    const content = method === 0 ? Buffer.from(data) : inflateRawSync(data);
    if (content.length !== length) throw new Error(`${path} has ${content.length} bytes, the directory says ${length}`);
    files.push({
      path,
      bytes: content,
      mode: bytes.readUInt32LE(at + 38) >>> 16,
      dosTime: bytes.readUInt16LE(at + 12),
      dosDate: bytes.readUInt16LE(at + 14),
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}
