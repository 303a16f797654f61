import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../../contract/json";
import type { Journaled } from "../../../local/engine/journal";
import { openJournal } from "../../../local/engine/journal-file";
import { createWriter } from "../../../local/engine/journal-writer";
import { outFolder } from "./fixture";

const { root } = outFolder();
let count = 0;
const journalFile = () => join(root, `state-${count++}`, "journal.ndjson");

/** Adds numbers up; its whole state is their sum. */
function adder(journalName = "adder") {
  const seen: Json[] = [];
  const service: Journaled & { readonly seen: readonly Json[]; sum(): number } = {
    journalName,
    seen,
    sum: () => seen.reduce<number>((total, entry) => total + (entry as number), 0),
    replay: (entry) => void seen.push(entry),
    *compact() {
      if (seen.length > 0) yield service.sum();
    },
  };
  return service;
}

const fail = (error: Error) => {
  throw error;
};

/** Opens, replays, appends, closes. */
async function session(file: string, entries: readonly number[], nowMs = 0) {
  const service = adder();
  const journal = openJournal(file, fail);
  const { droppedBytes, lastMs } = journal;
  await journal.start([service], () => nowMs);
  const replayed = [...service.seen];
  for (const entry of entries) journal.append("adder", entry);
  await journal.flush();
  // What a crash at this moment would leave.
  const text = readFileSync(file, "utf8");
  await journal.close();
  return { replayed, droppedBytes, lastMs, text };
}

describe("a journal", () => {
  it("gives back what was appended, in order and compacted once per start", async () => {
    const file = journalFile();
    expect((await session(file, [1, 2, 3])).replayed).toEqual([]);
    expect((await session(file, [4])).replayed).toEqual([1, 2, 3]);
    expect((await session(file, [])).replayed).toEqual([6, 4]);
    expect((await session(file, [])).replayed).toEqual([10]);
  });

  it("has an entry on the disk once flush returns", async () => {
    const file = journalFile();
    const journal = openJournal(file, fail);
    await journal.start([adder()], () => 0);
    for (let entry = 0; entry < 1_000; entry++) journal.append("adder", entry);
    await journal.flush();
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(1_001);
    await journal.close();
  });

  it("keeps the services apart and forgets those that are gone", async () => {
    const file = journalFile();
    const [a, b] = [adder("a"), adder("b")];
    const first = openJournal(file, fail);
    await first.start([a, b], () => 0);
    first.append("a", 1);
    first.append("b", 2);
    await first.close();
    const again = adder("b");
    const second = openJournal(file, fail);
    await second.start([again], () => 0);
    await second.close();
    expect(again.seen).toEqual([2]);
    expect(readFileSync(file, "utf8")).not.toContain('"a"');
  });

  it("remembers the engine's time, so that it never runs backwards", async () => {
    const file = journalFile();
    const { lastMs, text } = await session(file, [1], 1_000);
    expect(lastMs).toBeUndefined();
    expect((await session(file, [], 5_000)).lastMs).toBe(1_000);
    expect((await session(file, [])).lastMs).toBe(5_000);
    writeFileSync(file, text);
    expect((await session(file, [])).lastMs).toBe(1_000);
  });

  it("drops what a service appends while it replays", async () => {
    const file = journalFile();
    await session(file, [1]);
    const journal = openJournal(file, fail);
    const echo = { ...adder(), replay: (entry: Json) => journal.append("adder", entry), *compact() {} };
    await journal.start([echo], () => 0);
    await journal.close();
    expect((await session(file, [])).replayed).toEqual([]);
  });

  it("refuses an entry before it was started", () => {
    expect(() => openJournal(journalFile(), fail).append("adder", 1)).toThrow("was not started");
  });
});

it("is for its owner's eyes: it holds every message and document", async () => {
  const file = journalFile();
  await session(file, [1, 2, 3]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

describe("a journal after a crash", () => {
  it.each([
    ["cut off in the middle of a line", (text: string) => text.slice(0, -4), [1, 2]],
    ["cut off before the newline", (text: string) => text.slice(0, -1), [1, 2]],
    ["followed by zeros that were never written", (text: string) => `${text}${"\0".repeat(20)}`, [1, 2, 3]],
    ["cut off in the middle of the first line", (text: string) => text.slice(0, 5), []],
  ])("forgets only what was %s", async (_, cut, expected) => {
    const file = journalFile();
    const { text } = await session(file, [1, 2, 3]);
    writeFileSync(file, cut(text));
    const { replayed, droppedBytes } = await session(file, [9]);
    expect(replayed).toEqual(expected);
    expect(droppedBytes).toBeGreaterThan(0);
    expect((await session(file, [])).droppedBytes).toBe(0);
  });

  it("can be cut anywhere and still gives back a beginning of what was written", async () => {
    const file = journalFile();
    const { text } = await session(file, [1, 2, 3]);
    for (let length = 0; length < text.length; length++) {
      writeFileSync(file, text.slice(0, length));
      const service = adder();
      const journal = openJournal(file, fail);
      await journal.start([service], () => 0);
      await journal.close();
      expect([1, 2, 3].slice(0, service.seen.length)).toEqual(service.seen);
    }
  });
});

describe("a disk that refuses a write", () => {
  const full = async () => {
    throw new Error("ENOSPC: no space left on device");
  };

  it("is reported once, and nothing is written after a gap", async () => {
    const written: string[] = [];
    let room = true;
    const appendFile = async (text: string | Uint8Array) => (room ? void written.push(String(text)) : full());
    const errors: string[] = [];
    const handle = { appendFile, datasync: async () => {}, close: async () => {} } as Parameters<
      typeof createWriter
    >[0];
    const writer = createWriter(handle, ({ message }) => errors.push(message));
    writer.push("one\n");
    await writer.flush();
    room = false;
    writer.push("two\n");
    await expect(writer.flush()).rejects.toThrow("ENOSPC");
    room = true;
    writer.push("three\n");
    await expect(writer.close()).rejects.toThrow("ENOSPC");
    expect(written).toEqual(["one\n"]);
    expect(errors).toEqual(["ENOSPC: no space left on device"]);
  });
});

describe("a journal that cannot be trusted", () => {
  it("is refused when a line before the end is damaged", async () => {
    const file = journalFile();
    await session(file, [1, 2, 3]);
    const lines = readFileSync(file, "utf8").split("\n");
    lines[2] = lines[2]!.replace("2]", "7]");
    writeFileSync(file, lines.join("\n"));
    expect(() => openJournal(file, fail)).toThrow(/^MR4104 .*journal\.ndjson:3: /);
  });

  it.each([
    ["something else", "not a journal"],
    ["lines of something else", "not a journal\nat all\n"],
    ["zeros", "\0".repeat(300)],
  ])("is refused when the file is %s, instead of starting empty in its place", (_, text) => {
    const file = journalFile();
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    expect(() => openJournal(file, fail)).toThrow(/^MR4104 .*journal\.ndjson:1: /);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("is refused when another version wrote it", async () => {
    const file = journalFile();
    const text = '["millrace-journal",99]';
    mkdirSync(join(file, ".."), { recursive: true });
    const { createHash } = await import("node:crypto");
    appendFileSync(file, `${createHash("sha256").update(text).digest("hex").slice(0, 8)} ${text}\n`);
    expect(() => openJournal(file, fail)).toThrow("MR4105");
  });
});
