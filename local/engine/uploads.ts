import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { AppliedStore } from "./applied";

/** Bytes of files that resources were made from: the files themselves may be other ones by tomorrow. */
export interface Uploads {
  /** @param file absolute path. @returns path of what is kept, from the parent of the folder */
  keep(file: string): string;
  /** Removes what no resource names any more. */
  sweep(store: AppliedStore): void;
}

/** @param folder for the files, each named by its content */
export function createUploads(folder: string): Uploads {
  return {
    keep(file) {
      const bytes = readFileSync(file);
      const kept = join(folder, createHash("sha256").update(bytes).digest("hex").slice(0, 32));
      if (!existsSync(kept)) {
        mkdirSync(folder, { recursive: true });
        const temporary = `${kept}.${process.pid}.tmp`;
        writeFileSync(temporary, bytes);
        renameSync(temporary, kept);
      }
      return relative(dirname(folder), kept);
    },
    sweep(store) {
      const named = new Set(
        store.list().flatMap(({ origin }) => Object.values(origin?.uploads ?? {}).map((path) => basename(path))),
      );
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (!named.has(name)) rmSync(join(folder, name));
      if (named.size === 0) rmSync(folder, { recursive: true, force: true });
    },
  };
}
