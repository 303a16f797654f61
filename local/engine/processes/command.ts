import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { IssuesError } from "../../../contract/issue";
import { issue } from "../../plan/issues";
import type { ProgramSpec } from "../target";
import { targetName } from "./names";

/**
 * Arguments with which node starts a target from its unpacked archive: what Google's buildpacks make of the same
 * archive, without npm between the engine and the process it must be able to kill.
 * @throws IssuesError MR4210
 */
export async function argumentsOf(spec: ProgramSpec, folder: string): Promise<readonly string[]> {
  return spec.kind === "function" ? functionArguments(spec) : [await startScript(spec, folder)];
}

/** The framework of this package, not one of the archive: archives carry their code and name the framework only. */
const functionArguments = (spec: ProgramSpec): readonly string[] => [
  join(dirname(require.resolve("@google-cloud/functions-framework")), "main.js"),
  `--target=${spec.entryPoint ?? spec.name}`,
  "--signature-type=http",
];

const NODE_FILE = /^node\s+(?:--\s+)?([^\s-][^\s]*)$/;

async function startScript(spec: ProgramSpec, folder: string): Promise<string> {
  const fail = (problem: string, fix: string) => new IssuesError([issue("MR4210", targetName(spec), problem, fix)]);
  const manifest = await readManifest(join(folder, "package.json"));
  if (!manifest)
    throw fail(`${spec.archive} has no readable package.json`, 'add one whose "start" script is "node <file>"');
  const { start } = manifest.scripts ?? {};
  const file = typeof start === "string" ? NODE_FILE.exec(start.trim())?.[1] : undefined;
  if (file === undefined) {
    const got = start === undefined ? "is missing" : `is ${JSON.stringify(start)}`;
    throw fail(
      `the "start" script in package.json ${got}; the engine starts "node <file>" and nothing else`,
      'make it "node index.js"',
    );
  }
  const path = resolve(folder, file);
  if (!path.startsWith(folder + sep) || !(await isFile(path)))
    throw fail(`the "start" script names ${file}, which is not in the archive`, "name a file of the archive");
  return path;
}

async function readManifest(file: string): Promise<{ scripts?: { start?: unknown } } | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** As node resolves a main file: the name itself, or with `.js`. */
async function isFile(path: string): Promise<boolean> {
  for (const candidate of [path, `${path}.js`])
    if ((await stat(candidate).catch(() => undefined))?.isFile()) return true;
  return false;
}
