interface AvroType {
  readonly type: string | AvroType;
  readonly values?: string;
}
interface AvroSchema {
  readonly fields: readonly { readonly name: string; readonly type: string | AvroType }[];
}

/** Reads an Avro object container as its specification has it, independently of what writes it. */
export function readAvro(file: Buffer): { readonly schema: AvroSchema; readonly records: readonly object[] } {
  let at = 0;
  const take = (length: number) => file.subarray(at, (at += length));
  const long = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = file[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return (value >> 1n) ^ -(value & 1n);
    }
  };
  const bytes = () => Buffer.from(take(Number(long())));
  const text = () => bytes().toString("utf8");
  const map = <T>(item: () => T): Record<string, T> => {
    const entries: [string, T][] = [];
    for (let count = long(); count !== 0n; count = long())
      for (let i = 0n; i < count; i++) entries.push([text(), item()]);
    return Object.fromEntries(entries);
  };
  const value = (type: string | AvroType): unknown => {
    if (typeof type !== "string") return type.type === "map" ? map(text) : value(type.type);
    return type === "bytes" ? bytes() : type === "long" ? long() : text();
  };
  expect(take(4).toString("latin1")).toBe("Obj\u0001");
  const meta = map(text);
  const schema = JSON.parse(meta["avro.schema"]!) as AvroSchema;
  const sync = take(16);
  const records: object[] = [];
  while (at < file.length) {
    const count = long();
    const end = Number(long()) + at;
    for (let i = 0n; i < count; i++)
      records.push(Object.fromEntries(schema.fields.map(({ name, type }) => [name, value(type)])));
    expect(at).toBe(end);
    expect(take(16)).toEqual(sync);
  }
  return { schema, records };
}
