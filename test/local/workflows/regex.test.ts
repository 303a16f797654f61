import * as fc from "fast-check";
import { compileRegex, matchesOf, RegexFault } from "../../../local/engine/workflows/regex";

const all = (pattern: string, text: string) => {
  const chars = Array.from(text);
  return matchesOf(compileRegex(pattern), chars).map(({ start, end }) => chars.slice(start, end).join(""));
};

describe("a regular expression", () => {
  it.each<[string, string, string[]]>([
    ["a|ab", "abab", ["ab", "ab"]],
    ["(?i)[a-c]+", "xAbCx", ["AbC"]],
    ["(?s).+", "a\nb", ["a\nb"]],
    [".+", "a\nb", ["a", "b"]],
    ["(?m)^\\w+$", "ab\ncd", ["ab", "cd"]],
    ["\\bfoo\\b", "foo food foo", ["foo", "foo"]],
    ["\\d{2,3}", "1 12 1234", ["12", "123"]],
    ["[[:alpha:]]+", "ab1cd", ["ab", "cd"]],
    ["[^[:digit:]-]+", "1a-b", ["a", "b"]],
    ["\\p{Greek}+", "abc αβγ", ["αβγ"]],
    ["\\pL+", "1é2", ["é"]],
    ["(?P<year>\\d{4})-(?:\\d\\d)", "2026-11", ["2026-11"]],
    ["\\x{1F600}", "a😀", ["😀"]],
    ["[\\]\\-]", "a]-", ["]", "-"]],
    ["\\Aab\\z", "ab", ["ab"]],
    ["x*", "axb", ["", "x", ""]],
    ["a+?", "aaa", ["aaa"]],
  ])("%s finds in %j %j", (pattern, text, found) => {
    expect(all(pattern, text)).toEqual(found);
  });

  it.each([
    "(",
    ")",
    "[a",
    "*",
    "a{2,1}",
    "a{1001}",
    "\\1",
    "(?=a)",
    "(?<!a)",
    "[b-a]",
    "\\p{Nope}",
    "[[:constructor:]]",
    "\\",
    "\\x{110000}",
    "(".repeat(300),
  ])("%s is refused", (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(RegexFault);
  });

  it("finds what JavaScript finds, where no choice of two matches is to be made", () => {
    const part = fc.constantFrom("a", "b", "[ab]", "a*", "b+", "(ab)?", "\\d", "^", "$", ".");
    const text = fc.array(fc.constantFrom("a", "b", "1", "c"), { maxLength: 12 }).map((chars) => chars.join(""));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), text, (parts, subject) => {
        const pattern = parts.join("");
        // Greedy parts in a row can miss a longer match, so starts alone are compared.
        const chars = Array.from(subject);
        const first = compileRegex(pattern).match(chars, 0);
        expect(first?.start).toBe(new RegExp(pattern).exec(subject)?.index);
        if (first)
          expect(
            new RegExp(`^(?:${pattern})$`, "m").test(chars.slice(first.start, first.end).join("")) ||
              /[$^]/.test(pattern),
          ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("takes no more than linear time, whatever the pattern", () => {
    // One that took the square of it would not come to an end within the time of a test.
    const text = Array.from("a".repeat(1_000_000));
    expect(compileRegex("(a*)*b").match(text, 0)).toBeUndefined();
  });
});
