import { Encoder, ExtData, encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { fromJson, toJson } from "../../../../local/provider/values/convert";
import { decodeValue, encodeValue } from "../../../../local/provider/values/msgpack";
import {
  canonical,
  Decimal,
  isKnown,
  numberOf,
  sameValue,
  type Type,
  UNKNOWN,
  type Value,
  ValueFault,
} from "../../../../local/provider/values/value";

const bytes = (...values: number[]) => Uint8Array.from(values);
const encodeBig = (value: unknown) => new Encoder({ useBigInt64: true }).encode(value);

/** A type and a value of it. */
const typed: fc.Arbitrary<readonly [Type, Value]> = (() => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/);
  const types = fc.letrec<{ type: Type }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<Type>("string", "number", "bool"),
      fc.tuple(fc.constantFrom("list" as const, "set" as const, "map" as const), tie("type")),
      fc.tuple(fc.constant("tuple" as const), fc.array(tie("type"), { maxLength: 3 })),
      fc.tuple(fc.constant("object" as const), fc.dictionary(name, tie("type"), { maxKeys: 4, noNullPrototype: true })),
    ),
  })).type;
  const digits = fc.bigInt(-(10n ** 40n), 10n ** 40n).map((big) => numberOf(String(big))!);
  const valueOf = (type: Type): fc.Arbitrary<Value> => {
    const some = (): fc.Arbitrary<Value> => {
      if (type === "string") return fc.string({ unit: "grapheme" });
      if (type === "bool") return fc.boolean();
      if (type === "number")
        return fc.oneof(
          fc.integer(),
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n || 0),
          digits,
        );
      if (type === "dynamic") return fc.constant(null);
      if (type[0] === "object") {
        const record = Object.fromEntries(Object.entries(type[1]).map(([name, inner]) => [name, valueOf(inner)]));
        return fc.record(record, { noNullPrototype: true });
      }
      if (type[0] === "tuple") return fc.tuple(...type[1].map(valueOf));
      const inner = valueOf(type[1]);
      return type[0] === "map"
        ? fc.dictionary(name, inner, { maxKeys: 4, noNullPrototype: true })
        : fc.array(inner, { maxLength: 4 });
    };
    return fc.oneof({ arbitrary: some(), weight: 8 }, fc.constantFrom<Value>(null, UNKNOWN));
  };
  return types.chain((type) => valueOf(type).map((value) => [type, value] as const));
})();

describe("a value on Terraform's wire", () => {
  it("comes back as it went, whatever its type", () => {
    fc.assert(
      fc.property(typed, ([type, value]) => {
        expect(decodeValue(encodeValue(value), type)).toEqual(value);
      }),
    );
  });

  it("writes unknown as extension 0 and null as nil", () => {
    expect(encodeValue(UNKNOWN)).toEqual(bytes(0xd4, 0, 0));
    expect(encodeValue(null)).toEqual(bytes(0xc0));
  });

  it.each([0, 12, 99])("reads extension %i as unknown", (code) => {
    const raw = encode({ a: new ExtData(code, encode({ 1: false })) });
    expect(decodeValue(raw, ["object", { a: "string" }])).toEqual({ a: UNKNOWN });
  });

  it.each<[string, unknown, Value]>([
    ["an integer", 30, 30],
    ["the text of a fraction", "0.1", 0.1],
    ["a double", 0.5, 0.5],
    ["a 64-bit integer", 2n ** 60n + 1n, new Decimal("1152921504606846977")],
    ["a small 64-bit integer", 7n, 7],
    ["an integer beyond 64 bits", "1".repeat(40), new Decimal("1".repeat(40))],
    ["more digits than a double has", "0.1234567890123456789", new Decimal("0.1234567890123456789")],
    ["trailing zeros", "1.50", 1.5],
  ])("reads %s as a number that loses nothing", (_what, raw, expected) => {
    expect(decodeValue(encodeBig(raw), "number")).toEqual(expected);
  });

  it("writes fractions as text, because a double of 0.1 is another number to Terraform", () => {
    expect(encodeValue(0.1)).toEqual(encode("0.1"));
    expect(encodeValue(2 ** 60)).toEqual(encode(String(2 ** 60)));
    expect(encodeValue(30)).toEqual(encode(30));
  });

  it("reads what has a dynamic type by the type that comes with it", () => {
    const raw = encode([Buffer.from('["list","number"]'), [1, 2]]);
    expect(decodeValue(raw, "dynamic")).toEqual([1, 2]);
    expect(() => decodeValue(encode("bare"), "dynamic")).toThrow(ValueFault);
    expect(() => decodeValue(encode([Buffer.from("{"), 1]), "dynamic")).toThrow("no type that can be read");
  });

  it.each<[string, unknown, Type, string]>([
    ["another primitive", { a: 1 }, ["object", { a: "string" }], "a: a string is wanted, not a number"],
    ["a missing attribute", {}, ["object", { a: "string" }], "a: is missing"],
    ["an attribute too many", { a: "x", b: 1 }, ["object", { a: "string" }], "b: is not an attribute of the type"],
    ["no list", { a: "x" }, ["object", { a: ["list", "string"] }], "a: a list is wanted, not a string"],
    ["an element of another type", { a: ["x", 2] }, ["object", { a: ["set", "string"] }], "a[1]: a string is wanted"],
    ["no number", "12 apples", "number", "a number is wanted"],
    ["infinity", Infinity, "number", "a number is wanted"],
    ["a tuple of another length", [1], ["tuple", []], "a list of 0 is wanted"],
  ])("refuses %s with its path", (_what, raw, type, message) => {
    expect(() => decodeValue(encode(raw), type)).toThrow(message);
  });

  it("refuses broken bytes with a fault and nothing else", () => {
    const type: Type = ["object", { a: "string", b: ["map", ["list", "number"]], c: "dynamic" }];
    const sound = encode({ a: "x", b: { c: [1, "2.5"] }, c: [Buffer.from('"string"'), "y"] });
    const read = (raw: Uint8Array) => {
      try {
        decodeValue(raw, type);
      } catch (error) {
        if (!(error instanceof ValueFault)) throw error;
      }
    };
    for (let length = 0; length < sound.length; length++)
      expect(() => decodeValue(sound.subarray(0, length), type)).toThrow(ValueFault);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), read));
    const flipped = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
    fc.assert(fc.property(flipped, ([at, byte]) => read(Uint8Array.from(sound, (old, i) => (i === at ? byte : old)))));
  });

  it("reserves nothing for elements that are promised and do not come", () => {
    expect(() => decodeValue(bytes(0xdd, 0xff, 0xff, 0xff, 0xff), ["list", "string"])).toThrow(ValueFault);
    expect(() => decodeValue(bytes(0xdf, 0xff, 0xff, 0xff, 0xff), ["map", "string"])).toThrow(ValueFault);
  });
});

describe("equality of values", () => {
  const set: Type = ["set", ["object", { name: "string", ports: ["list", "number"] }]];
  const a = { name: "a", ports: [1, 2] };
  const b = { name: "b", ports: [3] };

  it("takes the order of a set for nothing, at any depth, and that of a list for something", () => {
    expect(sameValue([a, b], [b, a], set)).toBe(true);
    expect(sameValue({ x: [a, b] }, { x: [b, a] }, ["object", { x: set }])).toBe(true);
    expect(sameValue([1, 2], [2, 1], ["list", "number"])).toBe(false);
    expect(sameValue([a], [b], set)).toBe(false);
  });

  it("is reflexive, and told by the canonical text", () => {
    fc.assert(
      fc.property(typed, ([type, value]) => {
        expect(sameValue(value, structuredCopy(value), type)).toBe(true);
        expect(canonical(value, type)).toBe(canonical(structuredCopy(value), type));
      }),
    );
  });
});

/** `structuredClone` takes no symbols. */
const structuredCopy = (value: Value): Value => {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (value === null || typeof value !== "object" || value instanceof Decimal) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, structuredCopy(item)]));
};

describe("values and JSON", () => {
  const type: Type = ["object", { name: "string", size: "number", tags: ["set", "string"], more: "dynamic" }];

  it("fit an older state to today's type", () => {
    expect(fromJson({ name: "a", gone: 1, size: 12 }, type)).toEqual({ name: "a", size: 12, tags: null, more: null });
    expect(fromJson({ more: { type: ["list", "string"], value: ["x"] } }, type)).toMatchObject({ more: ["x"] });
    expect(() => fromJson({ name: 1 }, type)).toThrow("name: a string is wanted");
    expect(() => fromJson({ more: 1 }, type)).toThrow("more: has no type of its own");
  });

  it("leave out what is unknown on the way to JSON", () => {
    expect(toJson({ a: UNKNOWN, b: [UNKNOWN, 1], c: new Decimal("12345678901234567890"), d: null })).toEqual({
      b: [null, 1],
      c: 12345678901234567000,
      d: null,
    });
  });

  it("tell known from unknown at any depth", () => {
    expect(isKnown({ a: [{ b: 1 }] })).toBe(true);
    expect(isKnown({ a: [{ b: UNKNOWN }] })).toBe(false);
  });
});
