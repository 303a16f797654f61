import * as fc from "fast-check";
import { type ArchiveEntry, archiveName, contentHash, zip } from "../../../constructs/packaging/zip";
import { unzip } from "../../support/unzip";

const text = (path: string, content: string, executable = false): ArchiveEntry => ({
  path,
  bytes: Buffer.from(content),
  executable,
});

const segment = fc.stringMatching(/^[a-zA-Zé0-9_-][a-zA-Zé0-9._-]{0,11}$/);
const entries = fc.uniqueArray(
  fc.record({
    path: fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
    bytes: fc.oneof(fc.uint8Array({ maxLength: 2_000 }), fc.constant(Buffer.alloc(5_000, "a"))),
    executable: fc.boolean(),
  }),
  { selector: ({ path }) => path, maxLength: 8 },
);

describe("an archive", () => {
  it("gives back every entry, whatever the paths, sizes and modes", () => {
    fc.assert(
      fc.property(entries, (files) => {
        const read = unzip(zip(files));
        expect(read.map(({ path }) => path)).toEqual(files.map(({ path }) => path).sort((a, b) => (a < b ? -1 : 1)));
        for (const file of files) {
          const back = read.find(({ path }) => path === file.path)!;
          expect(back.bytes.equals(Buffer.from(file.bytes))).toBe(true);
          expect(back.mode).toBe(file.executable ? 0o100755 : 0o100644);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("does not depend on the order in which entries are given", () => {
    fc.assert(
      fc.property(entries, (files) => {
        expect(Buffer.from(zip([...files].reverse())).equals(Buffer.from(zip(files)))).toBe(true);
        expect(contentHash([...files].reverse())).toBe(contentHash(files));
      }),
      { numRuns: 50 },
    );
  });

  it("says 1980-01-01 for every file, in any time zone", () => {
    const zone = process.env["TZ"];
    try {
      const archives = ["UTC", "Asia/Tokyo", "America/St_Johns"].map((name) => {
        process.env["TZ"] = name;
        return Buffer.from(zip([text("index.js", "1"), text("package.json", "{}")]));
      });
      expect(archives[1]!.equals(archives[0]!) && archives[2]!.equals(archives[0]!)).toBe(true);
      expect(unzip(archives[0]!)).toMatchObject([
        { dosTime: 0, dosDate: 0x21 },
        { dosTime: 0, dosDate: 0x21 },
      ]);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  it("keeps its bytes from one version of this repository to the next", () => {
    const archive = zip([text("index.js", "module.exports = 1;\n".repeat(20)), text("bin/run", "#!/bin/sh\n", true)]);
    expect(Buffer.from(archive).toString("base64")).toMatchInlineSnapshot(
      `"UEsDBBQAAAgAAAAAIQAdnfsECgAAAAoAAAAHAAAAYmluL3J1biMhL2Jpbi9zaApQSwMEFAAACAgAAAAhAM1ijZQaAAAAkAEAAAgAAABpbmRleC5qc8vNTynNSdVLrSjILyopVrBVMLTmGhUbODEAUEsBAhQDFAAACAAAAAAhAB2d+wQKAAAACgAAAAcAAAAAAAAAAAAAAO2BAAAAAGJpbi9ydW5QSwECFAMUAAAICAAAACEAzWKNlBoAAACQAQAACAAAAAAAAAAAAAAApIEvAAAAaW5kZXguanNQSwUGAAAAAAIAAgBrAAAAbwAAAAAA"`,
    );
  });

  it.each(["/index.js", "../index.js", "a//b", "a\\b", "./a", ""])("refuses the path %j", (path) => {
    expect(() => zip([text(path, "")])).toThrow(/is not a normal relative path/);
  });

  it("refuses two entries of one path", () => {
    expect(() => contentHash([text("a", "1"), text("a", "2")])).toThrow('archive path "a" occurs twice');
  });
});

describe("an archive's name", () => {
  const original = [text("index.js", "exports.handler = 1"), text("package.json", "{}")];

  it("is the handler's name and sixteen hex digits", () => {
    expect(archiveName("pushes", original)).toMatch(/^pushes-[0-9a-f]{16}$/);
  });

  it.each<[string, readonly ArchiveEntry[]]>([
    ["an entry is renamed", [text("main.js", "exports.handler = 1"), text("package.json", "{}")]],
    ["a byte changes", [text("index.js", "exports.handler = 2"), text("package.json", "{}")]],
    ["a mode changes", [text("index.js", "exports.handler = 1", true), text("package.json", "{}")]],
    ["an entry is added", [...original, text("a", "")]],
    [
      "bytes move over the border between two entries",
      [text("index.js", "exports.handler = 1{"), text("package.json", "}")],
    ],
  ])("changes when %s", (_, entries) => {
    expect(archiveName("pushes", entries)).not.toBe(archiveName("pushes", original));
  });
});
