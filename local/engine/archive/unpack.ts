import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { IssuesError } from "../../../contract/issue";
import { issue } from "../../plan/issues";
import { type ArchiveLimits, readArchive } from "./zip";

/**
 * Unpacks an archive into a folder named by its content, once: an archive that was unpacked before costs one read.
 * The folder appears whole or not at all.
 * @param file absolute path of the archive
 * @param into parent of the unpacked folders, for example `.millrace/{stack}/unpacked`
 * @returns absolute path of the unpacked folder
 * @throws IssuesError MR4201 when the file is missing or damaged; MR4202, MR4203 as `readArchive`
 */
export async function unpackArchive(file: string, into: string, limits?: ArchiveLimits): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const problem = `cannot be read (${error.code ?? error.message}), so its target has no code to run`;
    throw new IssuesError([issue("MR4201", file, problem, "synthesize again, so that the archive is written")]);
  });
  const folder = join(into, createHash("sha256").update(bytes).digest("hex").slice(0, 32));
  if (await exists(folder)) return folder;
  const files = readArchive(bytes, file, limits);
  const temporary = `${folder}.${process.pid}.${++unpacked}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    for (const { path, bytes: content, executable } of files) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content, { mode: executable ? 0o755 : 0o644, flag: "wx" });
    }
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another target with the same archive, or another engine, was faster: its folder is as good.
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

/** Tells apart the temporary folders of one process. */
let unpacked = 0;

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
