import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { zipSync } from "fflate";
import { zip } from "../../../constructs/packaging/zip";
import { IssuesError } from "../../../contract/issue";
import { readArchive, unpackArchive } from "../../../local/engine/archive";

const text = (value: string) => Buffer.from(value);
const read = (bytes: Uint8Array) =>
  readArchive(bytes, "a.zip").map(({ path, bytes, executable }) => ({
    path,
    text: Buffer.from(bytes).toString(),
    executable,
  }));
const codesOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof IssuesError) return error.issues.map(({ code }) => code);
    throw error;
  }
  return [];
};

/** Changes bytes of our own archive at every place where `from` stands. */
function patched(archive: Uint8Array, from: string, to: string): Uint8Array {
  return Buffer.from(Buffer.from(archive).toString("latin1").replaceAll(from, to), "latin1");
}

const CENTRAL = Buffer.from([0x50, 0x4b, 1, 2]);
/** Changes the first entry of the central directory. */
function withEntry(archive: Uint8Array, change: (bytes: Buffer, at: number) => void): Uint8Array {
  const bytes = Buffer.from(archive);
  change(bytes, bytes.indexOf(CENTRAL));
  return bytes;
}

const small = zip([{ path: "index.js", bytes: text("ok") }]);

describe("reading an archive", () => {
  it("gives back what our packaging wrote, stored and compressed", () => {
    const entries = [
      { path: "index.js", bytes: text("x".repeat(5_000)) },
      { path: "lib/tiny", bytes: text("é") },
      { path: "run", bytes: text("#!"), executable: true },
    ];
    expect(read(zip(entries))).toEqual([
      { path: "index.js", text: "x".repeat(5_000), executable: false },
      { path: "lib/tiny", text: "é", executable: false },
      { path: "run", text: "#!", executable: true },
    ]);
  });

  it("gives back any files", () => {
    const files = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.uint8Array({ maxLength: 500 }), { maxKeys: 5 });
    fc.assert(
      fc.property(files, (contents) => {
        const archive = zip(Object.entries(contents).map(([path, bytes]) => ({ path, bytes })));
        const found = Object.fromEntries(readArchive(archive, "a.zip").map(({ path, bytes }) => [path, [...bytes]]));
        expect(found).toEqual(Object.fromEntries(Object.entries(contents).map(([path, bytes]) => [path, [...bytes]])));
      }),
    );
  });

  it("reads another writer's archive, its folders and comment", () => {
    expect(read(zipSync({ dir: {}, "dir/a.js": text("1") }, { comment: "c" }))).toEqual([
      { path: "dir/a.js", text: "1", executable: false },
    ]);
  });
});

describe("an archive is refused", () => {
  it.each([
    ["an absolute path", "aaaaaaaa", "/aaaaaaa"],
    ["a climbing path", "aa/bbbbb", "../bbbbb"],
    ["a path that climbs later", "aa/bb/cc", "aa/../cc"],
    ["a drive letter", "aaaaaaaa", "C:aaaaaa"],
    ["a backslash", "aaaaaaaa", "..\\aaaaa"],
    ["an empty part", "aa/bb/cc", "aa//b/cc"],
  ])("with %s", (_, from, to) => {
    expect(codesOf(() => read(patched(zip([{ path: from, bytes: text("x") }]), from, to)))).toEqual(["MR4202"]);
  });

  it("with a symbolic link or a device", () => {
    for (const type of [0o120777, 0o060666])
      expect(codesOf(() => read(withEntry(small, (bytes, at) => bytes.writeUInt16LE(type, at + 40))))).toEqual([
        "MR4202",
      ]);
  });

  it("with every bad entry named at once", () => {
    const archive = zip([
      { path: "aa/1", bytes: text("x") },
      { path: "aa/2", bytes: text("x") },
    ]);
    expect(codesOf(() => read(patched(archive, "aa/", "../")))).toEqual(["MR4202", "MR4202"]);
  });

  it("when it unpacks to more than the limit, before anything is unpacked", () => {
    const archive = zip([{ path: "zeros", bytes: new Uint8Array(2_000_000) }]);
    expect(archive.length).toBeLessThan(10_000);
    expect(codesOf(() => readArchive(archive, "a.zip", { maxBytes: 1_999_999 }))).toEqual(["MR4203"]);
    expect(codesOf(() => readArchive(archive, "a.zip", { maxEntries: 0 }))).toEqual(["MR4203"]);
    expect(codesOf(() => readArchive(archive, "a.zip", { maxBytes: 2_000_000 }))).toEqual([]);
  });

  it("when it holds more than it says", () => {
    const archive = zip([{ path: "zeros", bytes: new Uint8Array(2_000_000) }]);
    const lying = withEntry(archive, (bytes, at) => bytes.writeUInt32LE(10, at + 24));
    expect(codesOf(() => read(lying))).toEqual(["MR4201"]);
  });

  it.each([
    ["no zip at all", () => text("hello")],
    ["empty", () => new Uint8Array()],
    ["cut off", () => small.subarray(0, small.length - 1)],
    ["changed in its content", () => patched(small, "ok", "ko")],
    ["encrypted", () => withEntry(small, (bytes, at) => bytes.writeUInt16LE(1, at + 8))],
    ["of another compression", () => withEntry(small, (bytes, at) => bytes.writeUInt16LE(12, at + 10))],
    ["without its local header", () => withEntry(small, (bytes, at) => bytes.writeUInt32LE(5, at + 42))],
    ["with a header beyond its end", () => withEntry(small, (bytes, at) => bytes.writeUInt32LE(99_999, at + 42))],
    ["with content beyond its end", () => withEntry(small, (bytes, at) => bytes.writeUInt32LE(99_999, at + 20))],
    ["zip64", () => Buffer.from(small).fill(0xff, small.length - 6, small.length - 2)],
    ["with a file inside a file", () => zip(["a", "a/b"].map((path) => ({ path, bytes: text("x") })))],
    [
      "with one name twice",
      () => patched(zip(["aaaa", "bbbb"].map((path) => ({ path, bytes: text("x") }))), "bbbb", "aaaa"),
    ],
  ])("when it is %s", (_, archive) => {
    expect(codesOf(() => read(archive()))).toEqual(["MR4201"]);
  });

  it("whatever byte of it is changed, or it is read as it was", () => {
    const archive = zip([{ path: "lib/a.js", bytes: text("content ".repeat(20)) }]);
    const whole = read(archive);
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(archive);
        changed[at]! ^= flip;
        try {
          const [file] = read(changed);
          expect(file?.text ?? whole[0]!.text).toBe(whole[0]!.text);
          expect(file?.path ?? "").not.toMatch(/(^|\/)\.\.(\/|$)/);
        } catch (error) {
          expect(error).toBeInstanceOf(IssuesError);
        }
      }),
      // The first byte makes a folder of the file, whose content would be gone without a word.
      { numRuns: 500, examples: [[91, 192]] },
    );
  });
});

describe("unpacking", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-archive-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const put = (name: string, entries: Parameters<typeof zip>[0]) => {
    const file = join(folder, name);
    writeFileSync(file, zip(entries));
    return file;
  };

  it("makes one folder for one content, whatever the archive is called", async () => {
    const into = join(folder, "one");
    const entries = [
      { path: "index.js", bytes: text("1") },
      { path: "bin/run", bytes: text("2"), executable: true },
    ];
    const [a, b] = await Promise.all([
      unpackArchive(put("a.zip", entries), into),
      unpackArchive(put("b.zip", entries), into),
    ]);
    expect(b).toBe(a);
    expect(readdirSync(into)).toHaveLength(1);
    expect(readFileSync(join(a, "index.js"), "utf8")).toBe("1");
    expect(statSync(join(a, "bin/run")).mode & 0o777).toBe(0o755);
    const other = await unpackArchive(put("c.zip", [{ path: "index.js", bytes: text("3") }]), into);
    expect(other).not.toBe(a);
  });

  it("leaves alone what it has unpacked before", async () => {
    const into = join(folder, "again");
    const file = put("d.zip", [{ path: "index.js", bytes: text("1") }]);
    const first = await unpackArchive(file, into);
    const { mtimeMs } = statSync(join(first, "index.js"));
    expect(await unpackArchive(file, into)).toBe(first);
    expect(statSync(join(first, "index.js")).mtimeMs).toBe(mtimeMs);
  });

  it("leaves nothing behind when the archive is bad", async () => {
    const into = join(folder, "bad");
    mkdirSync(into);
    const file = join(folder, "bad.zip");
    writeFileSync(file, patched(zip([{ path: "aa/x", bytes: text("x") }]), "aa/", "../"));
    await expect(unpackArchive(file, into)).rejects.toThrow("MR4202");
    expect(readdirSync(into)).toEqual([]);
  });

  it("says which archive is missing", async () => {
    await expect(unpackArchive(join(folder, "none.zip"), folder)).rejects.toThrow(
      /MR4201 .*none\.zip: cannot be read \(ENOENT\)/,
    );
  });
});
