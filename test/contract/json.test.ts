import { assert, jsonValue, property } from "fast-check";
import { canonicalJson } from "../../contract";

/** The value with the keys of every object in the other order. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
};

describe("canonical JSON", () => {
  it("does not depend on the order of keys, and is JSON", () => {
    assert(
      property(jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 1 },
    );
  });

  it("tells apart keys that differ in case alone", () => {
    expect(canonicalJson({ a: 1, A: 2 })).toBe('{"A":2,"a":1}');
  });

  it("writes dates, and leaves out what is undefined", () => {
    expect(canonicalJson({ at: new Date(0), none: undefined })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(canonicalJson([undefined])).toBe("[null]");
  });

  it.each([[new Map()], [new Set()], [1n]])("refuses what JSON cannot carry", (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });
});
