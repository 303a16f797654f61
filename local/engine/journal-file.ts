import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { IssuesError } from "../../contract/issue";
import type { Json } from "../../contract/json";
import { issue } from "../plan/issues";
import type { Journal, Journaled } from "./journal";
import { createWriter, type Writer } from "./journal-writer";
import { unusable } from "./lock";

/** A journal in a file: one line per entry, `{checksum} [engine ms, service, entry]`, after a line that names the format. */
export interface JournalFile extends Journal {
  /**
   * Engine time at which the journal was closed, or of the last entry before a crash, so that time never runs backwards
   * over a restart; undefined for a new journal.
   */
  readonly lastMs: number | undefined;
  /** Bytes at the end that were no whole entry: what a crash cut off while it was being written. */
  readonly droppedBytes: number;
  /**
   * Replays every entry into its service, then replaces the file by the fewest entries that rebuild the same state.
   * Entries of services that are not given are dropped, and so is what services append while they replay. Must be
   * called once, before the first append.
   * @param now engine time in milliseconds
   */
  start(services: readonly Journaled[], now: () => number): Promise<void>;
  /** Waits until every entry is with the operating system: it survives the end of this process. */
  written(): Promise<void>;
  /** Writes what is pending and closes the file. */
  close(): Promise<void>;
}

const FORMAT = "millrace-journal";
const VERSION = 1;
const HEADER = [FORMAT, VERSION] as const;

type Line = readonly [atMs: number, service: string, entry: Json];

/**
 * Opens the journal of a stack's state, or begins one.
 * @param onError told once when the disk refuses a write; the engine must not go on as if it were kept
 * @throws IssuesError MR4104 for a file that is no journal or is damaged before its end, MR4105 for one of another version
 */
export function openJournal(file: string, onError: (error: Error) => void): JournalFile {
  const { lines, droppedBytes } = readJournal(file);
  let started: { readonly writer: Writer; readonly now: () => number } | undefined;
  let replaying = false;
  return {
    lastMs: lines.at(-1)?.[0],
    droppedBytes,
    append(service, entry) {
      // What services write while they replay is in the entries they read, and in the compacted journal.
      if (replaying) return;
      if (!started) throw new Error(`"${service}" appended to a journal that was not started`);
      started.writer.push(encode([started.now(), service, entry]));
    },
    written: async () => started?.writer.written(),
    flush: async () => started?.writer.flush(),
    async start(services, now) {
      const byName = new Map(services.map((service) => [service.journalName, service]));
      replaying = true;
      for (const [, service, entry] of lines.splice(0)) byName.get(service)?.replay(entry);
      replaying = false;
      rewrite(file, services, now());
      started = { writer: createWriter(await open(file, "a"), onError), now };
    },
    async close() {
      if (!started) return;
      // Nobody's entry: it only says how late it was.
      started.writer.push(encode([started.now(), "", null]));
      await started.writer.close();
    },
  };
}

/**
 * The entries of a journal that another process may be writing to; what it is writing at this moment is left out.
 * @throws IssuesError as `openJournal`
 */
export function readEntries(file: string): readonly (readonly [service: string, entry: Json])[] {
  return readJournal(file).lines.map(([, service, entry]) => [service, entry] as const);
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

const encode = (line: Line | readonly [string, number]): string => {
  const text = JSON.stringify(line);
  return `${checksum(text)} ${text}\n`;
};

/** The value of a line, undefined when it is not whole. */
function decode(line: string): unknown {
  const text = line.slice(9);
  if (line[8] !== " " || checksum(text) !== line.slice(0, 8)) return undefined;
  return JSON.parse(text) as unknown;
}

function readJournal(file: string): { lines: Line[]; droppedBytes: number } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { lines: [], droppedBytes: 0 };
    throw new IssuesError([unusable(file, error as Error)]);
  }
  const whole = text.split("\n");
  // After the last newline stands nothing, unless a write was cut off.
  const values = whole.map((line, index) => (index < whole.length - 1 ? decode(line) : undefined));
  const [header] = values;
  if (header === undefined && !encode(HEADER).startsWith(whole[0]!)) throw new IssuesError([notAJournal(file)]);
  if (header !== undefined && !isHeader(header)) throw new IssuesError([otherVersion(file)]);
  const torn = values.indexOf(undefined);
  const after = values.findIndex((value, index) => index > torn && value !== undefined);
  if (after >= 0) throw new IssuesError([damaged(file, torn + 1)]);
  const droppedBytes = Buffer.byteLength(whole.slice(torn).join("\n"));
  return { lines: values.slice(1, torn) as Line[], droppedBytes };
}

const isHeader = (value: unknown): boolean => Array.isArray(value) && value[0] === FORMAT && value[1] === VERSION;

/** Writes a fresh journal beside the old one and puts it in its place: a crash leaves one of the two, whole. */
function rewrite(file: string, services: readonly Journaled[], nowMs: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, "w", 0o600);
  try {
    let chunk = encode(HEADER);
    for (const service of services)
      for (const entry of service.compact()) {
        chunk += encode([nowMs, service.journalName, entry]);
        if (chunk.length > 1 << 20) {
          writeSync(descriptor, chunk);
          chunk = "";
        }
      }
    writeSync(descriptor, chunk);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

const notAJournal = (file: string) =>
  issue(
    "MR4104",
    `${file}:1`,
    "the first line is damaged; it is written before any other, so this was no crash while writing",
    "restore the file, or delete its folder to start with an empty state",
  );

const damaged = (file: string, line: number) =>
  issue(
    "MR4104",
    `${file}:${line}`,
    "a line of the journal is damaged, and whole ones follow it, so this was no crash while writing",
    "restore the file, or delete its folder to start with an empty state",
  );

const otherVersion = (file: string) =>
  issue(
    "MR4105",
    file,
    "the journal was written by another version of the engine",
    "run that version, or delete the folder to start with an empty state",
  );
