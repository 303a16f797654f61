import type { AvroType } from "./schema";

/** A value that bytes hold, as JSON has it without Avro's own additions, or why they hold none. */
export type AvroBinary = { readonly value: unknown } | { readonly fault: string };

/**
 * Reads exactly one value of a type in Avro's binary encoding, as `plainAvroJson` makes one of JSON: bytes in base64,
 * whole numbers that JavaScript cannot hold as text.
 * https://avro.apache.org/docs/1.11.1/specification/#binary-encoding
 */
export function readAvroBinary(type: AvroType, bytes: Uint8Array): AvroBinary {
  const reader = { bytes, at: 0, items: 0n };
  try {
    const value = read(type, reader);
    const left = bytes.length - reader.at;
    return left === 0 ? { value } : { fault: `${left} bytes are left over` };
  } catch (error) {
    if (error instanceof Malformed) return { fault: `${error.message} at byte ${reader.at}` };
    if (error instanceof RangeError) return { fault: "it is nested too deep" };
    throw error;
  }
}

class Malformed extends Error {}

interface ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  /** Items of every list and map so far. */
  items: bigint;
}

function take(reader: ByteReader, count: number): Buffer {
  const { bytes, at } = reader;
  if (count < 0 || at + count > bytes.length) throw new Malformed("it ends too early");
  reader.at += count;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, count);
}

/** Variable-length zig-zag, at most 10 bytes. */
function long(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw new Malformed("it ends too early");
    reader.at++;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
  }
  throw new Malformed("a number is too long");
}

function int(reader: ByteReader): number {
  const value = long(reader);
  if (BigInt.asIntN(32, value) !== value) throw new Malformed(`${value} does not fit into 32 bits`);
  return Number(value);
}

const plain = (value: bigint): number | string =>
  BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

function index(reader: ByteReader, count: number, what: string): number {
  const found = long(reader);
  if (found < 0n || found >= BigInt(count)) throw new Malformed(`there is no ${what} ${found}`);
  return Number(found);
}

/** Blocks of items, ended by an empty one; a negative count has the block's size behind it. */
function blocks<T>(reader: ByteReader, item: () => T): T[] {
  const items: T[] = [];
  for (;;) {
    let count = long(reader);
    if (count === 0n) return items;
    if (count < 0n) {
      count = -count;
      long(reader);
    }
    reader.items += count;
    // Items of no bytes would be read without end.
    if (reader.items > BigInt(reader.bytes.length))
      throw new Malformed(`a block of ${count} items is larger than the message`);
    for (let left = Number(count); left > 0; left--) items.push(item());
  }
}

function text(reader: ByteReader): string {
  const bytes = take(reader, Number(long(reader)));
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Malformed("a text is no UTF-8");
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function read(type: AvroType, reader: ByteReader): unknown {
  switch (type.kind) {
    case "null":
      return null;
    case "boolean":
      if (reader.bytes[reader.at]! > 1) throw new Malformed("a boolean is 0 or 1");
      return take(reader, 1)[0] === 1;
    case "int":
      return int(reader);
    case "long":
      return plain(long(reader));
    case "float":
      return take(reader, 4).readFloatLE();
    case "double":
      return take(reader, 8).readDoubleLE();
    case "bytes":
      return take(reader, Number(long(reader))).toString("base64");
    case "string":
      return text(reader);
    case "fixed":
      return take(reader, type.size).toString("base64");
    case "enum":
      return type.symbols[index(reader, type.symbols.length, "symbol")];
    case "array":
      return blocks(reader, () => read(type.items, reader));
    case "map":
      return Object.fromEntries(blocks(reader, () => [text(reader), read(type.values, reader)] as const));
    case "record":
      return Object.fromEntries(type.fields.map(({ name, type: of }) => [name, read(of, reader)] as const));
    case "union":
    default:
      return read(type.branches[index(reader, type.branches.length, "branch")]!, reader);
  }
}
