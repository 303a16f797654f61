import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { buildSync, type BuildFailure, type Message } from "esbuild";
import { type Wrapping, wrapperSource } from "./wrapper";

export interface BundleOptions {
  /** Shortens identifiers too; function names are kept for stack traces. @default false: only white space and comments go */
  readonly minify?: boolean;
  /** Packages left out of the bundle, for example those with native parts. @default none */
  readonly external?: readonly string[];
}

export interface Bundle {
  /** `index.js`, CommonJS for Node 20 and later. Says nothing of the folder it was built in. */
  readonly code: string;
  /** Absolute paths of the files it was built from. */
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

/** Our own sources run when this file does: `millrace/…` then resolves to source as well, without a build. */
const FROM_SOURCE = extname(__filename) === ".ts";
const CONDITIONS = FROM_SOURCE ? ["millrace-source", "module"] : ["module"];

/** What is known of a bundle before it runs: its contract has been checked, and is compared with that of the plan. */
export const PACKAGED = { "process.env.MILLRACE_PACKAGED": "true" } as const;

/** The check of callers travels with the handlers alone whose contracts name some: it is 0.8 KB. */
export const definesOf = ({ callers }: Pick<Wrapping, "callers">): Record<string, string> => ({
  ...PACKAGED,
  ...(callers === undefined && { MILLRACE_ANY_CALLER: "true" }),
});

/** Resolved on the machine that runs the archive: the framework starts the function. */
export const FRAMEWORK = "@google-cloud/functions-framework";

/**
 * Bundles a wrapper around one entry.
 * @param entry absolute path of a module whose default export is a handler
 * @returns the bundle, or esbuild's errors, one line each
 */
export function bundle(
  entry: string,
  wrapping: Wrapping,
  options: BundleOptions = {},
): Bundle | { readonly errors: readonly string[] } {
  const root = projectRoot(entry);
  const minify = options.minify ?? false;
  try {
    const result = buildSync({
      stdin: {
        contents: wrapperSource(basename(entry), wrapping),
        resolveDir: dirname(entry),
        sourcefile: "millrace-entry.js",
        loader: "js",
      },
      // Everything esbuild says of paths is relative to this folder, so two checkouts yield the same bytes.
      absWorkingDir: root,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      conditions: CONDITIONS,
      define: definesOf(wrapping),
      external: [FRAMEWORK, ...(options.external ?? [])],
      charset: "utf8",
      // Without white space esbuild drops every comment, so a comment never changes the archive; lines stay short
      // enough for a stack trace to point somewhere.
      minifyWhitespace: true,
      lineLimit: 120,
      minifyIdentifiers: minify,
      minifySyntax: minify,
      keepNames: minify,
      legalComments: "eof",
      logLevel: "silent",
    });
    const inputs = Object.keys(result.metafile.inputs).map((path) => join(root, path));
    return {
      code: result.outputFiles[0]!.text,
      inputs: inputs.filter((path) => existsSync(path)),
      warnings: result.warnings.filter(isTheirs).map(oneLine),
    };
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (!errors) throw error;
    return { errors: errors.map(oneLine) };
  }
}

/** esbuild's name for an import that no export matches; a missing default export has an issue of its own. */
const MISSING_DEFAULT = "import-is-undefined";

/** Whether a warning is about the project: esbuild says nothing of packages, unless they are linked from elsewhere. */
const isTheirs = ({ id, location }: Message): boolean =>
  id !== MISSING_DEFAULT && location?.file.startsWith("../") !== true;

/** The nearest folder above the entry that has a package.json, else the entry's own. */
export function projectRoot(entry: string): string {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return dirname(entry);
  }
}

/** Changes whenever a file was written: cheap enough to ask before a cached bundle is used again. */
export function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return `${file}\0${found ? `${found.mtimeMs}:${found.size}` : "gone"}`;
    })
    .join("\n");
}

const oneLine = ({ location, text }: Message): string =>
  location ? `${location.file}:${location.line}:${location.column + 1} ${text}` : text;

/** How a path of the machine is shown to people: from the project's root, with forward slashes. */
export const shownPath = (file: string): string => relative(projectRoot(file), file).split("\\").join("/");
