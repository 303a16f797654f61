import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The rows of every table, in the order they were written. */
export interface Tables {
  /** @param table `{project}.{dataset}.{table}` */
  append(table: string, rows: readonly object[]): void;
  rows(table: string): readonly Readonly<Record<string, unknown>>[];
}

/** For tests and `--ephemeral`. */
export function memoryTables(): Tables {
  const tables = new Map<string, Readonly<Record<string, unknown>>[]>();
  return {
    append(table, rows) {
      const kept = tables.get(table) ?? [];
      tables.set(table, [...kept, ...(structuredClone(rows) as Readonly<Record<string, unknown>>[])]);
    },
    rows: (table) => tables.get(table) ?? [],
  };
}

/** A file per table, `{project}.{dataset}.{table}.ndjson`: a line of JSON per row. */
export function fileTables(folder: string): Tables {
  const file = (table: string) => join(folder, `${table.replace(/[^A-Za-z0-9._-]/g, "_")}.ndjson`);
  return {
    append(table, rows) {
      mkdirSync(folder, { recursive: true });
      appendFileSync(file(table), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    },
    rows(table) {
      let text: string;
      try {
        text = readFileSync(file(table), "utf8");
      } catch {
        return [];
      }
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    },
  };
}
