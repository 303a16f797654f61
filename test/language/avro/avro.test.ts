import { avroJsonFault, type AvroType, parseAvroSchema, plainAvroJson, readAvroBinary } from "../../../language/avro";

const typeOf = (schema: unknown): AvroType => {
  const parsed = parseAvroSchema(JSON.stringify(schema));
  if (!parsed.ok) throw new Error(parsed.mistake);
  return parsed.type;
};

const ORDER = {
  type: "record",
  name: "Order",
  namespace: "shop",
  fields: [
    { name: "id", type: "string" },
    { name: "cents", type: { type: "long", logicalType: "decimal" } },
    { name: "note", type: ["null", "string"], default: null },
    { name: "state", type: { type: "enum", name: "State", symbols: ["OPEN", "PAID"] } },
    { name: "was", type: { type: "array", items: "State" } },
    { name: "replaces", type: ["null", "Order"] },
    { name: "digest", type: { type: "fixed", name: "Digest", size: 2 } },
    { name: "tags", type: { type: "map", values: "int" } },
  ],
};

const VALUE = {
  id: "o-1",
  cents: 995,
  note: { string: "now" },
  state: "PAID",
  was: ["OPEN"],
  replaces: null,
  digest: "ÿ\u0000",
  tags: { a: 1 },
};

/** The same value: written by hand from the specification. */
const BYTES = [
  [6, 0x6f, 0x2d, 0x31], // "o-1"
  [0xc6, 0x0f], // 995
  [2, 6, 0x6e, 0x6f, 0x77], // branch 1, "now"
  [2], // PAID
  [2, 0, 0], // one item, OPEN, the end
  [0], // branch 0
  [0xff, 0x00],
  [2, 2, 0x61, 2, 0], // one entry, "a", 1, the end
].flat();

describe("a schema of Avro", () => {
  it.each<[string, unknown, string]>([
    ["no type", 7, "a type is a name, an object or a list"],
    [
      "a type that is not there",
      { type: "record", name: "r", fields: [{ name: "a", type: "Other" }] },
      'at a: there is no type "Other"',
    ],
    ["a record without fields", { type: "record", name: "r" }, "fields must be a list"],
    ["a record without a name", { type: "record", fields: [] }, "nothing is no name"],
    ["a name with a dash", { type: "enum", name: "a-b", symbols: [] }, '"a-b" is no name'],
    [
      "a name that is defined twice",
      [
        { type: "fixed", name: "f", size: 1 },
        { type: "fixed", name: "f", size: 2 },
      ],
      "at 1: f is defined twice",
    ],
    [
      "two fields of one name",
      { type: "record", name: "r", fields: [1, 2].map(() => ({ name: "a", type: "int" })) },
      "two fields a",
    ],
    ["a union in a union", ["null", ["int"]], "a union must not hold another one"],
    ["a union with a type twice", ["int", "int"], "a union holds a type twice"],
    ["a size that is none", { type: "fixed", name: "f", size: -1 }, "size must be a whole number"],
  ])("is refused: %s", (_what, schema, mistake) => {
    expect(parseAvroSchema(JSON.stringify(schema))).toEqual({ ok: false, mistake });
  });

  it("is refused where it is no JSON, or nested without end", () => {
    expect(parseAvroSchema("{")).toMatchObject({ ok: false, mistake: expect.stringContaining("JSON") as string });
    const deep = `${'{"type":"array","items":'.repeat(20_000)}"int"${"}".repeat(20_000)}`;
    expect(parseAvroSchema(deep)).toEqual({ ok: false, mistake: "it is nested too deep" });
  });

  it("finds types of its namespace by their last name and by their full one", () => {
    const type = typeOf({
      ...ORDER,
      fields: [
        { name: "a", type: ["null", "Order"] },
        { name: "b", type: "shop.Order" },
      ],
    });
    expect(avroJsonFault(type, { a: { "shop.Order": { a: null, b: null } }, b: null })).toBe("a.b must be an object");
  });
});

describe("a message in Avro's JSON", () => {
  const type = typeOf(ORDER);

  it("follows its schema", () => {
    expect(avroJsonFault(type, VALUE)).toBeUndefined();
    expect(avroJsonFault(type, { ...VALUE, replaces: { "shop.Order": VALUE } })).toBeUndefined();
    const { note: _, ...short } = VALUE;
    expect(avroJsonFault(type, short)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [[], "the message must be an object"],
    [{ ...VALUE, extra: 1 }, "extra is no field of shop.Order"],
    [{ ...VALUE, id: undefined }, "id must be text"],
    [{ ...VALUE, cents: 1.5 }, "cents must be a whole number of 64 bits"],
    [{ ...VALUE, note: "now" }, 'note must be null or {"string": …}'],
    [{ ...VALUE, note: { string: 7 } }, "note must be text"],
    [{ ...VALUE, state: "SHUT" }, "state must be one of OPEN, PAID"],
    [{ ...VALUE, was: ["OPEN", 1] }, "was.1 must be one of OPEN, PAID"],
    [{ ...VALUE, digest: "Āa" }, "digest must be text of 2 bytes"],
    [{ ...VALUE, tags: { a: 2 ** 31 } }, "tags.a must be a whole number of 32 bits"],
    [{ ...VALUE, replaces: { "shop.Order": { ...VALUE, id: 1 } } }, "replaces.id must be text"],
  ])("does not: %j", (value, fault) => {
    expect(avroJsonFault(type, value)).toBe(fault);
  });
});

describe("a message in Avro's bytes", () => {
  const type = typeOf(ORDER);
  const readAs = (of: AvroType, bytes: readonly number[]) => readAvroBinary(of, Uint8Array.from(bytes));
  const faultOf = (bytes: readonly number[], of = type) => (readAs(of, bytes) as { fault?: string }).fault;

  it("says what the same message in JSON says, without what Avro's JSON adds", () => {
    expect(readAs(type, BYTES)).toEqual({ value: plainAvroJson(type, VALUE) });
  });

  it.each<[unknown, number[], unknown]>([
    ["long", [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "9223372036854775807"],
    ["long", [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], Number.MIN_SAFE_INTEGER],
    ["int", [1], -1],
    ["boolean", [1], true],
    ["float", [0, 0, 0xc0, 0x3f], 1.5],
    ["double", [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], -1.5],
    ["bytes", [4, 0xff, 0], "/wA="],
    ["string", [6, 0xef, 0xbb, 0xbf], "\ufeff"],
    [{ type: "array", items: "null" }, [4, 0], [null, null]],
  ])("holds a %j", (schema, bytes, value) => {
    expect(readAs(typeOf(schema), bytes)).toEqual({ value });
  });

  it("does not when it is cut off anywhere, or goes on", () => {
    for (let length = 0; length < BYTES.length; length++)
      expect(faultOf(BYTES.slice(0, length))).toMatch(/^it ends too early at byte/);
    expect(faultOf([...BYTES, 0])).toBe("1 bytes are left over");
  });

  it.each<[string, unknown, number[], string]>([
    ["a branch that is none", ["null", "int"], [4], "there is no branch 2 at byte 1"],
    ["a symbol before the first", { type: "enum", name: "e", symbols: ["A"] }, [1], "there is no symbol -1 at byte 1"],
    ["a boolean of two", "boolean", [2], "a boolean is 0 or 1 at byte 0"],
    ["a text that is none", "string", [2, 0xff], "a text is no UTF-8 at byte 2"],
    ["a length below nothing", "bytes", [1], "it ends too early at byte 1"],
    ["a number of eleven bytes", "long", Array<number>(11).fill(0x80), "a number is too long at byte 10"],
    ["an int of 33 bits", "int", [0x80, 0x80, 0x80, 0x80, 0x10], "2147483648 does not fit into 32 bits at byte 5"],
    [
      "items of no bytes without end",
      { type: "array", items: "null" },
      [0xfe, 0xff, 0xff, 0xff, 0x0f, 0],
      "a block of 2147483647 items is larger than the message at byte 5",
    ],
    [
      "blocks of no bytes without end",
      { type: "array", items: "null" },
      [4, 4, 4, 0],
      "a block of 2 items is larger than the message at byte 3",
    ],
  ])("is refused: %s", (_what, schema, bytes, fault) => {
    expect(faultOf(bytes, typeOf(schema))).toBe(fault);
  });

  it("may say how long a block is", () => {
    expect(faultOf([1, 2, 2, 0], typeOf({ type: "array", items: "int" }))).toBeUndefined();
  });
});
