/**
 * Writes every generated file, or with `--check` says which ones are stale.
 *
 * A generator is a file `scripts/generate-<what>.ts` whose default export returns what it generates: paths relative to
 * the repository's root, with their text.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export type Generated = Readonly<Record<string, string>>;
export type Generator = () => Generated | Promise<Generated>;

const root = resolve(__dirname, "..");

/** Everything that is generated, in prettier's form unless `.prettierignore` leaves it alone. */
export async function generateAll(): Promise<Generated> {
  const { format, getFileInfo, resolveConfig } = await import("prettier");
  const names = readdirSync(__dirname).filter((name) => /^generate-.*\.ts$/.test(name));
  const all: Record<string, string> = {};
  for (const name of names.sort()) {
    const module = (await import(pathToFileURL(join(__dirname, name)).href)) as {
      default: Generator | { default: Generator };
    };
    // A CommonJS module that is imported keeps its exports one level down.
    const generator = typeof module.default === "function" ? module.default : module.default.default;
    for (const [path, text] of Object.entries(await generator())) {
      const file = join(root, path);
      const { ignored } = await getFileInfo(file, { ignorePath: join(root, ".prettierignore") });
      all[path] = ignored ? text : await format(text, { ...(await resolveConfig(file)), filepath: file });
    }
  }
  return all;
}

/** Paths whose file on disk differs from what would be generated. */
export function stale(generated: Generated): readonly string[] {
  const onDisk = (path: string) => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return undefined;
    }
  };
  return Object.keys(generated).filter((path) => onDisk(path) !== generated[path]);
}

async function main(check: boolean) {
  const generated = await generateAll();
  const changed = stale(generated);
  if (check) {
    for (const path of changed) console.error(`${path} is stale: run npm run generate`);
    if (changed.length > 0) process.exitCode = 1;
    else console.log(`up to date: ${Object.keys(generated).join(", ")}`);
    return;
  }
  for (const path of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), generated[path]!);
    console.log(`wrote ${path}`);
  }
}

if (require.main === module) void main(process.argv.includes("--check"));
