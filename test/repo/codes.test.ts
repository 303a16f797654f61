import { type CodeEntry, codes } from "../../contract/codes";
import { RANGES } from "../../scripts/generate-errors";
import { read, treeFiles } from "./tree";

const entries: readonly [string, CodeEntry][] = Object.entries(codes);
const known = new Set(entries.map(([code]) => code));

/** Codes named in the files; the bounds of a range, `MR1500–MR1599`, are no codes. */
const CODE = /(?<!–)\bMR\d{4}\b(?!–)/g;
const mentions = (files: readonly string[]) =>
  new Set(files.flatMap((file) => [...read(file).matchAll(CODE)].map(([code]) => code)));

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

  it("gives each code to the room of its range, and to the file whose head names it", () => {
    expect(entries.filter(([code]) => RANGES[code.slice(0, 3)] === undefined)).toEqual([]);
    const astray = treeFiles("contract/codes")
      .filter((file) => !/\/(index|table)\.ts$/.test(file))
      .flatMap((file) => {
        // `MR1500–MR1599`, or a single code of another range.
        const head = /\/\*\* (MR[^:]+): /.exec(read(file))?.[1] ?? "";
        const ranges = [...head.matchAll(/(MR\d{4})(?:–(MR\d{4}))?/g)].map(
          ([, from, to]) => [from!, to ?? from!] as const,
        );
        return sorted(mentions([file]))
          .filter((code) => !ranges.some(([from, to]) => from <= code && code <= to))
          .map((code) => `${file}: ${code}`);
      });
    expect(astray).toEqual([]);
  });

  it("says what, why and how to mend it", () => {
    const faults = entries.flatMap(([code, { title, why, fix }]) => [
      ...[title, why, fix].filter((text) => text.trim().length < 6).map(() => `${code} leaves something unsaid`),
      // The title stands behind a code: it opens without a capital, unless a name does, and ends without a full stop.
      ...(/^[A-Z][a-z]+ [a-z]|\.$/.test(title) ? [`${code}: "${title}"`] : []),
    ]);
    expect(faults).toEqual([]);
  });
});
