import type { AvroType } from "./schema";

/** Why bytes do not hold exactly one value of a type in Avro's binary encoding, if they do not. */
export function avroBinaryFault(type: AvroType, bytes: Uint8Array): string | undefined {
  const reader = { bytes, at: 0 };
  try {
    read(type, reader);
  } catch (error) {
    if (error instanceof Malformed) return `${error.message} at byte ${reader.at}`;
    if (error instanceof RangeError) return "it is nested too deep";
    throw error;
  }
  const left = bytes.length - reader.at;
  return left === 0 ? undefined : `${left} bytes are left over`;
}

class Malformed extends Error {}

interface ByteReader {
  readonly bytes: Uint8Array;
  at: number;
}

function skip(reader: ByteReader, count: number): void {
  if (count < 0 || reader.at + count > reader.bytes.length) throw new Malformed("it ends too early");
  reader.at += count;
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

function int(reader: ByteReader): void {
  const value = long(reader);
  if (BigInt.asIntN(32, value) !== value) throw new Malformed(`${value} does not fit into 32 bits`);
}

function index(reader: ByteReader, count: number, what: string): number {
  const found = long(reader);
  if (found < 0n || found >= BigInt(count)) throw new Malformed(`there is no ${what} ${found}`);
  return Number(found);
}

/** Blocks of items, ended by an empty one; a negative count has the block's size behind it. */
function blocks(reader: ByteReader, item: () => void): void {
  for (;;) {
    let count = long(reader);
    if (count === 0n) return;
    if (count < 0n) {
      count = -count;
      long(reader);
    }
    // Items of no bytes would be read without end.
    if (count > BigInt(reader.bytes.length))
      throw new Malformed(`a block of ${count} items is larger than the message`);
    for (let left = Number(count); left > 0; left--) item();
  }
}

function read(type: AvroType, reader: ByteReader): void {
  switch (type.kind) {
    case "null":
      return;
    case "boolean":
      if (reader.bytes[reader.at]! > 1) throw new Malformed("a boolean is 0 or 1");
      return skip(reader, 1);
    case "int":
      return int(reader);
    case "long":
      return void long(reader);
    case "float":
      return skip(reader, 4);
    case "double":
      return skip(reader, 8);
    case "bytes":
      return skip(reader, Number(long(reader)));
    case "string": {
      const length = Number(long(reader));
      const from = reader.at;
      skip(reader, length);
      if (!isUtf8(reader.bytes.subarray(from, reader.at))) throw new Malformed("a text is no UTF-8");
      return;
    }
    case "fixed":
      return skip(reader, type.size);
    case "enum":
      return void index(reader, type.symbols.length, "symbol");
    case "array":
      return blocks(reader, () => read(type.items, reader));
    case "map":
      return blocks(reader, () => {
        read({ kind: "string" }, reader);
        read(type.values, reader);
      });
    case "record":
      return type.fields.forEach((field) => read(field.type, reader));
    case "union":
    default:
      return read(type.branches[index(reader, type.branches.length, "branch")]!, reader);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
