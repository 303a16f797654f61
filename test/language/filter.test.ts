import * as fc from "fast-check";
import { checkFilter, type Filter, matches, parseFilter, printFilter } from "../../language/filter";

const parsed = (text: string): Filter => {
  const result = parseFilter(text);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.filter;
};
const passes = (text: string, attributes: Record<string, string>) => matches(parsed(text), attributes);

describe("a subscription's filter", () => {
  it.each([
    ["attributes:lang", { lang: "" }, true],
    ["attributes:lang", { Lang: "en" }, false],
    ['attributes.lang = "en"', { lang: "en" }, true],
    ['attributes.lang = "en"', { lang: "EN" }, false],
    ['attributes.lang="en"', {}, false],
    ['attributes.lang != "en"', { lang: "de" }, true],
    ['attributes.lang != "en"', {}, true],
    ['attributes.lang != "en"', { lang: "en" }, false],
    ['hasPrefix(attributes.lang, "e")', { lang: "en" }, true],
    ['hasPrefix(attributes.lang, "e")', { lang: "de" }, false],
    ['hasPrefix(attributes.lang, "e")', {}, false],
    ["NOT attributes:lang", {}, true],
    ["-attributes:lang", { lang: "en" }, false],
    ['attributes:a AND attributes.b = "1"', { a: "", b: "1" }, true],
    ['attributes:a AND attributes.b = "1"', { a: "" }, false],
    ["attributes:a OR attributes:b", { b: "" }, true],
    ["NOT (attributes:a OR attributes:b)", { b: "" }, false],
    ["(attributes:a OR attributes:b) AND attributes:c", { b: "", c: "" }, true],
    ['attributes."iana.org/language_tag" = "en"', { "iana.org/language_tag": "en" }, true],
    ['attributes.x-y_1 = "say \\"hi\\" \\\\ \\u0041"', { "x-y_1": 'say "hi" \\ A' }, true],
    ["attributes:toString", {}, false],
  ])("%s on %j is %s", (text, attributes, expected) => {
    expect(passes(text, attributes)).toBe(expected);
  });

  it("binds NOT tighter than AND", () => {
    expect(parsed("NOT attributes:a AND attributes:b")).toEqual({
      kind: "and",
      operands: [
        { kind: "not", operand: { kind: "has", key: "a" } },
        { kind: "has", key: "b" },
      ],
    });
  });

  it.each([
    ["", 0, "empty"],
    ["attributes:a AND attributes:b OR attributes:c", 30, "mixed"],
    ["attributes:a and attributes:b", 13, "upper-case"],
    ["not attributes:a", 0, "upper-case"],
    ['"en" = attributes.lang', 0, "attributes"],
    ["attributes.a = attributes.b", 15, "string in double quotes"],
    ['attributes.lang = "x" AND ("y" OR "z")', 27, "attributes"],
    ['hasSuffix(attributes.a, "x")', 0, "hasPrefix is the only one"],
    ['attributes.iana.org = "en"', 15, "= or !="],
    ['attributes.a = "x', 15, "closing quote"],
    ["attributes.a = 'x'", 15, "unexpected character"],
    ['data = "x"', 0, "attributes alone"],
    ["(attributes:a", 13, "expected )"],
    ["attributes:a attributes:b", 13, "unexpected"],
    ['attributes.a = "\\q"', 16, "unknown escape"],
    ['attributes.a < "x"', 13, "unexpected character"],
  ])("refuses %j at %d: %s", (text, offset, message) => {
    const faults = checkFilter(text);
    expect(faults).toEqual([{ offset, message: expect.stringContaining(message) as string }]);
  });

  it("is limited to 256 bytes, not characters", () => {
    const filter = (text: string) => `attributes.a = "${text}"`;
    expect(checkFilter(filter("x".repeat(240 - 1)))).toEqual([]);
    expect(checkFilter(filter("x".repeat(240)))[0]?.message).toMatch(/257 bytes/);
    expect(checkFilter(filter("ü".repeat(120)))[0]?.message).toMatch(/257 bytes/);
  });

  it("reads back what it prints", () => {
    const key = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,5}$/),
      fc.string({ minLength: 1, maxLength: 6 }),
    );
    const text = fc.string({ maxLength: 8 });
    const { filter } = fc.letrec<{ filter: Filter; atom: Filter }>((tie) => ({
      atom: fc.oneof(
        fc.record({ kind: fc.constant("has" as const), key }),
        fc.record({ kind: fc.constantFrom("equals" as const, "differs" as const), key, value: text }),
        fc.record({ kind: fc.constant("hasPrefix" as const), key, prefix: text }),
      ),
      filter: fc.oneof(
        { maxDepth: 3 },
        tie("atom"),
        fc.record({ kind: fc.constant("not" as const), operand: tie("filter") }),
        fc.record({
          kind: fc.constantFrom("and" as const, "or" as const),
          operands: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
        }),
      ),
    }));
    fc.assert(
      fc.property(filter, (original) => {
        const printed = printFilter(original);
        fc.pre(new TextEncoder().encode(printed).length <= 256);
        expect(parsed(printed)).toEqual(original);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
