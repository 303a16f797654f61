import { type CodeEntry, codes } from "../../contract/codes";
import { RANGES } from "../../scripts/generate-errors";
import { read, treeFiles } from "./tree";

const entries: readonly [string, CodeEntry][] = Object.entries(codes);
const known = new Set(entries.map(([code]) => code));

/** Codes named in the files; the bounds of the ranges, which headings name, are no codes. */
const mentions = (files: readonly string[]) =>
  new Set(files.flatMap((file) => [...read(file).matchAll(/\bMR\d(?!000|999)\d{3}\b/g)].map(([code]) => code)));

const sources = treeFiles(
  "language",
  "constructs",
  "patterns",
  "stacks",
  "runtime",
  "local",
  "testing",
  "cli",
  "contract",
)
  .filter((file) => file.endsWith(".ts"))
  .filter((file) => !file.startsWith("contract/codes/") && !file.includes(".generated."));
const raised = mentions(sources);
const tested = mentions(
  treeFiles("test").filter((file) => file.endsWith(".test.ts") && !file.startsWith("test/repo/")),
);
const documented = mentions(treeFiles("docs", "README.md").filter((file) => file.endsWith(".md")));

const sorted = (set: Iterable<string>) => [...set].sort();

describe("the table of codes", () => {
  it("knows every code that the tree names", () => {
    expect(sorted([...raised, ...tested, ...documented].filter((code) => !known.has(code)))).toEqual([]);
  });

  it("holds no code that nobody raises", () => {
    expect(sorted([...known].filter((code) => !raised.has(code)))).toEqual([]);
  });

  it("holds no code without a test", () => {
    expect(sorted([...known].filter((code) => !tested.has(code)))).toEqual([]);
  });

  it("gives each code to the room of its range", () => {
    expect(entries.filter(([code]) => RANGES[code.slice(0, 3)] === undefined)).toEqual([]);
    const room = { constructs: "MR1", stacks: "MR2", runtime: "MR3", local: "MR4", cli: "MR5" };
    for (const [file, prefix] of Object.entries(room))
      for (const code of mentions([`contract/codes/${file}.ts`])) expect(code.slice(0, 3)).toBe(prefix);
  });

  it.each(entries)("says of %s what, why and how to mend it", (_code, { title, why, fix }) => {
    for (const text of [title, why, fix]) expect(text.trim().length).toBeGreaterThan(5);
    // The title stands after a code and the fix after a sentence: neither opens with a capital, unless a name does.
    expect(title).not.toMatch(/^[A-Z][a-z]+ [a-z]|\.$/);
  });
});
